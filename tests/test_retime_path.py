"""The path is the cheapest there is, and time never runs backwards."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncfix.retime import (
    PathCosts,
    RetimeOptions,
    best_path,
    find_plan,
    greedy_path,
    path_cost,
    path_costs,
)


def unit_vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def random_costs(
    seed: int, ticks: int, reach: int, max_skip: int, cuts: np.ndarray | None = None
) -> PathCosts:
    windows = max(2, ticks - 4)
    return path_costs(
        unit_vectors(windows, seed),
        unit_vectors(windows, seed + 1),
        np.random.default_rng(seed).random(windows + 4) < 0.8,
        window_ticks=5,
        centre_ticks=int(np.random.default_rng(seed).integers(-2, 3)),
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
    every = itertools.product(costs.offsets_ticks.tolist(), repeat=len(costs.unary))
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
    every = itertools.product(costs.offsets_ticks.tolist(), repeat=len(costs.unary))
    least = min(path_cost(costs, np.array(each)) for each in every)
    assert path_cost(costs, path) == pytest.approx(least, abs=1e-12)
    # Each shot by itself is the cheapest there is, whatever its neighbours do.
    edges = [0, *own.tolist(), len(costs.unary)]
    for start, end in itertools.pairwise(edges):
        alone = PathCosts(costs.offsets_ticks, costs.unary[start:end], costs.change[start:end])
        assert path_cost(alone, best_path(alone)) == pytest.approx(
            path_cost(alone, path[start:end]), abs=1e-12
        )


@given(st.integers(0, 10_000), st.integers(30, 60), st.integers(5, 25))
@settings(max_examples=25, deadline=None)
def test_an_offset_into_the_next_shot_costs_what_the_last_tick_costs(
    seed: int, ticks: int, cut: int
) -> None:
    costs = random_costs(seed, ticks, 3, 2, np.array([cut]))
    states = costs.offsets_ticks.tolist()
    for tick in range(cut - 4, cut + 4):
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
    costs = PathCosts(np.arange(-3, 4), unary, change, np.array([cut]))
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


def test_nobody_speaks_nothing_moves() -> None:
    plan = find_plan(
        unit_vectors(50, 1), unit_vectors(50, 2), np.zeros(65, bool), 0, 16, RetimeOptions()
    )
    assert plan.changes_nothing
    assert plan.constant_ticks == 0


def test_a_known_local_slip_is_found() -> None:
    """Frames shown two ticks late for a second: the plan takes them from two ticks on."""
    scene = unit_vectors(400, 3)
    # Neighbours in time look alike, as windows of a real clip do.
    smooth = np.stack([scene[i : i + 6].mean(axis=0) for i in range(300)])
    smooth /= np.linalg.norm(smooth, axis=1, keepdims=True)
    injected = np.zeros(250, dtype=int)
    injected[100:150] = -2
    audio = smooth[20:270].astype(np.float32)
    video = smooth[20 + np.arange(250) + injected].astype(np.float32)
    plan = find_plan(audio, video, np.ones(265, bool), 0, 16, RetimeOptions())
    # Where the plan shows tick i + d, the scene seen is i + d + injected: that should be i.
    inside = plan.offset_ticks[8 + 105 : 8 + 145]
    assert (inside == 2).mean() > 0.9
    assert (plan.offset_ticks[:100] == 0).all()


def test_a_constant_offset_is_recognised_and_stays_in_the_clip() -> None:
    scene = unit_vectors(200, 4)
    plan = find_plan(scene[10:110], scene[6:106], np.ones(115, bool), 4, 16, RetimeOptions())
    assert plan.constant_ticks == 4
    place = np.arange(115)
    assert ((place + plan.offset_ticks >= 0) & (place + plan.offset_ticks < 115)).all()
