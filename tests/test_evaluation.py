"""What the evaluation counts: intervals, halves, references, against embeddings of known truth."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation.halves import MOVES, halves_agree, moves_of, told_offset
from evaluation.intervals import over_clips, wilson
from evaluation.windows import (
    apart_ticks,
    pair_distances,
    references,
    valid_windows,
    whole_windows,
)


def scene(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def in_sync(windows: int, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Audio and vision of one scene; what is heard at s is seen at s + offset."""
    vectors = scene(windows + 40, 3)
    return vectors[20 : 20 + windows], vectors[20 - offset : 20 - offset + windows]


def test_wilson_is_the_published_interval() -> None:
    # Brown, Cai and DasGupta 2001 give the formula; 8 of 10 is 0.490 to 0.943.
    share = wilson([True] * 8 + [False] * 2)
    assert share.share == 0.8
    assert (share.low, share.high) == (pytest.approx(0.4902, 1e-3), pytest.approx(0.9433, 1e-3))
    assert wilson([True] * 5).high == pytest.approx(1.0)
    assert wilson([False] * 5).low == pytest.approx(0.0, abs=1e-12)
    assert wilson([]).share is None


def test_answers_of_one_clip_do_not_narrow_the_interval() -> None:
    """Ten clips, each wholly right or wholly wrong, say no more with 100 windows than with 1."""
    truth = [index % 2 == 0 for index in range(10)]
    few = over_clips([[right] for right in truth])
    many = over_clips([[right] * 100 for right in truth])
    assert (few.share, many.share) == (0.5, 0.5)
    assert (few.low, few.high) == (many.low, many.high)
    assert (many.count, many.clips) == (1000, 10)


def test_few_clips_have_no_interval() -> None:
    share = over_clips([[True] * 50, [False] * 50, []])
    assert (share.share, share.low, share.high, share.clips) == (0.5, None, None, 2)


def test_moves_are_the_clip_s_own_and_always_the_same() -> None:
    assert moves_of("a") == moves_of("a") != moves_of("b")
    every = [moves_of(str(index)) for index in range(300)]
    assert all(len(set(moves)) == MOVES for moves in every)
    assert {k for moves in every for k in moves} == set(range(-10, 11))


@pytest.mark.parametrize("window", [5, 16])
@pytest.mark.parametrize("offset", [-4, 0, 3])
@pytest.mark.parametrize("move", [-10, -1, 0, 7, 10])
def test_a_moved_half_tells_its_move(window: int, offset: int, move: int) -> None:
    audio, vision = in_sync(100 - window + 1, offset)
    counts = np.ones(100, bool)
    assert told_offset(audio, vision, counts, window, 0, 50) == offset
    assert told_offset(audio, vision, counts, window, 50, 100, move) == offset + move


@pytest.mark.parametrize("move", [-10, 0, 10])
def test_nothing_outside_a_half_is_heard_or_seen(move: int) -> None:
    """What the other half holds changes nothing."""
    window, counts = 16, np.ones(120, bool)
    audio, vision = scene(105, 1), scene(105, 2)
    told = told_offset(audio, vision, counts, window, 60, 120, move)
    other_audio, other_vision = audio.copy(), vision.copy()
    other_audio[:60], other_vision[:60] = scene(60, 5), scene(60, 6)
    assert told_offset(other_audio, other_vision, counts, window, 60, 120, move) == told
    # The first half's last windows would reach into the second.
    first = told_offset(audio, vision, counts, window, 0, 60)
    other_audio, other_vision = audio.copy(), vision.copy()
    other_audio[45:], other_vision[45:] = scene(60, 5), scene(60, 6)
    assert told_offset(other_audio, other_vision, counts, window, 0, 60) == first


def test_a_network_that_is_deaf_fails_the_split_halves() -> None:
    """An embedding of the sound that never changes: the offset cannot follow the move."""
    agree = []
    for seed in range(60):
        vision = scene(120, seed)
        audio = np.repeat(scene(1, 1000 + seed), 120, axis=0)
        agree += halves_agree(audio, vision, np.ones(135, bool), 16, moves_of(str(seed)))
    assert len(agree) == 60 * MOVES
    assert np.mean(agree) < 0.25


def test_a_network_that_tells_passes_the_split_halves() -> None:
    audio, vision = in_sync(120, 6)
    assert halves_agree(audio, vision, np.ones(135, bool), 16, (-3, 0, 8)) == (True,) * 3


def test_halves_without_speech_tell_nothing() -> None:
    audio, vision = in_sync(120, 0)
    assert halves_agree(audio, vision, np.zeros(135, bool), 16, (1, 2)) == ()
    assert told_offset(audio, vision, np.ones(135, bool), 16, 0, 30) is None


def test_only_windows_whose_shifts_all_exist_count() -> None:
    audio, vision = in_sync(40, 2)
    pairs = pair_distances(audio, vision)
    assert whole_windows(pairs, np.ones(40, bool)).tolist() == list(range(15, 25))
    assert (pairs[15:25].argmin(axis=1) == 17).all()
    assert len(whole_windows(pair_distances(audio[:30], vision[:30]), np.ones(30, bool))) == 0
    assert pairs[20, 15 + 3] == pytest.approx(np.linalg.norm(audio[20] - vision[23]), abs=1e-6)


def test_a_reference_ignores_the_windows_that_overlap() -> None:
    """The windows about window 40 are in sync elsewhere; its reference does not notice."""
    audio, vision = in_sync(100, -5)
    pairs = pair_distances(audio, vision)
    near = np.abs(np.arange(100) - 40) < 17
    pairs[near] = 2.0
    pairs[near, 15 + 9] = 0.0
    told = references(pairs, np.ones(100, bool), 17)
    assert told[40] == -5
    # With everything but itself, most windows about it would be asked too.
    assert references(pairs, near, 1)[40] == 9


def test_too_few_windows_are_no_reference() -> None:
    audio, vision = in_sync(60, 1)
    pairs = pair_distances(audio, vision)
    speech = np.ones(60, bool)
    assert (references(pairs, speech, 17)[15:45] == 1).all()
    speech[:41] = False
    assert np.isnan(references(pairs, speech, 17)[15:45]).all()


def test_windows_that_are_apart_share_neither_frame_nor_column() -> None:
    assert apart_ticks(16, 52) == 17  # 52 columns are 16.25 ticks
    assert apart_ticks(5, 16) == 5


def test_a_window_counts_with_its_face_throughout_and_speech_in_its_middle() -> None:
    speech, found = np.zeros(30, bool), np.ones(30, bool)
    speech[10:13] = True
    assert np.flatnonzero(valid_windows(speech, found, 5)).tolist() == [8, 9, 10]
    found[8] = False
    assert np.flatnonzero(valid_windows(speech, found, 5)).tolist() == [9, 10]
