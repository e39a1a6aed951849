"""How a decoded picture is turned to stand upright, and back: the container's display matrix."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_UNIT = 1 << 16
IDENTITY = (_UNIT, 0, 0, 0, _UNIT, 0, 0, 0, 1 << 30)


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways a picture can lie: transpose first, then mirror left-right, up-down."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, matrix: Sequence[int] | None) -> Orientation:
        """The nearest of the eight to a display matrix of 9 fixed-point numbers.

        The matrix maps (x, y) to (a·x + c·y, b·x + d·y) with a, b = m[0], m[1]; c, d = m[3], m[4].
        """
        if matrix is None:
            return cls()
        a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Stored to upright: [h, w, ...] to [h, w, ...] or [w, h, ...], contiguous."""
        if self.transpose:
            image = image.swapaxes(0, 1)
        return np.ascontiguousarray(image[self._mirror()])

    def undo(self, image: np.ndarray) -> np.ndarray:
        """Upright to stored: the inverse of `apply`."""
        image = image[self._mirror()]
        if self.transpose:
            image = image.swapaxes(0, 1)
        return np.ascontiguousarray(image)

    def _mirror(self) -> tuple[slice, slice]:
        return slice(None, None, -1 if self.flip_y else 1), slice(
            None, None, -1 if self.flip_x else 1
        )


def unpack_matrix(data: bytes) -> tuple[int, ...] | None:
    """The 9 numbers of ffmpeg's DISPLAYMATRIX side data; None when it says nothing."""
    if len(data) < 36:
        return None
    matrix = struct.unpack("=9i", data[:36])
    return None if matrix == IDENTITY or not any(matrix[:5]) else matrix


def rotation_degrees(matrix: Sequence[int] | None) -> int:
    """Clockwise turn, 0 to 359, of the picture's x axis on the way to the screen."""
    if matrix is None:
        return 0
    return round(math.degrees(math.atan2(matrix[1], matrix[0]))) % 360
