"""The cheapest path through the offsets, exactly; and the greedy one, for comparison."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syncfix.retime.costs import PathCosts

__all__ = ["best_path", "greedy_path", "path_cost"]

_PIECE_TICKS = 1024


def best_path(costs: PathCosts) -> NDArray[np.intp]:
    """The path of least cost, by dynamic programming (Viterbi 1967).

    Where two paths cost the same, the one that changes less is taken; where a shot ends, the one
    that ends nearest to the middle offset, which is where nothing happens.

    Returns:
        ``[ticks]`` offsets.
    """
    ticks, states = costs.unary.shape
    columns = np.arange(states)
    # from_state[k, r]: the states that lead to k, k itself first, since argmin takes the first
    # of equals and staying is the better one.
    from_state = (columns + columns[:, None]) % states
    turns = np.empty((ticks, states), dtype=np.int16)
    total = costs.unary[0].copy()
    through = np.empty((states, states))
    begins = set(costs.cuts.tolist())
    for tick in range(1, ticks):
        place = tick % _PIECE_TICKS
        if tick == 1 or place == 0:  # in pieces: of 20 minutes it would take as much as the costs
            first = tick - place
            change = costs.change[first : first + _PIECE_TICKS, from_state, columns[:, None]]
        if tick in begins:
            turns[tick] = (_end(total) - columns) % states
            total = total.min() + costs.unary[tick]
            continue
        np.add(total[from_state], change[place], out=through)
        turns[tick] = through.argmin(axis=1)
        np.minimum.reduce(through, axis=1, out=total)
        total += costs.unary[tick]
    states_of = np.empty(ticks, dtype=np.intp)
    state = _end(total)
    for tick in range(ticks - 1, -1, -1):
        states_of[tick] = state
        state = (state + int(turns[tick, state])) % states
    offsets: NDArray[np.intp] = costs.offsets_ticks[np.arange(ticks), states_of]
    return offsets


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
    middle = costs.unary.shape[1] // 2
    choice = costs.unary.argmin(axis=1)
    within = np.where(np.isfinite(costs.unary), costs.unary, costs.unary.min(axis=1)[:, None])
    choice[np.ptp(within, axis=1) == 0.0] = middle
    place = np.arange(len(choice))
    chosen = costs.offsets_ticks[place, choice]
    # Output i shows i + d_i; a running maximum is the least change that keeps time going.
    shots = np.split(place + chosen, costs.cuts)
    shown = np.concatenate([np.maximum.accumulate(shot) for shot in shots])
    held: NDArray[np.intp] = shown - place
    return held


def path_cost(costs: PathCosts, offsets_ticks: NDArray[np.intp]) -> float:
    """What a path costs in all; infinite if a step is not allowed."""
    states = offsets_ticks - costs.offsets_ticks[:, 0]
    place = np.arange(len(states))
    unary = costs.unary[place, states].sum()
    change = costs.change[place[1:], states[:-1], states[1:]].sum()
    return float(unary + change)
