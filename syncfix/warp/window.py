"""What has to be held of a clip while its frames get each other's mouths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.warp.place import inter_ocular
from syncfix.warp.result import Box

_MARGIN = 0.8  # of the inter-ocular distance; the mask reaches 0.3 beyond the landmarks


@dataclass(frozen=True)
class Patch:
    """The face cut out of an upright picture: all that composing looks at.

    Attributes:
        bgr: uint8 ``[h, w, 3]``, a copy.
        left, top: where it lay in the picture, in pixels.
        landmarks: float32 ``[68, 2]`` in pixels of the patch.
        covered: whether something is in front of the mouth.
    """

    bgr: NDArray[np.uint8]
    left: int
    top: int
    landmarks: NDArray[np.float32]
    covered: bool = False

    @classmethod
    def cut(
        cls,
        bgr: NDArray[np.uint8],
        landmarks: NDArray[np.float32] | None,
        covered: bool = False,
    ) -> Patch | None:
        """None where there is no face, or none of it in the picture."""
        if landmarks is None:
            return None
        margin = _MARGIN * inter_ocular(landmarks)
        box = Box.around(landmarks, margin, bgr.shape)
        if box is None:
            return None
        shift = np.array([box.left, box.top], np.float32)
        return cls(bgr[box.slices].copy(), box.left, box.top, landmarks - shift, covered)


class Sources:
    """The patches that later frames may still ask for, and no others.

    These are each one's source, and the frames between it and its source.

    Args:
        source_of: int ``[n]``, which frame's mouth each frame gets.
    """

    def __init__(self, source_of: NDArray[np.integer]) -> None:
        self._last_use: dict[int, int] = {}
        for frame, source in enumerate(source_of.tolist()):
            step = 1 if source > frame else -1
            for between in range(source, frame, -step):
                self._last_use[between] = frame
        self._held: dict[int, Patch | None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def wants(self, frame: int) -> bool:
        """Whether any frame may get this one's mouth."""
        return frame in self._last_use

    def hold(self, frame: int, patch: Patch | None) -> None:
        self._held[frame] = patch

    def __getitem__(self, frame: int) -> Patch | None:
        return self._held[frame]

    def done(self, frame: int) -> None:
        """All frames up to this one are out: forget what was only for them."""
        for source in [s for s in self._held if self._last_use[s] <= frame]:
            del self._held[source]
