"""What a network would make of a retimed clip, without writing it.

The pictures are put in the plan's order and embedded afresh: a window of retimed frames is not
one of the clip's own windows moved, because the plan may repeat or skip a frame inside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.rows import RowFile
from syncfix.clip.shots import runs
from syncfix.syncnet.network import Embedder, Pictures
from syncfix.syncnet.vectors import Vectors

__all__ = ["rehearse"]

_PIECE_WINDOWS = 1024


def rehearse(
    embedder: Embedder,
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
    for run in runs(whole):
        for begin in range(run.start, run.stop, _PIECE_WINDOWS):  # memory must not grow
            out[begin] = video[order[begin : min(begin + _PIECE_WINDOWS, run.stop)]]
    for run in runs(~whole):
        for begin in range(run.start, run.stop, _PIECE_WINDOWS):
            end = min(begin + _PIECE_WINDOWS, run.stop)
            out[begin] = embedder.embed_video(pictures[order[begin : end + window - 1]])
    return out
