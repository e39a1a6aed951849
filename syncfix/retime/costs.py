"""What each offset costs at each tick, and what it costs to change it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.scores import offset_distances

__all__ = ["PathCosts", "path_costs"]

# The pictures of all offsets are looked at for so many ticks at once, or memory would grow with
# ticks times offsets times dimensions.
_PIECE_TICKS = 512


@dataclass(frozen=True)
class PathCosts:
    """The problem that a path solves.

    Attributes:
        offsets_ticks: ``[m]`` running offsets, the states.
        unary: ``[ticks, m]``, distance of speech and mouth; 0 where nobody speaks.
        change: ``[ticks, m, m]``, cost at tick i of going from state j (at i - 1) to state k;
            infinite where time would run backwards or more than ``max_skip`` ticks be skipped.
    """

    offsets_ticks: NDArray[np.intp]
    unary: NDArray[np.float64]
    change: NDArray[np.float64]


def path_costs(
    audio: NDArray[np.float32],
    video: NDArray[np.float32],
    counts: NDArray[np.bool_],
    *,
    window_ticks: int,
    centre_ticks: int,
    reach_ticks: int,
    temporal_penalty: float,
    change_penalty: float,
    max_skip: int,
) -> PathCosts:
    """Costs of all offsets about a centre.

    The cost of a path d is ``sum u[i, d_i] + lambda |V(i + d_i) - V(i + d_{i-1})|
    + mu |d_i - d_{i-1}|``, with ``-1 <= d_i - d_{i-1} <= max_skip``: the second term is how far
    the picture is from the one that simply going on would show.

    Args:
        audio, video: unit vectors ``[windows, dimension]``.
        counts: ``[ticks]``, where the distance counts: speech, and a face is seen.
        window_ticks: frames in a window.
        centre_ticks, reach_ticks: the offsets are centre - reach to centre + reach.
        temporal_penalty: lambda.
        change_penalty: mu, for each tick of change.
        max_skip: most ticks that may be skipped at once.
    """
    offsets = np.arange(centre_ticks - reach_ticks, centre_ticks + reach_ticks + 1)
    ticks = len(counts)
    place = np.arange(ticks)
    # An offset that would show a tick outside the clip shows the first or the last one instead,
    # and costs what that one costs.
    shown = np.clip(place[:, None] + offsets, 0, ticks - 1)
    low, high = min(int(offsets[0]), 0), max(int(offsets[-1]), 0)
    wide = np.arange(low, high + 1)
    distance = offset_distances(audio, video, wide, window_ticks)
    distance = np.where(np.isfinite(distance), distance, 2.0)
    unary = np.take_along_axis(distance, shown - place[:, None] - low, axis=1)
    unary = np.where(counts[:, None], unary, 0.0)

    step = offsets[None, :] - offsets[:, None]  # [from, to]
    allowed = (step >= -1) & (step <= max_skip)
    base = np.where(allowed, change_penalty * np.abs(step), np.inf)
    change = np.broadcast_to(base, (ticks, *base.shape)).copy()
    if temporal_penalty > 0:
        first = np.clip(shown - window_ticks // 2, 0, len(video) - 1)
        diagonal = np.arange(len(offsets))
        for begin in range(0, ticks, _PIECE_TICKS):
            piece = slice(begin, begin + _PIECE_TICKS)
            picture = video[first[piece]]  # [piece, m, dimension]
            cosine = np.einsum("ijd,ikd->ijk", picture, picture, dtype=np.float64)
            jump = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosine))
            jump[:, diagonal, diagonal] = 0.0  # rounding apart, going on costs nothing
            change[piece] += temporal_penalty * jump
    return PathCosts(offsets, unary, change)
