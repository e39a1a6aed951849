"""The proof of concept's recipe, kept as the baseline: mouth homography and Poisson cloning."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.warp.result import HEADS_DIFFER, OUTSIDE, Box, Composed, Skipped

_MOUTH = slice(48, 68)
_RIM_SCALE = 1.15
_RIM_LEVEL = 128
_BLUR_PX = 15
# seamlessClone clears the outermost pixels of the mask, so the region is cut wider than it.
_MARGIN_PX = 8


def seed_mask(mouth: NDArray[np.floating], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Hull scaled 1.15 about its centre at 128, hull at 255, Gaussian 15 × 15.

    Args:
        mouth: ``[20, 2]`` points in pixels of the mask.
        shape: (h, w).
    """
    hull = cv2.convexHull(np.asarray(mouth, np.float32))[:, 0]
    centre = hull.mean(axis=0)
    rim = centre + _RIM_SCALE * (hull - centre)
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(rim).astype(np.int32), _RIM_LEVEL)
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 255)
    return cv2.GaussianBlur(mask, (_BLUR_PX, _BLUR_PX), 0)  # type: ignore[return-value]


def compose_seed(
    target_bgr: NDArray[np.uint8],
    target_landmarks: NDArray[np.floating],
    source_bgr: NDArray[np.uint8],
    source_landmarks: NDArray[np.floating],
    strength: float = 1.0,
) -> Composed | Skipped:
    """Same pixels as on the whole frame, worked out on the mouth's region only."""
    target_mouth = np.asarray(target_landmarks, np.float64)[_MOUTH]
    source_mouth = np.asarray(source_landmarks, np.float64)[_MOUTH]
    reach = _BLUR_PX + _RIM_SCALE * float(np.ptp(source_mouth, axis=0).max()) / 2
    near = Box.around(source_mouth, reach, source_bgr.shape)
    homography, _ = cv2.findHomography(source_mouth, target_mouth, cv2.RANSAC)
    if homography is None or near is None:
        return Skipped(HEADS_DIFFER if near else OUTSIDE)
    mask = seed_mask(source_mouth - (near.left, near.top), (near.height, near.width))
    corners = np.array(
        [(near.left, near.top), (near.left + near.width, near.top),
         (near.left + near.width, near.top + near.height), (near.left, near.top + near.height)],
        np.float64,
    )  # fmt: skip
    placed_corners = cv2.perspectiveTransform(corners[None], homography)[0]
    size = 4 * reach
    if np.abs(placed_corners - target_mouth.mean(axis=0)).max() > size:
        return Skipped(HEADS_DIFFER)
    box = Box.around(placed_corners, _MARGIN_PX, target_bgr.shape)
    if box is None:
        return Skipped(OUTSIDE)
    local = _shift(-box.left, -box.top) @ homography @ _shift(near.left, near.top)
    target = target_bgr[box.slices]
    placed = cv2.warpPerspective(source_bgr[near.slices], local, (box.width, box.height))
    placed_mask = cv2.warpPerspective(mask, local, (box.width, box.height))
    placed_mask[[0, -1]] = 0
    placed_mask[:, [0, -1]] = 0
    left, top, width, height = cv2.boundingRect(placed_mask)
    if width < 4 or height < 4:
        return Skipped(OUTSIDE)
    # It puts the middle of the mask's bounding box on this point, rounding half down; it also
    # erodes and inverts the mask that it is given, so it gets a copy.
    centre = (left + width // 2, top + height // 2)
    cloned = cv2.seamlessClone(placed, target, placed_mask.copy(), centre, cv2.NORMAL_CLONE)
    share = (placed_mask / 255).astype(np.float32)
    changed = (share > 0)[..., None]
    if strength < 1:
        cloned = cv2.addWeighted(cloned, strength, target, 1 - strength, 0)
    pixels = np.where(changed, cloned, target).astype(np.uint8)
    return Composed(box, pixels, (share * strength).astype(np.float32))


def _shift(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
