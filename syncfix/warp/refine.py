"""A placement made exact by the pixels themselves.

Landmarks jump by a pixel from frame to frame, and smoothed ones lag behind a fast head. Sparse
optical flow (Lucas and Kanade 1981, pyramids after Bouguet 2000) on nose, eyes and upper cheeks
has neither fault, once the landmarks have brought the two faces close.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.warp.blend import shrunk
from syncfix.warp.place import Placement, as_complex, complex_similarity
from syncfix.warp.result import Box

# All heads are compared at one size, so the work does not grow with the picture.
_UNIT_PX = 48  # the distance between the eyes there
_WIDTH_PX, _HEIGHT_PX = 106, 78
_LEFT_EYE = 29 + 26j  # x + iy
# Points to follow: a grid over the upper face, from above the eyes to the nose's base.
_GRID = np.stack(
    np.meshgrid(np.arange(19, 88, 9), np.arange(19, 61, 7)), axis=-1
).reshape(-1, 2).astype(np.float32)  # fmt: skip
_WINDOW_PX = 15
_LEVELS = 2
_FARTHEST_PX = 7.0  # the landmarks are not off by more; such a point was lost
_FEWEST = 12
_MEAN_PX = 25
_ENOUGH = 1.2  # of the target's energy of gradients; less is not seen, and noise does as much
_MAX_BLUR_PX = 2.5
_HALVINGS = 4


def refine(
    placement: Placement,
    source_bgr: NDArray[np.uint8],
    target_bgr: NDArray[np.uint8],
    target_landmarks: NDArray[np.floating],
) -> tuple[Placement, float]:
    """The placement corrected by what the flow finds; as it was where too little is found.

    And how much the target's head is blurred (by motion, mostly) where the source's is sharp, as
    the width of a Gaussian in inter-ocular distances: `missing_blur`.
    """
    to_small = _canonical(target_landmarks)
    target = _small_gray(target_bgr, to_small)
    source = _small_gray(source_bgr, to_small @ _square(placement.matrix))
    blur = missing_blur(source, target)
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        source,
        target,
        _GRID,
        _GRID.copy(),  # only a place for the answer: without a flag it is no first guess
        winSize=(_WINDOW_PX, _WINDOW_PX),
        maxLevel=_LEVELS,
        criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.01),
    )
    moved = np.hypot(*(found - _GRID).T)
    good = (status[:, 0] > 0) & (moved < _FARTHEST_PX)
    if good.sum() < _FEWEST:
        return placement, blur
    correction = _robust(_GRID[good].astype(np.float64), found[good].astype(np.float64))
    matrix = np.linalg.inv(to_small) @ _square(correction) @ to_small @ _square(placement.matrix)
    return replace(placement, matrix=matrix[:2]), blur


def missing_blur(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> float:
    """The Gaussian that takes a sharper source's gradients down to the target's.

    Of two small faces as `refine` compares them: upper faces, whose sharpness no speech changes.

    Returns:
        Its width as a share of the inter-ocular distance; 0 where the source is no sharper.
    """
    wanted = _ENOUGH * _gradients(target)
    low, high = 0.0, _MAX_BLUR_PX
    if _gradients(source) <= wanted:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _gradients(cv2.GaussianBlur(source, (0, 0), middle)) > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2 / _UNIT_PX


def _gradients(gray: cv2.typing.MatLike) -> float:
    across = cv2.norm(gray[:, 2:], gray[:, :-2], cv2.NORM_L2SQR)
    return across + cv2.norm(gray[2:], gray[:-2], cv2.NORM_L2SQR)


def _robust(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """A similarity ``[2, 3]`` by reweighting: blinking lids and lost points count for little."""
    z, w = as_complex(source), as_complex(target)
    turn, shift = complex_similarity(z, w, np.ones(len(z)))
    for _ in range(4):
        off = np.abs(turn * z + shift - w)
        typical = max(float(np.partition(off, len(off) // 2)[len(off) // 2]), 0.1)
        weights = 1 / (1 + (off / (1.5 * typical)) ** 2)
        turn, shift = complex_similarity(z, w, weights)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _canonical(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """``[3, 3]``, picture to the small upright face."""
    points = np.asarray(landmarks, np.float64)
    left, right = (complex(*points[eye].mean(axis=0)) for eye in (slice(36, 42), slice(42, 48)))
    turn = _UNIT_PX / (right - left if abs(right - left) > 1e-6 else 1e-6)
    shift = _LEFT_EYE - turn * left
    return np.array(
        [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0, 0, 1]]
    )


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


def _small_gray(bgr: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The canonical face, gray ``[78, 106]``, about 128 everywhere."""
    back = np.linalg.inv(matrix)
    corners = np.array([(0, 0), (_WIDTH_PX, 0), (0, _HEIGHT_PX), (_WIDTH_PX, _HEIGHT_PX)])
    box = Box.around(corners @ back[:2, :2].T + back[:2, 2], 2, bgr.shape)
    if box is None:
        return np.zeros((_HEIGHT_PX, _WIDTH_PX), np.uint8)
    gray = cv2.cvtColor(bgr[box.slices], cv2.COLOR_BGR2GRAY)
    # Averaged first where it shrinks a lot: warpAffine looks at four pixels only.
    factor = max(1, int(0.8 / np.hypot(matrix[0, 0], matrix[1, 0])))
    small = shrunk(gray, factor)
    # Pixel centres: x + ½ = left + factor · (x' + ½).
    half = (factor - 1) / 2
    grow = np.array([[factor, 0, box.left + half], [0, factor, box.top + half], [0, 0, 1]])
    local = (matrix @ grow)[:2]
    size = (_WIDTH_PX, _HEIGHT_PX)
    face = cv2.warpAffine(small, local, size, borderMode=cv2.BORDER_REPLICATE)
    # The flow takes a pixel's brightness for constant; without its local mean it nearly is.
    mean = cv2.blur(face, (_MEAN_PX, _MEAN_PX))
    return cv2.addWeighted(face, 1, mean, -1, 128)  # type: ignore[return-value]
