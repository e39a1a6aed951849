"""Cuts are found where one shot is joined to another, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncfix.clip import read_frames
from syncfix.clip.cuts import mark_cuts
from syncfix.clip.shots import inside_shots, shot_limits, spans_cut

Frames = list[np.ndarray]
HEIGHT, WIDTH = 90, 160


def shot(seed: int, count: int, speed: float = 0.5) -> Frames:
    """A room, a head that moves by `speed` pixels a frame, and the noise of a camera."""
    random = np.random.default_rng(seed)
    room = cv2.resize(random.uniform(0, 255, (5, 8, 3)), (WIDTH, HEIGHT), interpolation=2)
    room = np.clip(room, 20, 235)
    skin = random.uniform(60, 220, 3)
    phase = random.uniform(0, 6)
    frames = []
    for k in range(count):
        picture = room.copy()
        # There and back over 100 pixels, however fast.
        along = abs((phase * 20 + speed * k) % 200 - 100)
        cv2.ellipse(picture, ((30 + along, 45), (36, 50), 0), skin.tolist(), -1)
        picture += random.normal(0, 3, picture.shape)
        frames.append(np.clip(picture, 0, 255).astype(np.uint8))
    return frames


def cuts_of(frames: Sequence[np.ndarray]) -> list[int]:
    marked = list(mark_cuts(enumerate(frames)))
    assert [m.key for m in marked] == list(range(len(frames)))
    assert all(m.bgr is frame for m, frame in zip(marked, frames, strict=True))
    return [m.key for m in marked if m.begins]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(7, 20), min_size=1, max_size=4))
def test_joined_shots_are_parted_where_they_were_joined(seed: int, lengths: list[int]) -> None:
    frames = [f for k, n in enumerate(lengths) for f in shot(seed * 10 + k, n)]
    assert cuts_of(frames) == np.cumsum(lengths)[:-1].tolist()


def test_a_shot_of_one_frame_at_the_start_is_left_out_of_the_next() -> None:
    assert cuts_of(shot(1, 1) + shot(2, 30)) == [1]


@pytest.mark.parametrize("speed", [3, 8, 15, 30])
def test_a_fast_head_is_no_cut(speed: float) -> None:
    assert cuts_of(shot(3, 60, speed)) == []


@pytest.mark.parametrize("speed", [40, 80])
def test_a_head_that_starts_and_stops_at_once_is_no_cut(speed: float) -> None:
    still, fast = shot(4, 20, 0.0), shot(4, 4, speed)
    assert cuts_of([*still, *fast, *still]) == []


@pytest.mark.parametrize("speed", [4, 20, 60])
def test_a_whipped_camera_is_no_cut(speed: int) -> None:
    street = np.random.default_rng(14).uniform(20, 235, (5, 200, 3))
    wide = cv2.resize(street, (200 * 20, HEIGHT), interpolation=cv2.INTER_CUBIC)
    places = np.cumsum([0] * 15 + [speed] * 20 + [0] * 15)
    frames = [np.clip(wide[:, x : x + WIDTH], 0, 255).astype(np.uint8) for x in places]
    assert cuts_of(frames) == []


@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize("gain", [0.0, 2.5, 20.0])
def test_a_flash_is_no_cut(length: int, gain: float) -> None:
    frames = shot(5, 40)
    for k in range(20, 20 + length):
        frames[k] = np.clip(frames[k] * gain + (60 if gain else 0), 0, 255).astype(np.uint8)
    assert cuts_of(frames) == []


@pytest.mark.parametrize("length", [6, 12, 25])
def test_a_fade_through_black_is_one_cut_at_most(length: int) -> None:
    first, second = shot(6, 40), shot(7, 40)
    for k in range(length):
        share = (k + 1) / length
        first[40 - length + k] = (first[40 - length + k] * (1 - share)).astype(np.uint8)
        second[k] = (second[k] * share).astype(np.uint8)
    assert len(cuts_of(first + second)) <= 1


@pytest.mark.parametrize("length", [6, 12, 25])
def test_a_dissolve_is_one_cut_at_most(length: int) -> None:
    first, second = shot(8, 40), shot(9, 40)
    mixed = [
        cv2.addWeighted(a, 1 - (k + 1) / (length + 1), b, (k + 1) / (length + 1), 0)
        for k, (a, b) in enumerate(zip(first[-length:], second[:length], strict=True))
    ]
    assert len(cuts_of(first[:-length] + mixed + second[length:])) <= 1


def test_held_pictures_are_no_cuts() -> None:
    """12 pictures a second in a file of 25: every other jump is nothing."""
    frames = shot(10, 40, 6.0)
    assert cuts_of([f for f in frames for _ in range(2)]) == []


def test_a_cut_to_black_and_back_to_another_shot_is_a_cut() -> None:
    black = [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 10
    assert cuts_of(shot(11, 20) + black + shot(12, 20)) == [20, 30]


def test_no_frames_and_one_frame() -> None:
    assert cuts_of([]) == []
    assert cuts_of(shot(13, 1)) == []


@pytest.mark.shared
def test_real_clips_are_parted_where_a_viewer_sees_a_cut(shared: Path) -> None:
    seen = {
        "clips/demo2_video.mp4": [],
        "talkers/train/1b25fd2a9f.mp4": [6, 79],
        "talkers/train/9ee625fb23.mp4": [22, 137],
        "talkers/train/fcebac0454.mp4": [5],
        "talkers/val/8c3d76538c.mp4": [],  # a head that jerks
        "talkers/train/8c692c9a13.mp4": [],  # a head that turns fast before a blurred park
    }
    for name, cuts in seen.items():
        frames = ((f.index, f.upright_bgr()) for f in read_frames(shared / name))
        assert [m.key for m in mark_cuts(frames) if m.begins] == cuts, name


cut_lists = st.lists(st.integers(1, 59), max_size=5, unique=True).map(
    lambda cuts: np.array(sorted(cuts), dtype=np.intp)
)


@given(cut_lists)
def test_limits_hold_each_tick_and_no_cut(cuts: np.ndarray) -> None:
    first, last = shot_limits(cuts, 60)
    place = np.arange(60)
    assert ((first <= place) & (place <= last)).all()
    for cut in cuts:
        assert last[cut - 1] == cut - 1
        assert first[cut] == cut


@given(cut_lists, st.integers(1, 20))
def test_windows_that_span_a_cut_are_told(cuts: np.ndarray, length: int) -> None:
    starts = np.arange(60 - length + 1)
    first, _ = shot_limits(cuts, 60)
    wanted = [len(set(first[s : s + length].tolist())) > 1 for s in starts]
    assert spans_cut(starts, length, cuts).tolist() == wanted


@given(cut_lists, st.lists(st.integers(-9, 9), min_size=60, max_size=60))
def test_offsets_are_held_inside_their_shot(cuts: np.ndarray, offsets: list[int]) -> None:
    held = inside_shots(np.array(offsets), cuts)
    first, _ = shot_limits(cuts, 60)
    place = np.arange(60)
    assert (first[place + held] == first).all()
    same = first[np.clip(place + offsets, 0, 59)] == first
    clipped = np.clip(place + offsets, 0, 59) - place
    assert (held[same] == clipped[same]).all()


def test_cuts_out_of_order_are_an_error() -> None:
    for cuts in ([5, 3], [0], [60], [4, 4]):
        with pytest.raises(ValueError, match="increase"):
            shot_limits(np.array(cuts), 60)
