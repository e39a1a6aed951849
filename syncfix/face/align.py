"""The aligned lower half of a face, as StableSyncNet sees it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HALF_HEIGHT_PX",
    "HALF_WIDTH_PX",
    "anchors",
    "half_matrix",
    "lower_half",
    "similarity",
]

HALF_HEIGHT_PX = 128
HALF_WIDTH_PX = 256
_FACE_PX = 256
_CANVAS_WIDTH_PX = 210
_CANVAS_HEIGHT_PX = 280
_CUT_FACE_ROWS = 96
_CUT_CANVAS_ROWS = _CUT_FACE_ROWS * _CANVAS_HEIGHT_PX // _FACE_PX
_BACKGROUND = 127
# Left brow, right brow, nose centre on LatentSync's canvas.
_TEMPLATE = 2.8 * np.array([(17, 20), (58, 20), (37.5, 40)], dtype=np.float64)


def anchors(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Left brow, right brow and nose centre ``[..., 3, 2]`` of 68 landmarks ``[..., 68, 2]``."""
    points = np.asarray(landmarks, dtype=np.float64)
    return np.stack(
        [
            points[..., 17:22, :].mean(axis=-2),
            points[..., 22:27, :].mean(axis=-2),
            # A stand-in for the nose centre of the released pipeline's 106 points.
            points[..., [29, 30, 31, 35], :].mean(axis=-2),
        ],
        axis=-2,
    )


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The similarity transform that best takes ``source`` to ``target``.

    Rotation by SVD (Kabsch), scale from the two standard deviations, as LatentSync does.

    Args:
        source, target: ``[n, 2]`` points.

    Returns:
        ``[2, 3]``, for ``cv2.warpAffine``.
    """
    source = np.asarray(source, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_std = max(float((source - source_mean).std()), 1e-9)
    target_std = float((target - target_mean).std())
    u, _, vt = np.linalg.svd(((source - source_mean) / source_std).T @ (target - target_mean))
    flip = np.diag([1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
    rotation = (u @ flip @ vt).T
    linear = rotation * (target_std / source_std)
    return np.hstack([linear, (target_mean - linear @ source_mean)[:, None]])


def half_matrix(
    landmarks: NDArray[np.floating], width_px: int, height_px: int
) -> NDArray[np.float64]:
    """From the picture to an aligned lower half of some size, ``[2, 3]``.

    `lower_half` shrunk to that size looks the same but for the filters.
    """
    matrix = similarity(anchors(landmarks), _TEMPLATE)
    scale = np.array([width_px / _CANVAS_WIDTH_PX, 2 * height_px / _CANVAS_HEIGHT_PX])
    matrix = matrix * scale[:, None]
    # Pixel centres: x' + ½ = scale · (x + ½).
    matrix[:, 2] += (scale - 1) / 2 - (0, height_px)
    return matrix


def lower_half(bgr: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Cut the aligned lower half of a face.

    Args:
        bgr: the upright picture ``[h, w, 3]``.
        landmarks: ``[68, 2]`` (x, y in pixels of ``bgr``).

    Returns:
        RGB ``[128, 256, 3]``.
    """
    matrix = similarity(anchors(landmarks), _TEMPLATE)
    canvas = cv2.warpAffine(
        bgr,
        matrix,
        (_CANVAS_WIDTH_PX, _CANVAS_HEIGHT_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(_BACKGROUND, _BACKGROUND, _BACKGROUND),
    )
    # Only what is kept is enlarged, and some more, as the filter looks around: 35 rows of the
    # canvas become 32 of the face, so the rest comes out as it would of the whole.
    rest = (_FACE_PX, _FACE_PX - _CUT_FACE_ROWS)
    face = cv2.resize(canvas[_CUT_CANVAS_ROWS:], rest, interpolation=cv2.INTER_LANCZOS4)
    return cv2.cvtColor(face[-HALF_HEIGHT_PX:], cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
