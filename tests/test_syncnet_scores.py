"""Scores mean what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncfix.syncnet.calibration import UNCALIBRATED, Calibration
from syncfix.syncnet.scores import mean_interval, offset_distances, score

OFFSETS = np.arange(-15, 16)


def unit_vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(-14, 14), st.integers(31, 80), st.sampled_from([5, 16]))
@settings(max_examples=40, deadline=None)
def test_a_known_offset_is_found_with_its_sign(offset: int, windows: int, window: int) -> None:
    """Positive: the audio leads, so what is heard at i is seen at i + offset."""
    scene = unit_vectors(windows + 40, 1)
    audio = scene[20 : 20 + windows]
    video = scene[20 - offset : 20 - offset + windows]
    distances = offset_distances(audio, video, OFFSETS, window)
    scores, curve = score(distances, np.ones(len(distances), bool), UNCALIBRATED)
    assert scores.offset_ticks == offset
    assert scores.offset_ms == 40.0 * offset
    assert scores.can_tell
    assert curve is not None
    assert curve.argmin() == offset + 15


def test_every_tick_has_a_distance_and_pairs_are_clamped_at_the_ends() -> None:
    audio, video = unit_vectors(10, 1), unit_vectors(10, 2)
    distances = offset_distances(audio, video, np.array([-3, 0, 4]), 16)
    assert distances.shape == (25, 3)
    # u[i, d] = |A(s) - V(s + d)|, s = clip(i - 8, max(0, -d), min(N - 16, N - 16 - d))
    for tick in range(25):
        for column, d in enumerate((-3, 0, 4)):
            s = int(np.clip(tick - 8, max(0, -d), min(9, 9 - d)))
            expected = np.linalg.norm(audio[s] - video[s + d])
            assert distances[tick, column] == pytest.approx(expected, abs=1e-5)


def test_an_offset_longer_than_the_clip_is_infinite_and_left_out_of_the_curve() -> None:
    audio = unit_vectors(4, 1)
    distances = offset_distances(audio, audio, OFFSETS, 16)
    assert np.isinf(distances[:, 0]).all()
    scores, curve = score(distances, np.ones(19, bool), UNCALIBRATED)
    assert scores.offset_ticks == 0
    assert curve is not None
    assert np.isnan(curve[0])


def test_too_little_speech_has_no_scores() -> None:
    scores, curve = score(np.ones((40, 31)), np.arange(40) < 11, UNCALIBRATED)
    assert curve is None
    assert scores.lse_d is None
    assert scores.offset_ticks is None
    assert not scores.can_tell


def test_unrelated_embeddings_are_not_trusted() -> None:
    distances = offset_distances(unit_vectors(80, 1), unit_vectors(80, 2), OFFSETS, 16)
    scores, _ = score(distances, np.ones(95, bool), UNCALIBRATED)
    assert not scores.can_tell
    assert scores.lse_d == pytest.approx(np.sqrt(2), abs=0.05)


def test_scores_of_a_flat_table_follow_their_definitions() -> None:
    distances = np.full((60, 31), 1.2)
    distances[:, 15] = 0.9
    distances[:, 18] = 0.6
    calibration = Calibration(sync_cosine=0.5)
    scores, _ = score(distances, np.ones(60, bool), calibration)
    assert scores.lse_d == pytest.approx(0.9)
    assert scores.lse_d_min == pytest.approx(0.6)
    assert scores.lse_c == pytest.approx(0.6)
    assert scores.cosine == pytest.approx(1 - 0.9**2 / 2)
    assert scores.sync_acc == 1.0
    assert scores.offset_ticks == 3


def test_interval_holds_the_mean_and_narrows_with_more_ticks() -> None:
    noise = np.random.default_rng(0).standard_normal(4000)
    low, high = mean_interval(noise[:200])
    assert low < noise[:200].mean() < high
    narrow_low, narrow_high = mean_interval(noise)
    assert narrow_high - narrow_low < (high - low) / 3
    assert mean_interval(noise) == (narrow_low, narrow_high)
