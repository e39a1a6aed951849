"""How much a face moves is told from the picture, and a frame shown twice does not move."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import warp_faces

from syncfix.clip import SyncClock, read_timeline
from syncfix.face.follow import Largest
from syncfix.face.motion import face_motion
from syncfix.face.mouths import faces_at_ticks
from syncfix.retime.slips import find_slips

POINTS = np.array([[20, 30], [60, 90]], np.float32).repeat(34, axis=0)


def test_what_moves_outside_the_face_does_not_count() -> None:
    before = np.zeros((120, 100, 3), np.uint8)
    after = before.copy()
    after[:25] = 255
    after[:, 70:] = 255
    assert face_motion(before, after, POINTS) == 0.0
    after[:] = 10
    assert face_motion(before, after, POINTS) == pytest.approx(10.0)


def test_a_face_out_of_the_picture_and_another_size_tell_nothing() -> None:
    picture = np.zeros((120, 100, 3), np.uint8)
    assert np.isnan(face_motion(picture, picture, POINTS + 200))
    assert np.isnan(face_motion(picture[:-2], picture, POINTS))


def _motion_of(path: Path) -> np.ndarray:
    timeline = read_timeline(path)
    clock = SyncClock(timeline.pts_seconds, timeline.end_seconds)
    seen = faces_at_ticks(path, clock, warp_faces.model(), Largest())
    return np.array([each.motions[0] for each in seen])


def test_a_repeat_stands_still_and_missing_frames_jump(tmp_path: Path) -> None:
    portrait, _ = warp_faces.portrait()
    # The head goes 3 px a frame; at 8 and 9 it stands still, before 16 three frames are missing.
    steps = [3] * 24
    steps[0], steps[8], steps[9], steps[16] = 0, 0, 0, 12
    shown = [np.roll(portrait, int(x), axis=1) for x in np.cumsum(steps)]
    motion = _motion_of(warp_faces.write_clip(tmp_path / "clip.mp4", shown))
    assert np.isnan(motion[0]) and np.isfinite(motion[1:]).all()
    others = np.delete(motion, [0, 8, 9, 16])
    assert motion[8:10].max() < 0.1 * np.median(others)
    assert motion[16] > 2.0 * others.max()
    slips = find_slips(motion)
    assert (slips.skipping[8:10] < 0.1).all() and slips.holding[16] < 0.1
    assert (np.delete(slips.skipping, [8, 9]) > 0.9).all()
    assert (np.delete(slips.holding, 16) > 0.9).all()


def test_a_frame_that_two_ticks_show_is_no_repeat(tmp_path: Path) -> None:
    portrait, _ = warp_faces.portrait()
    shown = [np.roll(portrait, 3 * i, axis=1) for i in range(12)]
    motion = _motion_of(warp_faces.write_clip(tmp_path / "clip.mp4", shown, fps=Fraction(25, 2)))
    assert len(motion) == 24
    assert np.isnan(motion[1::2]).all() and np.isfinite(motion[2::2]).all()
    slips = find_slips(motion)
    assert (slips.skipping == 1.0).all() and (slips.holding == 1.0).all()


def test_motion_is_told_a_tick_whatever_the_frame_rate(tmp_path: Path) -> None:
    portrait, _ = warp_faces.portrait()
    ramp = np.zeros_like(portrait)
    ramp += np.arange(portrait.shape[1], dtype=np.uint8)[None, :, None] // 4
    picture = np.maximum(portrait // 2, ramp)
    # At 50 fps every second frame is shown by a tick, so what moves 1 px a frame moves 2 a tick.
    fast = [np.roll(picture, i, axis=1) for i in range(40)]
    slow = fast[::2]
    quick = _motion_of(warp_faces.write_clip(tmp_path / "fast.mp4", fast, fps=50))
    calm = _motion_of(warp_faces.write_clip(tmp_path / "slow.mp4", slow, fps=25))
    assert len(quick) == len(calm) == 20
    assert np.nanmedian(quick) == pytest.approx(np.nanmedian(calm), rel=0.1)


def test_each_shot_begins_without_a_movement(tmp_path: Path) -> None:
    portrait, _ = warp_faces.portrait()
    one = [np.roll(portrait, i, axis=1) for i in range(12)]
    other = [255 - each for each in one]
    path = warp_faces.write_clip(tmp_path / "clip.mp4", one + other + one)
    motion = _motion_of(path)
    assert np.isnan(motion[[0, 24]]).all()
