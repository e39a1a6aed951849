"""A sync network of another kind: every frame is seen once, windows are formed on features.

Where StableSyncNet stacks a window's frames on the channels, this one runs a picture network on
each frame, then convolves over time, in the manner of SyncNet (Chung and Zisserman 2016). It
serves as the judge, which never takes part in choosing a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FramewiseSyncNet"]

_COLUMNS_PER_TICK = 3.2


class FramewiseSyncNet(nn.Module):
    """Audio and video encoders whose embeddings of all windows of a clip come in one pass.

    Args:
        config: mapping with ``window_ticks`` (frames a window holds), ``picture_px`` (height,
            width), ``picture_channels`` (one for each halving), ``time_kernels`` (pairs of kernel
            and dilation that take ``window_ticks - 2`` frames to one), ``mel_columns``,
            ``mel_channels``, ``mel_dilations``, ``mel_tap_step`` and ``embedding`` (dimension);
            ``non_negative`` ends both sides in ReLU, as StableSyncNet does.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.window_ticks = int(config["window_ticks"])
        self.mel_columns = int(config["mel_columns"])
        self.non_negative = bool(config.get("non_negative", False))
        self.picture = _PictureEncoder(config)
        self.sound = _SoundEncoder(config)

    def _finish(self, x: Tensor) -> Tensor:
        return F.normalize(F.relu(x) if self.non_negative else x, p=2.0, dim=-1, eps=1e-6)

    def embed_frames(self, frames: Tensor) -> Tensor:
        """All windows of running frames.

        Args:
            frames: ``[b, t, 3, h, w]`` in [-1, 1].

        Returns:
            ``[b, t - window_ticks + 1, d]`` unit vectors, one for each first frame.
        """
        return self._finish(self.picture(frames))

    def embed_mel(self, mel: Tensor, first_ticks: Tensor) -> Tensor:
        """Windows of a running mel spectrogram.

        Args:
            mel: ``[b, 80, columns]``.
            first_ticks: ``[n]`` whole or fractional, each with its window inside ``mel``.

        Returns:
            ``[b, n, d]`` unit vectors.
        """
        return self._finish(self.sound(mel, first_ticks))


def _conv2d(inputs: int, outputs: int, kernel: int | tuple[int, int], **options: Any) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, bias=False, **options),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _PictureEncoder(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        channels = [int(c) for c in config["picture_channels"]]
        height, width = (int(v) for v in config["picture_px"])
        hidden, out = int(config["hidden"]), int(config["embedding"])
        # Three frames in the first layer: what moves is what speaks.
        self.stem = nn.Sequential(
            nn.Conv3d(3, channels[0], (3, 5, 5), stride=(1, 2, 2), padding=(0, 2, 2), bias=False),
            nn.BatchNorm3d(channels[0]),
            nn.ReLU(inplace=True),
        )
        halvings: list[nn.Module] = []
        for before, after in pairwise(channels):
            halvings += [
                _conv2d(before, after, 3, stride=2, padding=1),
                _conv2d(after, after, 3, padding=1),
            ]
        self.halvings = nn.Sequential(*halvings)
        shrink = 2 ** len(channels)
        cells = -(-height // shrink) * -(-width // shrink)
        self.flatten = nn.Sequential(
            nn.Dropout(float(config.get("dropout", 0.0))),
            nn.Linear(channels[-1] * cells, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
        )
        time: list[nn.Module] = []
        for index, (kernel, dilation) in enumerate(config["time_kernels"]):
            last = index == len(config["time_kernels"]) - 1
            time.append(nn.Conv1d(hidden, out if last else hidden, kernel, dilation=dilation))
            if not last:
                time += [nn.BatchNorm1d(hidden), nn.ReLU(inplace=True)]
        self.time = nn.Sequential(*time)

    def forward(self, frames: Tensor) -> Tensor:
        b = frames.shape[0]
        x = self.stem(frames.transpose(1, 2))  # [b, c, t - 2, h/2, w/2]
        t = x.shape[2]
        x = self.halvings(x.transpose(1, 2).flatten(0, 1))
        x = self.flatten(x.flatten(1)).view(b, t, -1).transpose(1, 2)
        out: Tensor = self.time(x).transpose(1, 2)
        return out


class _SoundEncoder(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        channels = [int(c) for c in config["mel_channels"]]
        dilations = [int(d) for d in config["mel_dilations"]]
        hidden, out = int(config["hidden"]), int(config["embedding"])
        layers: list[nn.Module] = [_conv2d(1, channels[0], (5, 3), stride=(2, 1), padding=(2, 0))]
        for (before, after), dilation in zip(pairwise(channels), dilations, strict=True):
            layers += [
                _conv2d(before, after, 3, stride=(2, 1), padding=(1, 0), dilation=(1, dilation))
            ]
        self.bands = nn.Sequential(*layers)
        self.taps: Tensor
        left = int(config["mel_columns"]) - 2 - 2 * sum(dilations)
        self.register_buffer(
            "taps", torch.arange(0, left, int(config["mel_tap_step"])), persistent=False
        )
        bands = 80
        for _ in channels:
            bands = (bands + 1) // 2
        self.flatten = nn.Sequential(
            nn.Conv1d(channels[-1] * bands, hidden, 1, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Sequential(
            nn.Dropout(float(config.get("dropout", 0.0))),
            nn.Linear(hidden * len(self.taps), hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, out),
        )

    def forward(self, mel: Tensor, first_ticks: Tensor) -> Tensor:
        x = self.flatten(self.bands(mel[:, None]).flatten(1, 2))  # [b, hidden, columns - left]
        starts = (_COLUMNS_PER_TICK * first_ticks.double() + 1e-6).long()
        windows = x[:, :, starts[:, None] + self.taps]  # [b, hidden, n, taps]
        b, _, n, _ = windows.shape
        flat = windows.permute(0, 2, 1, 3).reshape(b * n, -1)
        out: Tensor = self.head(flat).view(b, n, -1)
        return out
