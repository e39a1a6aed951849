"""Fits over time: noise goes, jumps and changes of the plan stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from syncfix.warp.composing import Fit
from syncfix.warp.place import Placement
from syncfix.warp.steady import REACH_FRAMES, Fitted, steadied

UNIT_PX = 60.0


def fitted(index: int, x: float, offset: int = 2, level: float = 0.0) -> Fitted[int]:
    matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, 0.0]])
    colour = np.full((4, 4, 3), level, np.float32)
    fit = Fit(Placement(matrix, 1.0, 0.0, 0.0), colour)
    return Fitted(index, offset, fit, np.array([100.0, 120.0]), UNIT_PX)


def shifts(frames: list[Fitted[int]]) -> np.ndarray:
    return np.array([fit.placement.matrix[0, 2] for _, fit in steadied(frames) if fit is not None])


def test_noise_shrinks_and_a_slow_move_stays():
    noise = np.random.default_rng(0).normal(0, 0.01 * UNIT_PX, 60)
    move = np.linspace(0, 6, 60)
    got = shifts([fitted(k, move[k] + noise[k]) for k in range(60)])
    assert np.abs(got - move)[5:-5].mean() < 0.7 * np.abs(noise)[5:-5].mean()
    # Second differences are what a viewer sees as flicker.
    assert np.abs(np.diff(got, 2)).mean() < 0.4 * np.abs(np.diff(noise, 2)).mean()


def test_colour_flicker_shrinks():
    levels = np.random.default_rng(1).normal(0, 3, 40)
    out = [f.colour[0, 0, 0] for _, f in steadied([fitted(k, 0, 2, levels[k]) for k in range(40)])]
    assert np.abs(np.diff(out, 2)).mean() < 0.3 * np.abs(np.diff(levels, 2)).mean()


def test_a_jump_is_not_smeared():
    place = np.where(np.arange(20) < 10, 0.0, 0.2 * UNIT_PX)
    assert np.abs(shifts([fitted(k, place[k]) for k in range(20)]) - place).max() < 0.01


def test_other_offsets_do_not_count():
    frames = [fitted(k, 0.0 if k < 5 else 0.4, 2 if k < 5 else 3) for k in range(10)]
    assert np.allclose(shifts(frames), [0.0] * 5 + [0.4] * 5)


def test_a_frame_without_a_fit_parts_the_run():
    frames = [fitted(k, 0.0 if k < 5 else 0.4) for k in range(10)]
    frames[5] = Fitted(5, 2, None, np.zeros(2), 1.0)
    got = list(steadied(frames))
    assert [k for k, _ in got] == list(range(10))
    assert [k for k, fit in got if fit is None] == [5]
    moved = [fit.placement.matrix[0, 2] for _, fit in got if fit is not None]
    assert np.allclose(moved, [0.0] * 5 + [0.4] * 4)


def trusts(frames: list[Fitted[int]]) -> list[float]:
    return [round(fit.trust, 2) for _, fit in steadied(frames) if fit is not None]


def test_a_mouth_fades_around_a_frame_that_cannot_be_done():
    frames = [fitted(k, 0.0, 2 if k < 6 else 3) for k in range(11)]
    frames[5] = Fitted(5, 2, None, np.zeros(2), 1.0)
    assert trusts(frames) == [1, 1, 1, 0.67, 0.33, 0.33, 0.67, 1, 1, 1]


def test_a_frame_that_keeps_its_own_mouth_fades_no_other():
    frames = [fitted(k, 0.0) for k in range(8)]
    frames[4] = Fitted(4, 0, None, np.zeros(2), 1.0)
    assert trusts(frames) == [1] * 7


def test_less_trust_in_one_frame_draws_its_neighbours_down():
    frames = [fitted(k, 0.0) for k in range(9)]
    fit = frames[4].fit
    assert fit is not None
    frames[4] = replace(frames[4], fit=replace(fit, trust=0.2))
    assert trusts(frames) == [1, 1, 0.87, 0.53, 0.2, 0.53, 0.87, 1, 1]


def test_a_single_frame_keeps_its_fit():
    assert shifts([fitted(0, 1.5)]).tolist() == [1.5]
    assert list(steadied([])) == []


def test_few_frames_are_drawn_ahead():
    drawn = []

    def frames() -> Iterator[Fitted[int]]:
        for k in range(50):
            drawn.append(k)
            yield fitted(k, 0.0)

    assert next(steadied(frames()))[0] == 0
    assert len(drawn) <= REACH_FRAMES + 1


def test_blur_comes_and_goes_with_its_neighbours():
    frames = [fitted(k, 0.0) for k in range(9)]
    fit = frames[4].fit
    assert fit is not None
    frames[4] = replace(frames[4], fit=replace(fit, blur=0.04))
    blurs = [fit.blur for _, fit in steadied(frames) if fit is not None]
    assert 0.04 > blurs[4] > blurs[3] == blurs[5] > blurs[2] > 0
