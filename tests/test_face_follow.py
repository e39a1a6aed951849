"""Which face is followed, from one searched frame to the next."""

from __future__ import annotations

import numpy as np
import pytest

from syncfix.clip import SyncClock
from syncfix.errors import InputError
from syncfix.face.choice import FacePath, face_choice, frame_follower, tick_follower
from syncfix.face.follow import Guided, Largest, Nearest, Several
from syncfix.face.landmarks import Box


def box(x: float, y: float = 100.0, width: float = 80.0) -> Box:
    return (x - width / 2, y - width / 2, x + width / 2, y + width / 2)


LEFT, RIGHT = box(100, width=100), box(400)


def test_largest_stays_with_its_face_when_another_grows() -> None:
    follower = Largest()
    assert follower.assign([LEFT, RIGHT], 0) == [LEFT]
    near = box(400, width=200)
    assert follower.assign([near, LEFT], 5) == [LEFT]
    follower.restart()
    assert follower.assign([near, LEFT], 10) == [near]


def test_nearest_is_chosen_where_a_shot_begins_and_then_followed() -> None:
    follower = Nearest(390, 110)
    assert follower.assign([LEFT, RIGHT], 0) == [RIGHT]
    # It walks off, a step at a time, and the other one comes to the point.
    for step in range(1, 8):
        moved = box(400 + 40 * step)
        assert follower.assign([box(390), moved] if step > 4 else [LEFT, moved], step) == [moved]


def test_nearest_shows_no_face_rather_than_another_ones() -> None:
    follower = Nearest(390, 110)
    follower.assign([LEFT, RIGHT], 0)
    assert follower.assign([LEFT], 5) == [None]
    assert follower.assign([], 10) == [None]
    assert follower.assign([LEFT, RIGHT], 15) == [RIGHT]


def test_guided_follows_the_path_and_rests_where_there_is_none() -> None:
    path = np.array([[100, 100], [np.nan, np.nan], [410, 105], [700, 100]], float)
    follower = Guided(path)
    assert follower.assign([LEFT, RIGHT], 0) == [LEFT]
    assert follower.assign([LEFT, RIGHT], 1) == [None]
    assert follower.assign([LEFT, RIGHT], 2) == [RIGHT]
    assert follower.assign([LEFT, RIGHT], 3) == [None]
    assert follower.assign([LEFT, RIGHT], 4) == [None]


def test_several_keep_their_places() -> None:
    follower = Several(3)
    assert follower.assign([LEFT, RIGHT], 0) == [LEFT, RIGHT, None]
    assert follower.assign([RIGHT], 5) == [None, RIGHT, None]
    third = box(250, 300)
    assert follower.assign([RIGHT, third, LEFT], 10) == [LEFT, RIGHT, third]
    assert follower.assign([box(600), LEFT, RIGHT], 15) == [LEFT, RIGHT, None]  # no place is left
    follower.restart()
    assert follower.assign([RIGHT], 20) == [RIGHT, None, None]


def test_a_single_face_that_is_back_elsewhere_keeps_its_place() -> None:
    follower = Several(2)
    follower.assign([LEFT], 0)
    assert follower.assign([], 5) == [None, None]
    assert follower.assign([RIGHT], 10) == [RIGHT, None]


def test_choices_are_read() -> None:
    assert face_choice("largest") == "largest"
    assert face_choice("speaking") == "speaking"
    assert face_choice("320,180.5") == (320.0, 180.5)
    assert face_choice((3, 4), (640, 360)) == (3.0, 4.0)


@pytest.mark.parametrize("wanted", ["", "left", "1", "1,2,3", "a,b", "nan,1", "inf,0", "1;2"])
def test_other_words_are_refused(wanted: str) -> None:
    with pytest.raises(InputError, match="no such face"):
        face_choice(wanted)


@pytest.mark.parametrize("wanted", ["640,10", "10,360", "-1,10"])
def test_a_point_outside_the_picture_is_refused(wanted: str) -> None:
    with pytest.raises(InputError, match="outside the picture"):
        face_choice(wanted, (640, 360))


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
def test_a_path_on_ticks_is_met_by_the_frames_of_any_rate(fps: float) -> None:
    times = np.arange(round(4 * fps) + 1) / fps
    clock = SyncClock(times[:-1], times[-1])
    # A face that moves by 3 pixels a tick.
    centres = np.stack([100 + 3.0 * np.arange(clock.tick_count), np.full(clock.tick_count, 50)], 1)
    path = FacePath(centres)
    for frame in range(clock.frame_count):
        there = box(100 + 75 * times[frame], 50)
        assert frame_follower(path, clock).assign([there], frame) == [there]
        away = box(100 + 75 * times[frame] + 100, 50)
        assert frame_follower(path, clock).assign([away], frame) == [None]
    for number, frame in enumerate(np.unique(clock.tick_to_frame)):
        there = box(100 + 75 * times[frame], 50)
        assert tick_follower(path, clock).assign([there], number) == [there]
