"""StableSyncNet: two convolutional encoders that put speech and mouth in one space.

The architecture is LatentSync's (version 1.5), rebuilt from its configuration; tensor names are
those of the released checkpoint, so that it loads strictly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from syncfix.syncnet.blocks import GROUP_EPS, GROUPS, AttentionBlock, ResnetBlock

__all__ = ["StableSyncNet"]


def _pair(factor: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(factor, int):
        return factor, factor
    height, width = factor
    return int(height), int(width)


class StableSyncNet(nn.Module):
    """The network of one configuration.

    Args:
        config: mapping with ``audio_encoder`` and ``visual_encoder``, each holding
            ``in_channels``, ``block_out_channels``, ``downsample_factors`` (an int or a pair
            height, width for each block), ``attn_blocks`` (0 or 1 for each block) and,
            optionally, ``dropout``; or a mapping that holds such a one under ``config``.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        config = config.get("config", config)
        self.audio_encoder = Encoder(config["audio_encoder"])
        self.visual_encoder = Encoder(config["visual_encoder"])

    def forward(self, image_windows: Tensor, audio_windows: Tensor) -> tuple[Tensor, Tensor]:
        """Embed both sides.

        Args:
            image_windows: ``[n, 3 * frames, height, width]`` in [-1, 1]; channel is
                3 * frame + (r, g, b).
            audio_windows: ``[n, 1, 80, 52]`` mel windows in [-4, 4].

        Returns:
            ``(vision, audio)``, each ``[n, d]``, non-negative and of length one.
        """
        return self.embed_vision(image_windows), self.embed_audio(audio_windows)

    def embed_vision(self, image_windows: Tensor) -> Tensor:
        """``[n, 3 * frames, height, width]`` to unit vectors ``[n, d]``."""
        return F.normalize(self.visual_encoder(image_windows), p=2.0, dim=1)

    def embed_audio(self, audio_windows: Tensor) -> Tensor:
        """``[n, 1, 80, 52]`` to unit vectors ``[n, d]``."""
        return F.normalize(self.audio_encoder(audio_windows), p=2.0, dim=1)


class Encoder(nn.Module):
    """Residual blocks that halve the picture until one value a channel is left."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        channels = [int(c) for c in config["block_out_channels"]]
        factors = list(config["downsample_factors"])
        attention = list(config["attn_blocks"])
        if not len(channels) == len(factors) == len(attention):
            raise ValueError(
                "block_out_channels, downsample_factors and attn_blocks differ in length: "
                f"{len(channels)}, {len(factors)}, {len(attention)}"
            )
        dropout = float(config.get("dropout", 0.0))
        self.conv_in = nn.Conv2d(int(config["in_channels"]), channels[0], 3, padding=1)
        blocks: list[nn.Module] = []
        before = channels[0]
        for after, factor, attends in zip(channels, factors, attention, strict=True):
            blocks.append(ResnetBlock(before, after, _pair(factor), dropout))
            if attends:
                blocks.append(AttentionBlock(after))
            before = after
        # An attention block takes an index of its own: the released names count it.
        self.down_blocks = nn.ModuleList(blocks)
        self.norm_out = nn.GroupNorm(GROUPS, before, eps=GROUP_EPS)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        # ReLU before normalising: the cosine of two embeddings lies in [0, 1].
        return F.relu(self.norm_out(x)).flatten(1)
