"""What a network would make of a retimed clip, without writing it.

The pictures are put in the plan's order and embedded afresh: a window of retimed frames is not
one of the clip's own windows moved, because the plan may repeat or skip a frame inside it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.rows import RowFile
from syncfix.syncnet.network import Pictures
from syncfix.syncnet.vectors import Vectors

__all__ = ["EmbedsVideo", "rehearse"]

_PIECE_WINDOWS = 1024


class EmbedsVideo(Protocol):
    """A network's side that sees; all embedders have it."""

    @property
    def window_ticks(self) -> int: ...

    def embed_video(self, pictures: Pictures) -> NDArray[np.float32]: ...


def rehearse(
    embedder: EmbedsVideo,
    pictures: Pictures,
    video: Vectors,
    offset_ticks: NDArray[np.intp],
) -> RowFile:
    """Embeddings of the windows of the retimed pictures.

    Args:
        embedder: the network.
        pictures: ``[ticks, h, w, 3]``, what it sees at each tick of the clip as it is.
        video: ``[windows, d]``, its embeddings of them.
        offset_ticks: ``[ticks]``, the plan; every tick shown lies in the clip.

    Returns:
        ``[windows, d]`` unit vectors, on disk. Windows in which time simply goes on are taken from
        ``video``; the others are embedded.
    """
    order = np.arange(len(offset_ticks)) + offset_ticks
    window = embedder.window_ticks
    windows = len(video)
    breaks = np.concatenate([[0], np.cumsum(np.diff(order) != 1)])
    first = np.arange(windows)
    whole = breaks[first + window - 1] == breaks[first]
    out = RowFile(windows, video.shape[1:], np.float32)
    for start, stop in _runs(whole):
        for begin in range(start, stop, _PIECE_WINDOWS):  # memory must not grow with the clip
            out[begin] = video[order[begin : min(begin + _PIECE_WINDOWS, stop)]]
    for start, stop in _runs(~whole):
        for begin in range(start, stop, _PIECE_WINDOWS):
            end = min(begin + _PIECE_WINDOWS, stop)
            out[begin] = embedder.embed_video(pictures[order[begin : end + window - 1]])
    return out


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Begin and end of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
