"""Faces in a picture, by dlib's detector on a reduced copy."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from syncfix.face.landmarks import Box

__all__ = ["SAME_FACE_OVERLAP", "FaceDetector", "overlap"]

# The detector finds faces of 80 pixels and more. A large face is found on a small copy, quickly;
# a speaker seen from head to foot only on a larger one, which is searched if the first shows none.
_REDUCED_SIDES_PX = (400, 800, 1600)
_MOST_ENLARGED = 2.0
# From this size on a copy on, a face is found there for sure.
_SURE_SIDE_PX = 120.0
_SCORE = 0.0
# Two boxes of one face, a few frames apart, have at least so much in common.
SAME_FACE_OVERLAP = 0.3
# What is searched for a face again: so many of its sides on either side of it.
_SURROUNDINGS = 0.75
# Cells of 8 pixels, on the copy and on the next one of dlib's pyramid, which is 5/6 of it.
_GRID_PX = 48


class FaceDetector:
    """dlib's frontal detector (HOG and a sliding window), for the pictures of a clip in turn.

    Where the last picture's face was found on a larger copy only, the smaller ones are not
    searched in vain for the next one.
    """

    def __init__(self) -> None:
        self._detector = _detector()
        self._scales: list[float] = []
        self._least_scale = 0.0

    def __call__(self, gray: NDArray[np.uint8], *, every_size: bool = False) -> list[Box]:
        """Boxes of the faces in ``gray`` ``[h, w]``, in its pixels, largest first.

        Larger and larger copies are searched until one shows a face. With ``every_size`` the
        first one is not: a large face in front must not hide smaller ones.
        """
        longer = max(gray.shape)
        sides = _REDUCED_SIDES_PX[1:] if every_size else _REDUCED_SIDES_PX
        self._scales = list(dict.fromkeys(min(side / longer, _MOST_ENLARGED) for side in sides))
        least = self._least_scale if self._least_scale in self._scales else 0.0
        for scale in self._scales:
            if scale >= least and (boxes := self._search(gray, scale)):
                return self._found(boxes, scale)
        self._least_scale = 0.0
        return []

    def again(self, gray: NDArray[np.uint8], box: Box) -> list[Box]:
        """Boxes of the faces that lie where the last picture had one, largest first.

        Only the surroundings are searched, on the copy that would be searched first: a fraction
        of the work. If there is none, there may still be one elsewhere in ``gray``.
        """
        scale = self._least_scale
        if not scale:
            return []
        margin = _SURROUNDINGS * max(box[2] - box[0], box[3] - box[1])
        # Corners on a grid of the copy: the detector's cells then lie as they do on the whole.
        step = _GRID_PX / scale
        left, top = (max(0, round((v - margin) // step * step)) for v in box[:2])
        right, bottom = (round(-(-(v + margin) // step) * step) for v in box[2:])
        boxes = [
            (a + left, b + top, c + left, d + top)
            for a, b, c, d in self._search(gray[top : max(0, bottom), left : max(0, right)], scale)
        ]
        boxes = [each for each in boxes if overlap(each, box) >= SAME_FACE_OVERLAP]
        return self._found(boxes, scale) if boxes else []

    def _found(self, boxes: list[Box], scale: float) -> list[Box]:
        """Remember where to look first for the next one."""
        boxes.sort(key=_area, reverse=True)
        side_px = float(np.sqrt(_area(boxes[0])))
        sure = [each for each in self._scales if each * side_px >= _SURE_SIDE_PX]
        self._least_scale = min([scale, *sure])
        return boxes

    def _search(self, gray: NDArray[np.uint8], scale: float) -> list[Box]:
        if scale != 1.0:
            method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
            gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=method)  # type: ignore[assignment]
        rectangles, _, _ = self._detector.run(gray, 0, _SCORE)
        return [
            (r.left() / scale, r.top() / scale, r.right() / scale, r.bottom() / scale)
            for r in rectangles
        ]


@functools.cache
def _detector() -> Any:
    # Built once a process: it takes a good part of a second.
    return dlib.get_frontal_face_detector()


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    common = _area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    together = _area(a) + _area(b) - common
    return common / together if together > 0 else 0.0
