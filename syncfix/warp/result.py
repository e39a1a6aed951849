"""What a warp of one frame gives: a new box of pixels, or a reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Recipe = Literal["default", "seed"]

NO_FACE_IN_TARGET = "no face in target"
NO_FACE_IN_SOURCE = "no face in source"
COVERED_TARGET = "mouth covered in target"
COVERED_SOURCE = "mouth covered in source"
HEADS_DIFFER = "heads differ too much in pose or scale"
OUTSIDE = "mouth outside the picture"
SEAM = "seam would show"
NO_GAIN = "mouths differ no more than their surroundings"


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """To cut it from a picture ``[h, w, ...]``."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    def moved(self, x: int, y: int) -> Box:
        """The same rectangle, ``x`` to the right and ``y`` down."""
        return Box(self.left + x, self.top + y, self.width, self.height)

    @classmethod
    def around(
        cls, points: NDArray[np.floating], margin: float, shape: tuple[int, ...]
    ) -> Box | None:
        """The smallest box that holds ``points`` ``[n, 2]`` and ``margin`` pixels more.

        Kept inside a picture of ``shape`` (h, w, ...); None where nothing of it is inside.
        """
        left, top = np.floor(points.min(axis=0) - margin).astype(int).tolist()
        right, bottom = np.ceil(points.max(axis=0) + margin + 1).astype(int).tolist()
        left, top = max(0, left), max(0, top)
        right, bottom = min(shape[1], right), min(shape[0], bottom)
        if right <= left or bottom <= top:
            return None
        return cls(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Composed:
    """New content for a part of a frame.

    Attributes:
        box: where, in pixels of the upright picture.
        pixels: uint8 ``[box.height, box.width, 3]`` BGR.
        mask: float32 ``[box.height, box.width]`` in 0..1, the source's share; where it is 0,
            ``pixels`` equal the target exactly.
    """

    box: Box
    pixels: NDArray[np.uint8]
    mask: NDArray[np.float32]


@dataclass(frozen=True)
class Skipped:
    """Nothing was composed, for a reason that a report can print."""

    reason: str
