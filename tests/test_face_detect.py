"""Faces are looked for on small copies first, and not in vain where the last one was not found."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from warp_faces import portrait

from syncfix.clip.cuts import ShotFrame
from syncfix.face.boxes import boxes_of
from syncfix.face.detect import FaceDetector
from syncfix.face.follow import Follower, Largest, Nearest, Several
from syncfix.face.landmarks import Box


class Pictured(FaceDetector):
    """Finds a face of a known size where 80 pixels of it can be seen, and notes where it looked."""

    side_px: float | None = None

    def _search(self, gray: np.ndarray, scale: float) -> list[Box]:
        self.looked.append(round(scale * max(gray.shape)))
        if self.side_px is None or self.side_px * scale < 80:
            return []
        return [(10.0, 10.0, 10.0 + self.side_px, 10.0 + self.side_px)]

    def at(self, side_px: float | None) -> list[int]:
        self.looked: list[int] = []
        self.side_px = side_px
        found = self(np.zeros((1600, 900), np.uint8))
        assert bool(found) == (side_px is not None)
        return self.looked


@pytest.mark.parametrize("every_size", [False, True])
def test_no_face_is_looked_for_everywhere_each_time(every_size: bool) -> None:
    detector = Pictured()
    for _ in range(2):
        detector.looked = []
        assert detector(np.zeros((1600, 900), np.uint8), every_size=every_size) == []
        assert detector.looked == ([800, 1600] if every_size else [400, 800, 1600])


def test_small_copies_are_left_out_where_the_last_face_was_too_small_for_them() -> None:
    detector = Pictured()
    assert detector.at(200) == [400, 800]
    assert detector.at(200) == [800]
    assert detector.at(100) == [800, 1600]
    assert detector.at(100) == [1600]
    assert detector.at(170) == [1600]
    assert detector.at(170) == [1600]  # 85 pixels on the next copy are not sure enough


def test_a_face_that_has_grown_is_found_on_the_smallest_copy_again() -> None:
    detector = Pictured()
    detector.at(200)
    assert detector.at(600) == [800]
    assert detector.at(600) == [400]


def test_after_a_picture_without_a_face_all_copies_are_searched() -> None:
    detector = Pictured()
    detector.at(200)
    assert detector.at(None) == [800, 1600]
    assert detector.at(600) == [400]


class Watched(FaceDetector):
    """The real one, which notes how many pixels of the picture it looked at."""

    searched_px = 0.0

    def _search(self, gray: np.ndarray, scale: float) -> list[Box]:
        self.searched_px += gray.size
        return super()._search(gray, scale)


def gray_with_a_face(x: int, y: int) -> np.ndarray:
    """A face of 96 pixels in a picture of 1080 x 640, its portrait's corner at (x, y)."""
    picture = np.full((640, 1080), 90, np.uint8)
    face = cv2.cvtColor(portrait()[0], cv2.COLOR_BGR2GRAY)[40:240, 40:240]
    picture[y : y + 200, x : x + 200] = face
    return picture


@pytest.mark.parametrize(("x", "y"), [(400, 200), (0, 0), (880, 440)])
def test_a_face_is_found_again_where_it_was_by_looking_there_alone(x: int, y: int) -> None:
    detector = Watched()
    gray = gray_with_a_face(x, y)
    (box,) = detector(gray)
    for move in (0, 24):
        moved = np.roll(gray, -move if x else move, axis=1)
        detector.searched_px = 0
        (again,) = detector.again(moved, box)
        assert detector.searched_px < gray.size / 4
        (whole,) = detector(moved)
        np.testing.assert_allclose(again, whole, atol=5)
        assert again[0] >= 0 or x == 0


def test_a_face_elsewhere_is_not_the_one_that_was_there() -> None:
    detector = FaceDetector()
    assert detector.again(gray_with_a_face(400, 200), (440, 240, 540, 340)) == []  # none found yet
    (box,) = detector(gray_with_a_face(400, 200))
    assert detector.again(gray_with_a_face(480, 200), box) == []
    assert detector.again(gray_with_a_face(800, 200), box) == []
    assert detector.again(gray_with_a_face(400, 200), box) != []


@pytest.mark.parametrize("follower", [Largest(), Nearest(500, 300), Several(2)])
def test_frames_show_the_same_face_whether_it_is_looked_for_nearby_or_everywhere(
    follower: Follower,
) -> None:
    """It walks, is gone, and is back."""
    places = [(300 + 6 * k, 200) for k in range(15)] + [(-1, -1)] * 10 + [(440, 180)] * 11
    pictures = [
        np.full((640, 1080), 90, np.uint8) if x < 0 else gray_with_a_face(x, y) for x, y in places
    ]
    frames = [
        ShotFrame(k, cv2.cvtColor(p, cv2.COLOR_GRAY2BGR), False) for k, p in enumerate(pictures)
    ]

    class Thorough(FaceDetector):
        def again(self, gray: np.ndarray, box: Box) -> list[Box]:
            return []

    found = []
    for detector in (FaceDetector(), Thorough()):
        follower.restart()
        found.append([b[0] for group in boxes_of(frames, detector, follower) for _, b in group])
    assert [box is None for box in found[0]] == [box is None for box in found[1]]
    for near, whole in zip(*found, strict=True):
        if near is not None:
            np.testing.assert_allclose(near, whole, atol=11)  # a cell of the copy's
    assert found[0][0] is not None and found[0][-1] is not None and found[0][20] is None
