"""The cheapest path through the offsets, exactly; and the greedy one, for comparison."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syncfix.retime.costs import PathCosts

__all__ = ["best_path", "greedy_path", "path_cost"]


def best_path(costs: PathCosts) -> NDArray[np.intp]:
    """The path of least cost, by dynamic programming (Viterbi 1967).

    Where two paths cost the same, the one that changes less is taken; where a shot ends, the one
    that ends nearest to the middle offset, which is where nothing happens.

    Returns:
        ``[ticks]`` offsets.
    """
    ticks, states = costs.unary.shape
    came_from = np.zeros((ticks, states), dtype=np.intp)
    total = costs.unary[0].copy()
    columns = np.arange(states)
    begins = set(costs.cuts.tolist())
    for tick in range(1, ticks):
        if tick in begins:
            came_from[tick] = _end(total)
            total = total.min() + costs.unary[tick]
            continue
        through = total[:, None] + costs.change[tick]
        best = through.argmin(axis=0)
        least = through[best, columns]
        # argmin takes the first of equals; staying is the better one.
        stay = through[columns, columns] <= least
        best = np.where(stay, columns, best)
        came_from[tick] = best
        total = least + costs.unary[tick]
    path = np.empty(ticks, dtype=np.intp)
    state = _end(total)
    for tick in range(ticks - 1, -1, -1):
        path[tick] = state
        state = int(came_from[tick, state])
    return costs.offsets_ticks[path]


def _end(total: NDArray[np.float64]) -> int:
    """Of the cheapest states the one nearest to the middle."""
    ends = np.flatnonzero(total <= total.min())
    return int(ends[np.abs(ends - len(total) // 2).argmin()])


def greedy_path(costs: PathCosts) -> NDArray[np.intp]:
    """For each tick by itself the nearest offset, then held back so that time does not reverse.

    This is the proof of concept's choice; it is kept as the baseline.

    Returns:
        ``[ticks]`` offsets.
    """
    middle = len(costs.offsets_ticks) // 2
    choice = costs.unary.argmin(axis=1)
    choice[np.ptp(costs.unary, axis=1) == 0.0] = middle
    chosen = costs.offsets_ticks[choice]
    place = np.arange(len(chosen))
    # Output i shows i + d_i; a running maximum is the least change that keeps time going.
    shots = np.split(place + chosen, costs.cuts)
    shown = np.concatenate([np.maximum.accumulate(shot) for shot in shots])
    held: NDArray[np.intp] = shown - place
    return held


def path_cost(costs: PathCosts, offsets_ticks: NDArray[np.intp]) -> float:
    """What a path costs in all; infinite if a step is not allowed."""
    states = offsets_ticks - costs.offsets_ticks[0]
    place = np.arange(len(states))
    unary = costs.unary[place, states].sum()
    change = costs.change[place[1:], states[:-1], states[1:]].sum()
    return float(unary + change)
