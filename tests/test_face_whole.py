"""The whole face is cut only where it is asked for, and where the landmarks say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import warp_faces

from syncfix.clip import SyncClock, read_timeline
from syncfix.face import mouths
from syncfix.face.mouths import mouths_at_ticks
from syncfix.face.whole import face_square, whole_face


def square_landmarks() -> np.ndarray:
    """A face 100 px wide, brows at y = 150, chin at y = 250, about x = 200."""
    points = np.full((68, 2), 200.0)
    points[:17, 0] = np.linspace(150, 250, 17)
    points[:17, 1] = 250 - 80 * np.abs(np.linspace(-1, 1, 17))
    points[17:27, 1] = 150
    return points


def test_the_square_goes_from_the_hairline_to_below_the_chin() -> None:
    # Hairline 100, chin 250: half a box is 75, and its middle lies at (200, 175).
    left, top, side = face_square(square_landmarks())
    assert side == pytest.approx(2.8 * 75)
    assert top == pytest.approx(100)
    assert left + side / 2 == pytest.approx(200)


def test_pixels_keep_their_place_and_colour() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[170:181, 195:206] = (255, 0, 0)  # blue, about (200, 175)
    face = whole_face(picture, square_landmarks())
    assert face.shape == (224, 224, 3)
    rows, columns = np.nonzero(face[..., 2] > 128)
    assert columns.mean() == pytest.approx(111.9, abs=0.6)
    assert rows.mean() == pytest.approx((175.5 - 100) * 224 / 210 - 0.5, abs=0.6)
    assert not face[..., 0].any()


def test_outside_the_picture_it_is_gray() -> None:
    face = whole_face(np.zeros((200, 210, 3), np.uint8), square_landmarks())
    assert (face[-1] == 110).all() and (face[:, -1] == 110).all()
    assert (face[:50, :50] == 0).all()


def test_nobody_asks_and_nothing_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portrait, _ = warp_faces.portrait()
    clip = warp_faces.write_clip(tmp_path / "clip.mp4", [portrait] * 6)
    timeline = read_timeline(clip)
    clock = SyncClock(timeline.pts_seconds, timeline.end_seconds)
    calls: list[int] = []
    monkeypatch.setattr(mouths, "whole_face", lambda *a: calls.append(1) or whole_face(*a))
    model = warp_faces.model()
    plain = list(mouths_at_ticks(clip, clock, model))
    assert not calls and all(mouth.face is None for mouth in plain)
    asked = list(mouths_at_ticks(clip, clock, model, faces=True))
    assert len(calls) == 6
    for one, other in zip(plain, asked, strict=True):
        assert other.face is not None and other.face.shape == (224, 224, 3)
        assert one.half is not None and (one.half == other.half).all()
