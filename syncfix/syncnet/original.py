"""SyncNet (Chung and Zisserman, "Out of time: automated lip sync in the wild", 2016).

Rebuilt from its table of layers; tensor names are those of the published ``syncnet_v2.model``, so
that a user's own file loads strictly. Its embeddings are not normalised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

__all__ = ["OriginalSyncNet", "is_original"]

_PREFIXES = ("netcnnaud.", "netfcaud.", "netcnnlip.", "netfclip.")
_EMBEDDING = 1024


class OriginalSyncNet(nn.Module):
    """Two streams that end in 1024 numbers each: 13 x 20 coefficients, and 5 faces of 224 px."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_block(nn.Conv2d(1, 64, 3, padding=1)),
            # Of one by one: it does nothing, but the layers after it are numbered.
            nn.MaxPool2d(1, 1),
            *_block(nn.Conv2d(64, 192, 3, padding=1)),
            nn.MaxPool2d(3, (1, 2)),
            *_block(nn.Conv2d(192, 384, 3, padding=1)),
            *_block(nn.Conv2d(384, 256, 3, padding=1)),
            *_block(nn.Conv2d(256, 256, 3, padding=1)),
            nn.MaxPool2d(3, 2),
            *_block(nn.Conv2d(256, 512, (5, 4))),
        )
        self.netfcaud = _head()
        self.netfclip = _head()
        self.netcnnlip = nn.Sequential(
            *_block(nn.Conv3d(3, 96, (5, 7, 7), stride=(1, 2, 2))),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_block(nn.Conv3d(96, 256, (1, 5, 5), stride=(1, 2, 2), padding=(0, 1, 1))),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), padding=(0, 1, 1)),
            *_block(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_block(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_block(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_block(nn.Conv3d(256, 512, (1, 6, 6))),
        )

    def embed_vision(self, faces: Tensor) -> Tensor:
        """All windows of running faces in one pass: only the first layer looks along time.

        Args:
            faces: ``[3, t, 224, 224]``, blue, green, red, in [0, 255], t of 5 or more.

        Returns:
            ``[t - 4, 1024]``, one for each first frame, of any length.
        """
        seen = self.netcnnlip(faces[None])[0, :, :, 0, 0]  # [512, t - 4]
        out: Tensor = self.netfclip(seen.T)
        return out

    def embed_audio(self, windows: Tensor) -> Tensor:
        """``[n, 1, 13, 20]`` coefficients to ``[n, 1024]``, of any length."""
        out: Tensor = self.netfcaud(self.netcnnaud(windows).flatten(1))
        return out


def _block(convolution: nn.Conv2d | nn.Conv3d) -> tuple[nn.Module, nn.Module, nn.Module]:
    norm = nn.BatchNorm2d if isinstance(convolution, nn.Conv2d) else nn.BatchNorm3d
    return convolution, norm(convolution.out_channels), nn.ReLU(inplace=True)


def _head() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, _EMBEDDING)
    )


def is_original(tensors: Mapping[str, Any]) -> bool:
    """Whether a state dict means to be this network, whole or not."""
    return any(name.startswith(_PREFIXES) for name in tensors)
