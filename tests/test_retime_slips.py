"""A trace of a slip lowers the price of a change there, and nothing else does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from test_retime_path import drifting, unit_vectors

from syncfix.retime import PathCosts, best_path, path_cost, path_costs
from syncfix.retime.slips import Slips, find_slips


def moving(ticks: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(2.0, 3.0, ticks)


def test_even_movement_has_no_traces() -> None:
    slips = find_slips(moving(80))
    assert (slips.skipping == 1.0).all()
    assert (slips.holding > 0.5).all() and (slips.holding[:-1] < 1.0).mean() < 0.2


def test_a_repeat_and_a_jump_leave_a_trace_where_they_are() -> None:
    motion = moving(80)
    motion[[20, 21, 22]] = 0.0
    motion[50] = 8.0
    slips = find_slips(motion)
    assert slips.skipping[20:23] == pytest.approx(0.03)
    assert (np.delete(slips.skipping, [20, 21, 22]) == 1.0).all()
    assert slips.holding[50] == pytest.approx(0.03)
    # A jump right behind a repeat is judged by the movement before the repeat.
    motion[23] = 8.0
    assert find_slips(motion).holding[23] == pytest.approx(0.03)


def test_a_resting_face_and_an_unknown_one_tell_nothing() -> None:
    resting = np.full(60, 0.05)
    resting[30] = 0.0
    unknown = np.full(60, np.nan)
    for motion in (resting, unknown, np.zeros(60)):
        slips = find_slips(motion)
        assert (slips.skipping == 1.0).all() and (slips.holding == 1.0).all()


@given(
    arrays.arrays(
        np.float64, st.integers(1, 60), elements=st.one_of(st.floats(0, 255), st.just(np.nan))
    )
)
@settings(max_examples=80, deadline=None)
def test_prices_are_never_above_one_or_zero(motion: np.ndarray) -> None:
    slips = find_slips(motion)
    assert slips.skipping.shape == motion.shape and len(slips.holding) == len(motion) + 1
    for each in (slips.skipping, slips.holding):
        assert ((each > 0) & (each <= 1)).all()
    assert (slips.skipping[np.isnan(motion)] == 1.0).all()
    assert (slips.holding[:-1][np.isnan(motion)] == 1.0).all()


def random_slips(ticks: int, seed: int) -> Slips:
    rng = np.random.default_rng(seed)
    return Slips(rng.uniform(0.03, 1.0, ticks), rng.uniform(0.03, 1.0, ticks + 1))


def costs_of(ticks: int, seed: int, slips: Slips | None, reach: int = 1) -> PathCosts:
    return path_costs(
        unit_vectors(ticks - 4, seed),
        unit_vectors(ticks - 4, seed + 1),
        np.ones(ticks, bool),
        window_ticks=5,
        centre_ticks=drifting(seed, ticks),
        reach_ticks=reach,
        temporal_penalty=0.5,
        change_penalty=0.3,
        max_skip=2,
        slips=slips,
    )


@given(st.integers(0, 10_000), st.integers(6, 7))
@settings(max_examples=25, deadline=None)
def test_with_traces_it_costs_the_same_as_exhaustive_search(seed: int, ticks: int) -> None:
    costs = costs_of(ticks, seed, random_slips(ticks, seed))
    every = itertools.product(*costs.offsets_ticks.tolist())
    least = min(path_cost(costs, np.array(path)) for path in every)
    assert path_cost(costs, best_path(costs)) == pytest.approx(least, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(20, 60))
@settings(max_examples=25, deadline=None)
def test_the_price_is_that_of_the_pictures_left_out_or_held(seed: int, ticks: int) -> None:
    slips = random_slips(ticks, seed)
    with_traces, without = costs_of(ticks, seed, slips, 3), costs_of(ticks, seed, None, 3)
    offsets = without.offsets_ticks
    rng = np.random.default_rng(seed)
    for tick in rng.integers(5, ticks - 5, 20):
        before, now = rng.integers(7, size=2)
        full = without.change[tick, before, now]
        if not np.isfinite(full):
            assert not np.isfinite(with_traces.change[tick, before, now])
            continue
        shown = int(np.clip(tick - 1 + offsets[tick - 1, before], 0, ticks - 1))
        step = int(1 + offsets[tick, now] - offsets[tick - 1, before])
        if step == 0:
            price = min(slips.holding[shown], slips.holding[shown + 1])
        elif step == 1:
            price = 1.0
        else:
            passed = [slips.skipping[min(shown + k, ticks - 1)] for k in range(1, step + 1)]
            price = np.mean(sorted(passed)[: step - 1])
        assert with_traces.change[tick, before, now] == pytest.approx(price * full)


def test_a_change_is_made_where_the_trace_is() -> None:
    """Speech asks for a tick more from somewhere in a pause on; the pictures say from where."""
    ticks = 60
    counts = np.ones(ticks, bool)
    counts[20:40] = False
    video = unit_vectors(ticks - 4, 1)
    audio = video.copy()
    audio[30:-1] = video[31:]  # from tick 32 on the picture of the next tick is the right one
    for still in (22, 31, 37):
        motion = moving(ticks)
        motion[still] = 0.0
        path = best_path(
            path_costs(
                audio,
                video,
                counts,
                window_ticks=5,
                centre_ticks=np.zeros(ticks, np.intp),
                reach_ticks=3,
                temporal_penalty=0.0,
                change_penalty=0.8,
                max_skip=2,
                slips=find_slips(motion),
            )
        )
        shown = np.arange(ticks) + path
        # The repeat and what it repeats look the same: one of them is left out.
        assert len({still - 1, still} & set(shown.tolist())) == 1
        assert (path[:20] == 0).all() and (path[40:-4] == 1).all()
