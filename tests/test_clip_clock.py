"""The sync clock: 25 ticks a second whatever the frame rate, and the way back without harm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncfix.clip import SyncClock

RATES = [12.0, 15.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60.0, 120.0]

steps = st.lists(st.floats(0.002, 0.4), min_size=1, max_size=120)
starts = st.floats(0, 1000)


def steady(fps: float, count: int, start: float = 0.0, unit: float | None = None) -> SyncClock:
    times = start + np.arange(count + 1) / fps
    if unit is not None:
        times = np.round(times / unit) * unit
    return SyncClock(times[:-1], times[-1])


def uneven(gaps: list[float], start: float) -> SyncClock:
    times = start + np.concatenate([[0.0], np.cumsum(gaps)])
    return SyncClock(times[:-1], times[-1])


@given(starts, steps)
def test_no_offset_changes_nothing(start: float, gaps: list[float]) -> None:
    clock = uneven(gaps, start)
    frames = clock.source_frames(np.zeros(clock.tick_count, dtype=int))
    np.testing.assert_array_equal(frames, np.arange(clock.frame_count))


@given(st.sampled_from(RATES), st.integers(1, 200), st.sampled_from([1e-3, 1 / 90000]))
def test_no_offset_changes_nothing_when_timestamps_are_rounded(
    fps: float, count: int, unit: float
) -> None:
    clock = steady(fps, count, unit=unit)
    frames = clock.source_frames(np.zeros(clock.tick_count, dtype=int))
    np.testing.assert_array_equal(frames, np.arange(count))


@given(st.data(), st.integers(1, 150), starts, st.sampled_from([None, 1e-3, 1 / 90000]))
def test_at_25_fps_frame_i_gets_frame_i_plus_its_offset(
    data: st.DataObject, count: int, start: float, unit: float | None
) -> None:
    clock = steady(25.0, count, start, unit)
    assert clock.tick_count == count
    offsets = np.array(data.draw(st.lists(st.integers(-15, 15), min_size=count, max_size=count)))
    wanted = np.clip(np.arange(count) + offsets, 0, count - 1)
    np.testing.assert_array_equal(clock.source_frames(offsets), wanted)
    np.testing.assert_array_equal(clock.tick_to_frame, np.arange(count))


@settings(max_examples=200)
@given(st.data(), starts, steps)
def test_time_never_runs_backwards_and_never_leaves_the_clip(
    data: st.DataObject, start: float, gaps: list[float]
) -> None:
    clock = uneven(gaps, start)
    n = clock.tick_count
    rises = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    offsets = data.draw(st.integers(-15, 15)) + np.cumsum(rises)
    frames = clock.source_frames(offsets)
    assert np.all(np.diff(frames) >= 0)
    assert frames.min() >= 0 and frames.max() < clock.frame_count


@given(starts, steps)
def test_each_tick_has_the_frame_on_screen(start: float, gaps: list[float]) -> None:
    clock = uneven(gaps, start)
    times = start + np.concatenate([[0.0], np.cumsum(gaps)])[:-1]
    for tick, frame in enumerate(clock.tick_to_frame):
        moment = start + tick * 0.04
        assert times[frame] <= moment + 0.0021
        if frame + 1 < len(times):
            assert times[frame + 1] > moment - 1e-9


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("unit", [1e-3, 1 / 90000, 1 / 12800])
def test_rounded_timestamps_give_the_ticks_of_exact_ones(fps: float, unit: float) -> None:
    count = round(fps * 7)
    exact, rounded = steady(fps, count), steady(fps, count, unit=unit)
    assert rounded.tick_count == exact.tick_count
    moved = rounded.tick_to_frame - exact.tick_to_frame
    assert np.count_nonzero(moved) <= (0 if fps in (25.0, 50.0) else 0.08 * exact.tick_count)


def test_ten_seconds_are_250_ticks_at_any_rate() -> None:
    for fps in RATES:
        count = round(fps * 10)
        assert abs(steady(fps, count).tick_count - 25 * count / fps) < 1


@pytest.mark.parametrize("fps", [r for r in RATES if r >= 25])
@pytest.mark.parametrize("ticks", [-7, -3, -1, 1, 2, 5])
def test_a_constant_offset_is_met_within_half_a_frame(fps: float, ticks: int) -> None:
    clock = steady(fps, round(fps * 6))
    frames = clock.source_frames(np.full(clock.tick_count, ticks))
    inner = slice(round(fps), -round(fps))
    shown_seconds = (frames - np.arange(len(frames)))[inner] / fps
    assert np.abs(shown_seconds - ticks * 0.04).max() <= 0.5 / fps + 1e-9


def test_a_long_held_frame_is_not_left_early() -> None:
    clock = SyncClock(np.array([0.0, 0.04, 1.0, 1.04]), 1.08)
    frames = clock.source_frames(np.full(clock.tick_count, 12))
    assert frames[1] == 1  # 0.04 + 0.48 s: still the frame that stays until 1.0


def test_a_wrong_number_of_offsets_is_an_error() -> None:
    with pytest.raises(ValueError, match="offsets for 25 ticks"):
        steady(30.0, 30).source_frames(np.zeros(24))


def test_times_must_increase() -> None:
    with pytest.raises(ValueError, match="increase"):
        SyncClock(np.array([0.0, 0.04, 0.04]), 0.12)


def at_frame_changes(clock: SyncClock, wanted: list[int]) -> np.ndarray:
    """Cuts lie where a tick shows another frame than the tick before it."""
    changes = np.flatnonzero(np.diff(clock.tick_to_frame)) + 1
    if not len(changes):
        return np.zeros(0, dtype=int)
    return np.unique([changes[k % len(changes)] for k in wanted])


@settings(max_examples=200)
@given(st.data(), starts, steps, st.lists(st.integers(0, 1000), max_size=4))
def test_no_shot_shows_a_frame_of_another(
    data: st.DataObject, start: float, gaps: list[float], wanted: list[int]
) -> None:
    clock = uneven(gaps, start)
    n = clock.tick_count
    cuts = at_frame_changes(clock, wanted)
    rises = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    offsets = data.draw(st.integers(-15, 15)) + np.cumsum(rises)
    # Each shot has a path of its own, so at a cut the offset may fall by any number.
    for cut in cuts:
        offsets[cut:] -= data.draw(st.integers(0, 20))
    frames = clock.source_frames(offsets, cuts)
    assert np.all(np.diff(frames) >= 0)
    own = np.arange(len(frames))
    for cut in cuts:
        before, after = clock.tick_to_frame[cut - 1], clock.tick_to_frame[cut]
        assert (frames[own <= before] <= before).all()
        assert (frames[own >= after] >= after).all()
        between = (own > before) & (own < after)
        assert (frames[between] == own[between]).all()


@given(starts, steps, st.lists(st.integers(0, 1000), max_size=4))
def test_no_offset_changes_nothing_about_cuts(
    start: float, gaps: list[float], wanted: list[int]
) -> None:
    clock = uneven(gaps, start)
    frames = clock.source_frames(np.zeros(clock.tick_count), at_frame_changes(clock, wanted))
    np.testing.assert_array_equal(frames, np.arange(clock.frame_count))


def test_nothing_is_interpolated_across_a_cut() -> None:
    clock = steady(50.0, 100)
    offsets = np.repeat([4, -4], 25)
    frames = clock.source_frames(offsets, np.array([25]))
    # Frame 49 lies between ticks 24 and 25, on one side of the cut or the other: it stays.
    np.testing.assert_array_equal(frames[:41] - np.arange(41), 8)
    assert frames[49] == 49
    np.testing.assert_array_equal(frames[50:58], 50)
    np.testing.assert_array_equal(frames[58:] - np.arange(58, 100), -8)
