"""How much a face moves from one frame to the next, told from the pictures themselves."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["face_motion"]

_SIDE_PX = 64


def face_motion(
    before_bgr: NDArray[np.uint8], bgr: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> float:
    """Mean absolute difference of two frames where the face is, in gray levels (0 to 255).

    The place in the picture is compared, not the aligned face: landmarks are smoothed over time,
    so a frame that is shown twice is aligned in two ways, and looks as if it had moved.

    Args:
        before_bgr, bgr: two pictures of the same size ``[h, w, 3]``.
        landmarks: ``[68, 2]`` in the second one, (x, y) in pixels.

    Returns:
        NaN if no part of the face lies in the picture, or the sizes differ.
    """
    if before_bgr.shape != bgr.shape:
        return float("nan")
    height, width = bgr.shape[:2]
    left, top = np.maximum(0, np.floor(landmarks.min(axis=0))).astype(int)
    right, bottom = np.ceil(landmarks.max(axis=0)).astype(int) + 1
    if left >= min(right, width) or top >= min(bottom, height):
        return float("nan")
    box = (slice(top, min(bottom, height)), slice(left, min(right, width)))
    return float(cv2.absdiff(_small(before_bgr[box]), _small(bgr[box])).mean())


def _small(bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
    # Of a large face every n-th pixel will do: two by two in each small one.
    skip = max(1, min(bgr.shape[:2]) // (2 * _SIDE_PX))
    bgr = np.ascontiguousarray(bgr[::skip, ::skip])
    side = (min(_SIDE_PX, bgr.shape[1]), min(_SIDE_PX, bgr.shape[0]))
    # Coding noise averages out in the smaller picture; what moves does not.
    return cv2.resize(bgr, side, interpolation=cv2.INTER_AREA).mean(axis=2, dtype=np.float32)
