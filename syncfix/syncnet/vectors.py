"""The embeddings of a clip of any length: made piece by piece, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.rows import RowFile
from syncfix.syncnet.frontend import sound_columns
from syncfix.syncnet.mel import COLUMNS_PER_SECOND, Samples
from syncfix.syncnet.mfcc import COLUMNS_PER_TICK
from syncfix.syncnet.network import Embedder, Pictures

__all__ = ["Vectors", "embed_pictures", "embed_sound"]

_TICKS_PER_SECOND = 25
# Windows in a piece: the networks' own batches (16, 32, 64 and 256 windows) fit into them, so that
# they are the same ones. A piece of sound has to start on a whole column of mel (5 ticks are 16).
_PICTURE_WINDOWS = 256
_SOUND_WINDOWS = 1280
# Columns that a window may reach beyond its ticks' own sound.
_BEYOND_COLUMNS = 64


class Vectors(Protocol):
    """Vectors ``[windows, dimension]`` float32, one for each first tick, in memory or on disk."""

    def __len__(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> NDArray[np.float32]: ...


def embed_pictures(
    embedder: Embedder,
    pictures: Pictures,
    ticks: slice | None = None,
    done: Callable[[float], None] | None = None,
) -> RowFile:
    """Embeddings of the windows of running pictures.

    Args:
        embedder: the network.
        pictures: ``[ticks, h, w, 3]`` uint8 RGB, by the network's front end.
        ticks: those to look at; all if it is None.
        done: told the share that is embedded.

    Returns:
        ``[ticks - window_ticks + 1, dimension]``, one for each first tick.
    """
    first, last, _ = (ticks or slice(None)).indices(len(pictures))
    count = last - first - embedder.window_ticks + 1
    out: RowFile | None = None
    for begin in range(0, count, _PICTURE_WINDOWS):
        end = min(begin + _PICTURE_WINDOWS, count)
        told = None if done is None else partial(_told, done, begin / count, (end - begin) / count)
        shown = pictures[first + begin : first + end + embedder.window_ticks - 1]
        out = _kept(out, embedder.embed_video(shown, done=told), begin, count)
    assert out is not None  # a clip has one window or more
    return out


def embed_sound(embedder: Embedder, samples: Samples, ticks: int) -> RowFile:
    """Embeddings of the sound that belongs to each window.

    Args:
        embedder: the network.
        samples: ``[n]``, 16 kHz mono from tick 0 on.
        ticks: of the clip.

    Returns:
        ``[ticks - window_ticks + 1, dimension]``, one for each first tick.
    """
    window = embedder.window_ticks
    count = ticks - window + 1
    hears = embedder.front_end.hears
    per_second = COLUMNS_PER_TICK * _TICKS_PER_SECOND if hears == "mfcc" else COLUMNS_PER_SECOND
    out: RowFile | None = None
    for begin in range(0, count, _SOUND_WINDOWS):
        end = min(begin + _SOUND_WINDOWS, count)
        heard = end + window - 1
        first, last = (per_second * tick // _TICKS_PER_SECOND for tick in (begin, heard))
        sound = sound_columns(samples, hears, first, last + _BEYOND_COLUMNS)
        out = _kept(out, embedder.embed_audio(sound, heard - begin), begin, count)
    assert out is not None
    return out


def _kept(out: RowFile | None, vectors: NDArray[np.float32], begin: int, count: int) -> RowFile:
    if out is None:
        out = RowFile(count, vectors.shape[1:], np.float32)
    out[begin] = vectors
    return out


def _told(done: Callable[[float], None], before: float, part: float, share: float) -> None:
    done(before + part * share)
