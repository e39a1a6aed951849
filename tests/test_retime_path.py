"""The path is the cheapest there is, and time never runs backwards."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncfix.retime import PathCosts, best_path, greedy_path, path_cost, path_costs


def unit_vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def drifting(seed: int, ticks: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    slope = rng.choice([0.0, -0.2, 0.2])
    return np.floor(rng.integers(-2, 3) + slope * np.arange(ticks) + 0.5).astype(np.intp)


def random_costs(
    seed: int, ticks: int, reach: int, max_skip: int, cuts: np.ndarray | None = None
) -> PathCosts:
    windows = max(2, ticks - 4)
    return path_costs(
        unit_vectors(windows, seed),
        unit_vectors(windows, seed + 1),
        np.random.default_rng(seed).random(windows + 4) < 0.8,
        window_ticks=5,
        centre_ticks=drifting(seed, windows + 4),
        reach_ticks=reach,
        temporal_penalty=0.5,
        change_penalty=0.3,
        max_skip=max_skip,
        cuts=cuts,
    )


@given(st.integers(0, 10_000), st.integers(6, 7), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_path_costs_the_same_as_exhaustive_search(seed: int, ticks: int, max_skip: int) -> None:
    costs = random_costs(seed, ticks, 1, max_skip)
    found = path_cost(costs, best_path(costs))
    every = itertools.product(*costs.offsets_ticks.tolist())
    least = min(path_cost(costs, np.array(path)) for path in every)
    assert found == pytest.approx(least, abs=1e-12)


@given(
    st.integers(0, 10_000),
    st.integers(6, 7),
    st.integers(0, 3),
    st.sets(st.integers(1, 5), min_size=1, max_size=3),
)
@settings(max_examples=25, deadline=None)
def test_with_cuts_too_it_costs_the_same_as_exhaustive_search(
    seed: int, ticks: int, max_skip: int, cuts: set[int]
) -> None:
    own = np.array(sorted(cuts))
    costs = random_costs(seed, ticks, 1, max_skip, own)
    path = best_path(costs)
    every = itertools.product(*costs.offsets_ticks.tolist())
    least = min(path_cost(costs, np.array(each)) for each in every)
    assert path_cost(costs, path) == pytest.approx(least, abs=1e-12)
    # Each shot by itself is the cheapest there is, whatever its neighbours do.
    edges = [0, *own.tolist(), len(costs.unary)]
    for start, end in itertools.pairwise(edges):
        alone = PathCosts(
            costs.offsets_ticks[start:end], costs.unary[start:end], costs.change[start:end]
        )
        assert path_cost(alone, best_path(alone)) == pytest.approx(
            path_cost(alone, path[start:end]), abs=1e-12
        )


@given(st.integers(0, 10_000), st.integers(30, 60), st.integers(5, 25))
@settings(max_examples=25, deadline=None)
def test_an_offset_into_the_next_shot_costs_what_the_last_tick_costs(
    seed: int, ticks: int, cut: int
) -> None:
    costs = random_costs(seed, ticks, 3, 2, np.array([cut]))
    for tick in range(cut - 4, cut + 4):
        states = costs.offsets_ticks[tick].tolist()
        low, high = (0, cut - 1) if tick < cut else (cut, len(costs.unary) - 1)
        for state, offset in enumerate(states):
            held = min(max(tick + offset, low), high) - tick
            if held in states:
                assert costs.unary[tick, state] == costs.unary[tick, states.index(held)]


@given(st.integers(0, 10_000), st.integers(10, 50))
@settings(max_examples=25, deadline=None)
def test_only_a_cut_may_break_the_bounds_of_a_step(seed: int, cut: int) -> None:
    costs = random_costs(seed, 60, 3, 2, np.array([cut]))
    for path in (best_path(costs), greedy_path(costs)):
        steps = np.delete(np.diff(path), cut - 1)
        assert steps.min() >= -1
    steps = np.delete(np.diff(best_path(costs)), cut - 1)
    assert steps.max() <= 2


def test_a_silent_shot_rests_at_the_middle_whatever_the_next_one_does() -> None:
    ticks, cut = 60, 30
    unary = np.zeros((ticks, 7))
    unary[cut:] = [5, 5, 5, 5, 5, 5, 0]  # the second shot wants +3
    step = np.arange(7)[None, :] - np.arange(7)[:, None]
    base = np.where((step >= -1) & (step <= 2), 0.8 * np.abs(step), np.inf)
    change = np.broadcast_to(base, (ticks, 7, 7)).copy()
    change[cut] = 0.0
    costs = PathCosts(np.tile(np.arange(-3, 4), (ticks, 1)), unary, change, np.array([cut]))
    path = best_path(costs)
    assert (path[:cut] == 0).all()
    assert (path[cut:] == 3).all()


@given(st.integers(0, 10_000), st.integers(30, 120))
@settings(max_examples=25, deadline=None)
def test_steps_stay_in_bounds_for_both_strategies(seed: int, ticks: int) -> None:
    costs = random_costs(seed, ticks, 3, 2)
    steps = np.diff(best_path(costs))
    assert steps.min(initial=0) >= -1
    assert steps.max(initial=0) <= 2
    assert np.diff(greedy_path(costs)).min(initial=0) >= -1


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_path_keeps_to_the_reach_of_each_tick(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ticks = 60
    reach = np.clip(2 + np.cumsum(rng.integers(-1, 2, ticks)), 1, 4)
    costs = path_costs(
        unit_vectors(ticks - 4, seed),
        unit_vectors(ticks - 4, seed + 1),
        np.ones(ticks, bool),
        window_ticks=5,
        centre_ticks=np.zeros(ticks, np.intp),
        reach_ticks=reach,
        temporal_penalty=0.0,
        change_penalty=0.01,
        max_skip=2,
    )
    path = best_path(costs)
    assert np.isfinite(path_cost(costs, path))
    assert (np.abs(path) <= reach).all()
