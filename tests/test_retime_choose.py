"""A known error is found and mended; without one, or without proof, nothing is touched."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import scene

from syncfix.demo.truth import residual_ticks
from syncfix.retime import Choice, Line, RetimeOptions, choose_plan, find_line
from syncfix.retime.choose import Candidate
from syncfix.retime.rehearse import rehearse
from syncfix.syncnet.observation import Observation

# `syncfix.retime` is a function as well, so the module can't be named through it.
choosing = importlib.import_module("syncfix.retime.choose")
MEL = np.zeros((80, 4000), np.float32)


def choose(networks: tuple[Observation, ...], **options: object) -> Choice:
    ticks = len(networks[0].counts)
    return choose_plan(networks, lambda: MEL, np.ones(ticks, bool), RetimeOptions(**options))  # type: ignore[arg-type]


def drift(slope: float, ticks: int) -> np.ndarray:
    return np.round(slope * np.arange(ticks)).astype(np.intp)


def slips(ticks: int) -> np.ndarray:
    error = np.zeros(ticks, np.intp)
    error[60:100], error[140:180] = 2, -3
    return np.maximum.accumulate(np.arange(ticks) + error) - np.arange(ticks)


def test_a_clip_in_sync_is_left_alone() -> None:
    choice = choose(scene.scene(np.zeros(250, np.intp)))
    assert choice.plan.changes_nothing


@pytest.mark.parametrize("error", [-6, -1, 3, 8])
def test_a_constant_error_is_one_offset_of_the_whole_clip(error: int) -> None:
    choice = choose(scene.scene(np.full(250, error)))
    assert choice.plan.line == Line(-error)
    place = np.arange(250)
    assert (
        (place + choice.plan.offset_ticks >= 0) & (place + choice.plan.offset_ticks < 250)
    ).all()


@pytest.mark.parametrize("slope", [-0.03, 0.01, 0.03, 29.97 / 25 - 1])
def test_a_drift_is_found_at_its_rate(slope: float) -> None:
    networks = scene.scene(drift(slope, 300))
    choice = choose(networks)
    assert choice.plan.line is not None
    # The picture of i comes at the tick j with (1 + slope) j = i.
    assert choice.plan.line.slope == pytest.approx(1 / (1 + slope) - 1, abs=0.004)
    left = residual_ticks(drift(slope, 300), choice.plan.offset_ticks)
    assert np.abs(left)[:200].mean() < 0.8


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_known_rate_is_told_in_three_seconds(seed: int) -> None:
    networks = scene.scene(drift(29.97 / 25 - 1, 75), seed=seed, noise=1.0)
    choice = choose(networks)
    assert choice.plan.line is not None
    assert choice.plan.line.slope == pytest.approx(25 / 29.97 - 1, abs=0.002)


def test_a_long_drift_is_followed_beyond_the_reach_of_an_offset() -> None:
    """A clip of two minutes whose end is 60 ticks out, four times the reach of an offset."""
    (network,) = scene.scene(drift(0.02, 3000), roles=1)
    line = find_line(network.audio, network.video, network.counts, 16, 0)
    assert line is not None
    assert line.slope == pytest.approx(1 / 1.02 - 1, abs=0.0004)


def test_local_slips_are_mended_and_the_rest_stays() -> None:
    error = slips(250)
    choice = choose(scene.scene(error))
    left = residual_ticks(error, choice.plan.offset_ticks)
    assert np.abs(left).mean() < 0.4 * np.abs(error).mean()
    assert (choice.plan.offset_ticks[:45] == 0).all()
    assert choice.plan.line is None


def test_slips_about_an_offset() -> None:
    error = slips(250) + 5
    choice = choose(scene.scene(error))
    assert np.abs(residual_ticks(error, choice.plan.offset_ticks))[10:-10].mean() < 0.6


def test_an_offset_that_is_not_proven_alone_is_tried_with_the_path_about_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight ticks away no path about 0 comes near."""
    proven = choosing.better

    def refuse_offset(old: Candidate, new: Candidate) -> tuple[bool, list[str]]:
        taken, told = proven(old, new)
        return taken and new.name != "offset", told

    monkeypatch.setattr(choosing, "better", refuse_offset)
    error = slips(250) + 8
    choice = choose(scene.scene(error))
    assert choice.plan.line is None
    assert np.abs(residual_ticks(error, choice.plan.offset_ticks))[10:-15].mean() < 0.6


def test_a_judge_that_sees_no_gain_is_obeyed() -> None:
    choice = choose(scene.scene(slips(250) + 5, unrelated_judge=True))
    assert choice.plan.changes_nothing
    assert not choice.tried.changes_nothing
    assert any("judge" in reason and "no proof" in reason for reason in choice.reasons)


def test_force_takes_what_the_chooser_finds() -> None:
    networks = scene.scene(np.full(250, 5), unrelated_judge=True)
    speech = np.ones(250, bool)
    choice = choose_plan(networks, lambda: MEL, speech, RetimeOptions(), force=True)
    assert (choice.plan.offset_ticks[20:-20] == -5).mean() > 0.9


def test_strategy_global_moves_the_whole_clip_alone() -> None:
    choice = choose(scene.scene(slips(250) + 5), strategy="global")
    assert choice.plan.line is not None


def test_nobody_speaks_nothing_moves() -> None:
    networks = scene.scene(slips(250), speech=np.zeros(250, bool))
    assert choose(networks).plan.changes_nothing


def test_a_rehearsal_is_the_embedding_of_the_retimed_pictures() -> None:
    error = slips(250)
    (seen,) = scene.scene(error, roles=1)
    plan = np.zeros(250, np.intp)
    plan[100:150], plan[150:200] = 2, 1
    order = np.arange(250) + plan
    whole = seen.network.embedder.embed_video(seen.pictures[order])
    part = rehearse(seen.network.embedder, seen.pictures, seen.video, plan)
    np.testing.assert_allclose(part, whole, atol=1e-6)
