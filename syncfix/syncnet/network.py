"""A sync network ready for use: it embeds the mouths and the speech of a clip, window by window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from syncfix.syncnet.device import bfloat16_pays
from syncfix.syncnet.framewise import FramewiseSyncNet
from syncfix.syncnet.frontend import ORIGINAL, FaceFrontEnd, FrontEnd
from syncfix.syncnet.mel import SILENCE, mel_windows, window_column
from syncfix.syncnet.mfcc import COLUMNS_PER_TICK
from syncfix.syncnet.model import StableSyncNet
from syncfix.syncnet.original import OriginalSyncNet

__all__ = [
    "Embedder",
    "FramewiseEmbedder",
    "OriginalEmbedder",
    "Pictures",
    "StackedEmbedder",
    "build_embedder",
    "placed",
]

# Windows embedded at once: enough to keep the cores busy, and 16 x 48 x 128 x 256 float32
# (100 MB) for the released network.
_BATCH = 16
_FRAMEWISE_TICKS = 256
# Its first layer makes 96 x 109 x 109 float32 (4.6 MB) of a frame.
_ORIGINAL_TICKS = 32


class Pictures(Protocol):
    """``[ticks, h, w, 3]`` uint8, in memory or on disk: it is read in pieces."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> NDArray[np.uint8]: ...


def _to_unit_range(pictures: NDArray[np.uint8]) -> Tensor:
    """``[t, h, w, 3]`` uint8 to ``[t, 3, h, w]`` in [-1, 1]."""
    return (
        torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).float() / 127.5 - 1
    )


@dataclass(frozen=True)
class StackedEmbedder:
    """StableSyncNet: the 16 frames of a window are stacked on the channels."""

    model: StableSyncNet
    front_end: FrontEnd
    window_ticks: int = 16
    bfloat16: bool = False

    def _run(self, batch: Tensor, vision: bool) -> NDArray[np.float32]:
        device = device_of(self.model)
        with (
            torch.inference_mode(),
            torch.autocast(device.type, torch.bfloat16, enabled=self.bfloat16),
        ):
            batch = batch.to(device)
            if vision:
                # Pictures lie pixel by pixel, as `placed` puts the weights: a third less time.
                batch = batch.contiguous(memory_format=torch.channels_last)
            embed = self.model.embed_vision if vision else self.model.embed_audio
            out: NDArray[np.float32] = embed(batch).float().cpu().numpy()
        return out

    def embed_video(
        self, pictures: Pictures, done: Callable[[float], None] | None = None
    ) -> NDArray[np.float32]:
        """``[ticks, h, w, 3]`` RGB to unit vectors ``[ticks - window_ticks + 1, d]``, one for
        each first tick."""
        count = len(pictures) - self.window_ticks + 1
        out = []
        for begin in range(0, count, _BATCH):
            end = min(begin + _BATCH, count)
            frames = _to_unit_range(pictures[begin : end + self.window_ticks - 1])
            # [n, 3, h, w, 16] -> [n, 16, 3, h, w]: channel = 3 * frame + (r, g, b)
            windows = frames.unfold(0, self.window_ticks, 1).permute(0, 4, 1, 2, 3)
            out.append(self._run(windows.flatten(1, 2), vision=True))
            if done is not None:
                done(end / count)
        return np.concatenate(out)

    def embed_audio(self, mel: NDArray[np.float32], tick_count: int) -> NDArray[np.float32]:
        """``[80, columns]`` to unit vectors ``[tick_count - window_ticks + 1, d]``."""
        mel = self.front_end.bands(mel)
        firsts = np.arange(tick_count - self.window_ticks + 1)
        out = []
        for begin in range(0, len(firsts), 4 * _BATCH):
            windows = mel_windows(mel, firsts[begin : begin + 4 * _BATCH])
            out.append(self._run(torch.from_numpy(windows), vision=False))
        return np.concatenate(out)


@dataclass(frozen=True)
class FramewiseEmbedder:
    """FramewiseSyncNet: running frames go in, the embeddings of all their windows come out."""

    model: FramewiseSyncNet
    front_end: FrontEnd

    @property
    def window_ticks(self) -> int:
        return self.model.window_ticks

    def embed_video(
        self, pictures: Pictures, done: Callable[[float], None] | None = None
    ) -> NDArray[np.float32]:
        """``[ticks, h, w, 3]`` RGB to unit vectors ``[ticks - window_ticks + 1, d]``, one for
        each first tick."""
        count = len(pictures) - self.window_ticks + 1
        device = device_of(self.model)
        out = []
        with torch.inference_mode():
            for begin in range(0, count, _FRAMEWISE_TICKS):
                end = min(begin + _FRAMEWISE_TICKS, count)
                frames = _to_unit_range(pictures[begin : end + self.window_ticks - 1])
                out.append(self.model.embed_frames(frames[None].to(device))[0].cpu().numpy())
                if done is not None:
                    done(end / count)
        return np.concatenate(out)

    def embed_audio(self, mel: NDArray[np.float32], tick_count: int) -> NDArray[np.float32]:
        """``[80, columns]`` to unit vectors ``[tick_count - window_ticks + 1, d]``."""
        firsts = np.arange(tick_count - self.window_ticks + 1)
        need = window_column(tick_count - self.window_ticks) + self.model.mel_columns
        if mel.shape[1] < need:
            mel = np.pad(mel, ((0, 0), (0, need - mel.shape[1])), constant_values=SILENCE)
        with torch.inference_mode():
            device = device_of(self.model)
            embedded = self.model.embed_mel(
                torch.from_numpy(mel[None]).to(device), torch.from_numpy(firsts).to(device)
            )
            out: NDArray[np.float32] = embedded[0].cpu().numpy()
        return out


@dataclass(frozen=True)
class OriginalEmbedder:
    """The original SyncNet: whole faces and cepstral coefficients; vectors of any length."""

    model: OriginalSyncNet
    front_end: FaceFrontEnd = ORIGINAL
    window_ticks: int = 5

    def embed_video(
        self, pictures: Pictures, done: Callable[[float], None] | None = None
    ) -> NDArray[np.float32]:
        """``[ticks, 224, 224, 3]`` RGB to vectors ``[ticks - 4, 1024]``, one for each first
        tick."""
        count = len(pictures) - self.window_ticks + 1
        device = device_of(self.model)
        out = []
        with torch.inference_mode():
            for begin in range(0, count, _ORIGINAL_TICKS):
                end = min(begin + _ORIGINAL_TICKS, count)
                faces = pictures[begin : end + self.window_ticks - 1][..., ::-1]
                running = np.ascontiguousarray(faces.transpose(3, 0, 1, 2))
                vectors = self.model.embed_vision(torch.from_numpy(running).to(device).float())
                out.append(vectors.cpu().numpy())
                if done is not None:
                    done(end / count)
        return np.concatenate(out)

    def embed_audio(self, mfcc: NDArray[np.float32], tick_count: int) -> NDArray[np.float32]:
        """``[13, columns]`` to vectors ``[tick_count - 4, 1024]``."""
        width = COLUMNS_PER_TICK * self.window_ticks
        count = tick_count - self.window_ticks + 1
        need = COLUMNS_PER_TICK * (count - 1) + width
        if mfcc.shape[1] < need:
            mfcc = np.pad(mfcc, ((0, 0), (0, need - mfcc.shape[1])), mode="edge")
        running = np.lib.stride_tricks.sliding_window_view(mfcc, width, axis=1)
        windows = running[:, ::COLUMNS_PER_TICK][:, :count].transpose(1, 0, 2)[:, None]
        device = device_of(self.model)
        out = []
        with torch.inference_mode():
            for begin in range(0, count, _FRAMEWISE_TICKS):
                part = np.ascontiguousarray(windows[begin : begin + _FRAMEWISE_TICKS])
                vectors = self.model.embed_audio(torch.from_numpy(part).to(device))
                out.append(vectors.cpu().numpy())
        return np.concatenate(out)


Embedder = StackedEmbedder | FramewiseEmbedder | OriginalEmbedder


def build_embedder(
    kind: str, config: Mapping[str, Any], front_end: FrontEnd
) -> StackedEmbedder | FramewiseEmbedder:
    """An embedder with fresh weights.

    Args:
        kind: ``stable_syncnet`` or ``framewise``.
        config: the network's configuration.
        front_end: what it is fed.
    """
    if kind == "stable_syncnet":
        frames = int(config["visual_encoder"]["in_channels"]) // 3
        return StackedEmbedder(StableSyncNet(config).eval(), front_end, frames)
    if kind == "framewise":
        return FramewiseEmbedder(FramewiseSyncNet(config).eval(), front_end)
    raise ValueError(f"unknown kind of network: {kind}")


def placed(embedder: Embedder, device: torch.device) -> Embedder:
    """The embedder on a device, in the precision that pays there.

    Only the stacked network runs in bfloat16: the frame-wise one is a hundred times cheaper, and
    the original's vectors have no length to round against.
    """
    embedder.model.to(device)
    if isinstance(embedder, StackedEmbedder):
        encoder = embedder.model.visual_encoder
        encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return replace(embedder, bfloat16=bfloat16_pays(device))
    return embedder


def device_of(model: torch.nn.Module) -> torch.device:
    """Where a model's weights are."""
    return next(model.parameters()).device
