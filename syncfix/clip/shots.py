"""Shots: which ticks belong together, because no cut lies between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["inside_shots", "runs", "shot_limits", "spans_cut"]


def shot_limits(
    cuts: NDArray[np.intp] | None, ticks: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last tick of the shot that each tick belongs to.

    Args:
        cuts: ``[shots - 1]``, first ticks of the shots other than the first, increasing, each in
            1..ticks - 1; None for one shot.
        ticks: how many there are, 1 or more.

    Returns:
        Two arrays ``[ticks]``.

    Raises:
        ValueError: cuts that do not increase, or lie outside the clip.
    """
    inner = np.zeros(0, dtype=np.intp) if cuts is None else np.asarray(cuts, dtype=np.intp)
    edges = np.concatenate([[0], inner, [ticks]]).astype(np.intp)
    if (np.diff(edges) <= 0).any():
        raise ValueError(f"cuts must increase and lie in 1..{ticks - 1}")
    lengths = np.diff(edges)
    return np.repeat(edges[:-1], lengths), np.repeat(edges[1:] - 1, lengths)


def runs(mask: NDArray[np.bool_]) -> list[slice]:
    """Each run of True of a mask ``[n]``, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def inside_shots(offset_ticks: NDArray[np.intp], cuts: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """The offsets, held so that the tick shown lies in the shot of the tick it is shown at.

    Args:
        offset_ticks: ``[ticks]``; at tick i the picture of tick i + offset_ticks[i] is shown.
        cuts: as for :func:`shot_limits`.

    Returns:
        ``[ticks]``. Within a shot no step falls by more than 1 if none did before.
    """
    first, last = shot_limits(cuts, len(offset_ticks))
    place = np.arange(len(offset_ticks))
    held: NDArray[np.intp] = np.clip(place + offset_ticks, first, last) - place
    return held


def spans_cut(
    first_ticks: NDArray[np.intp], length_ticks: int, cuts: NDArray[np.intp] | None
) -> NDArray[np.bool_]:
    """Which windows hold pictures of more than one shot.

    Args:
        first_ticks: ``[n]``, where each window starts.
        length_ticks: how many ticks each holds.
        cuts: increasing first ticks of the shots other than the first, or None.
    """
    if cuts is None:
        return np.zeros(len(first_ticks), dtype=np.bool_)
    before = np.searchsorted(cuts, first_ticks, side="right")
    after = np.searchsorted(cuts, first_ticks + length_ticks - 1, side="right")
    return np.asarray(before != after)
