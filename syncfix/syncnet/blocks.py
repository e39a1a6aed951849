"""The two blocks StableSyncNet is built of, named as the released tensors are."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["GROUPS", "GROUP_EPS", "AttentionBlock", "ResnetBlock"]

GROUPS = 32
GROUP_EPS = 1e-6
_HEADS = 8


class ResnetBlock(nn.Module):
    """Two normalised convolutions with a shortcut, then, where asked, a strided convolution."""

    def __init__(
        self, in_channels: int, out_channels: int, factor: tuple[int, int], dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, in_channels, eps=GROUP_EPS)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(GROUPS, out_channels, eps=GROUP_EPS)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_shortcut = (
            nn.Conv2d(in_channels, out_channels, 1) if in_channels != out_channels else None
        )
        self.downsample_conv = (
            nn.Conv2d(out_channels, out_channels, 3, stride=factor) if factor != (1, 1) else None
        )
        # (left, right, top, bottom): an undivided side needs both borders to keep its length.
        height, width = factor
        self.padding = (
            1 if width == 1 else 0,
            1,
            1 if height == 1 else 0,
            1,
        )

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = self.conv2(self.dropout(F.silu(self.norm2(hidden))))
        x = hidden + (x if self.conv_shortcut is None else self.conv_shortcut(x))
        if self.downsample_conv is not None:
            x = self.downsample_conv(F.pad(x, self.padding))
        return x


class AttentionBlock(nn.Module):
    """Self-attention and a gated feed-forward over the positions of a feature map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, channels, eps=GROUP_EPS)
        self.norm2 = nn.LayerNorm(channels, eps=1e-5)
        self.norm3 = nn.LayerNorm(channels, eps=1e-5)
        self.attn = _SelfAttention(channels)
        self.ff = _FeedForward(channels)
        self.conv_in = nn.Conv2d(channels, channels, 1)
        self.conv_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        n, channels, height, width = x.shape
        tokens = self.conv_in(self.norm1(x)).flatten(2).transpose(1, 2)
        tokens = tokens + self.attn(self.norm2(tokens))
        tokens = tokens + self.ff(self.norm3(tokens))
        grid = tokens.transpose(1, 2).reshape(n, channels, height, width)
        return x + self.conv_out(grid)


class _SelfAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.to_q = nn.Linear(channels, channels)
        self.to_k = nn.Linear(channels, channels)
        self.to_v = nn.Linear(channels, channels)
        # A list, because the released names are to_out.0.*.
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, tokens: Tensor) -> Tensor:
        n, count, channels = tokens.shape
        q, k, v = (
            linear(tokens).view(n, count, _HEADS, channels // _HEADS).transpose(1, 2)
            for linear in (self.to_q, self.to_k, self.to_v)
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.to_out[0](mixed.transpose(1, 2).reshape(n, count, channels))


class _GatedLinear(nn.Module):
    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, 2 * width)

    def forward(self, tokens: Tensor) -> Tensor:
        value, gate = self.proj(tokens).chunk(2, dim=-1)
        return value * F.gelu(gate)


class _FeedForward(nn.Module):
    """GEGLU (Shazeer 2020, arXiv:2002.05202), four times as wide inside."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        # Index 1 is the dropout of the released code; it keeps the index of the second linear.
        self.net = nn.Sequential(
            _GatedLinear(channels, 4 * channels),
            nn.Identity(),
            nn.Linear(4 * channels, channels),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.net(tokens)
        return out
