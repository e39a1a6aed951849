"""The whole face, upright and unaligned, as the original SyncNet sees it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["FACE_PX", "face_square", "whole_face"]

FACE_PX = 224
_BACKGROUND = 110
# The picture is a square of 2.8 half boxes: 1 above the box's middle and 1.8 below it.
_MARGIN = 0.4
# A face box reaches to the hairline, landmarks only to the brows: by the rule of thirds the
# forehead is half as high as what lies between brows and chin.
_FOREHEAD = 0.5


def face_square(landmarks: NDArray[np.floating]) -> tuple[float, float, float]:
    """Left, top and side, in pixels, of the square that is cut.

    SyncNet's own pipeline puts it about a detector's box, which landmarks stand in for here.

    Args:
        landmarks: ``[68, 2]``, x and y in pixels.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    chin, brows = float(points[:17, 1].max()), float(points[17:27, 1].min())
    top = brows - _FOREHEAD * (chin - brows)
    width = float(np.ptp(points[:17, 0]))
    half = max(chin - top, width, 2.0) / 2
    x = float(points[:17, 0].min()) + width / 2
    y = (top + chin) / 2
    return x - half * (1 + _MARGIN), y - half, 2 * half * (1 + _MARGIN)


def whole_face(bgr: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Cut the face with its surroundings.

    Args:
        bgr: the upright picture ``[h, w, 3]``.
        landmarks: ``[68, 2]`` (x, y in pixels of ``bgr``).

    Returns:
        RGB ``[224, 224, 3]``; what lies outside the picture is gray.
    """
    left, top, side = face_square(landmarks)
    scale = FACE_PX / side
    # Pixel centres lie at halves: the square's corner goes to the picture's corner.
    matrix = np.array(
        [
            [scale, 0.0, (0.5 - left) * scale - 0.5],
            [0.0, scale, (0.5 - top) * scale - 0.5],
        ]
    )
    face = cv2.warpAffine(
        bgr,
        matrix,
        (FACE_PX, FACE_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(_BACKGROUND, _BACKGROUND, _BACKGROUND),
    )
    return np.ascontiguousarray(face[:, :, ::-1])
