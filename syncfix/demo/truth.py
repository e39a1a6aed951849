"""What is left of a timing error that is known, from the order of frames and not from scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["residual_ticks", "true_plan"]


def residual_ticks(
    injected_offset_ticks: NDArray[np.intp], plan_offset_ticks: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The error that a plan leaves.

    The broken clip shows at tick i the right picture of tick i + e[i]. A plan d shows at tick i
    what the broken clip shows at i + d[i], so the picture of i + d[i] + e[i + d[i]].

    Args:
        injected_offset_ticks: ``[ticks]``, e.
        plan_offset_ticks: ``[ticks]``, d, with every i + d[i] in the clip.

    Returns:
        ``[ticks]``, d[i] + e[i + d[i]]; zero is perfect.
    """
    place = np.arange(len(injected_offset_ticks))
    left: NDArray[np.intp] = plan_offset_ticks + injected_offset_ticks[place + plan_offset_ticks]
    return left


def true_plan(injected_offset_ticks: NDArray[np.intp]) -> NDArray[np.intp]:
    """The plan that leaves least: at each tick the place that shows what comes nearest to it.

    The broken clip's sources never go backwards, so neither does this plan; of equals it takes
    the place nearest to the tick itself.
    """
    place = np.arange(len(injected_offset_ticks))
    shown = place + injected_offset_ticks
    miss = np.abs(shown[None, :] - place[:, None]) * 1000 + np.abs(place[None, :] - place[:, None])
    best: NDArray[np.intp] = np.maximum.accumulate(miss.argmin(axis=1)) - place
    return best
