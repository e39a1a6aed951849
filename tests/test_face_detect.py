"""Faces are looked for on small copies first, and not in vain where the last one was not found."""

from __future__ import annotations

import numpy as np
import pytest

from syncfix.face.detect import FaceDetector
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
