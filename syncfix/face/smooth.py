"""Landmarks smoothed over time, never across a cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from syncfix.face.landmarks import LANDMARK_COUNT

__all__ = ["SMOOTHING_RADIUS", "same_shot", "smoothed"]

# Gaussian over time, in frames; wide enough to take out the pixel that dlib's whole-numbered
# points jump by, narrow enough to follow a head.
_SMOOTHING_FRAMES = 1.5
SMOOTHING_RADIUS = 4
_WEIGHTS = np.exp(
    -0.5 * (np.arange(-SMOOTHING_RADIUS, SMOOTHING_RADIUS + 1) / _SMOOTHING_FRAMES) ** 2
)


def smoothed(neighbours: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32]:
    """Weighted mean over the neighbours in time that show the same face nearby.

    Args:
        neighbours: ``2 * SMOOTHING_RADIUS + 1`` times ``[68, 2]`` in order of time, None where no
            face is seen; the middle one is there.
    """
    points = neighbours[SMOOTHING_RADIUS]
    assert points is not None
    reach = 0.25 * float(np.ptp(points[:, 0]))
    total = np.zeros((LANDMARK_COUNT, 2))
    weight = 0.0
    for each, w in zip(neighbours, _WEIGHTS, strict=True):
        # After a jump the neighbour is another face, or the same one elsewhere.
        if each is None or np.abs(each.mean(axis=0) - points.mean(axis=0)).max() > reach:
            continue
        total += w * each
        weight += w
    return (total / weight).astype(np.float32)


def same_shot(begins: Sequence[bool]) -> slice:
    """Which of ``2 * SMOOTHING_RADIUS + 1`` frames no cut parts from the middle one.

    Args:
        begins: whether a shot begins with each frame.
    """
    start, end = SMOOTHING_RADIUS, SMOOTHING_RADIUS + 1
    while start > 0 and not begins[start]:
        start -= 1
    while end < len(begins) and not begins[end]:
        end += 1
    return slice(start, end)
