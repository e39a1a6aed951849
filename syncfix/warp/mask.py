"""Which pixels come from the source: lips and chin fully, fading out over the skin around them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.warp.place import between_eyes, inter_ocular

_OUTER_LIPS = slice(48, 60)
_CHIN = slice(6, 11)
# All as shares of the inter-ocular distance.
_LIP_MARGIN = 0.08
_CORNER_MARGIN = 0.25
_NOSE_MARGIN = 0.03
_CHIN_MARGIN = 0.04
_NECK_MARGIN = 0.22
# How far the fade reaches from mouth corner (0) to jaw line (1): beside the mouth the face's
# outline and the background behind it stay the target's. Lower down the jaw's own outline moves
# with the mouth, and has to come along.
_CHEEK_REACH = 0.85
_JAW_MARGIN = 0.08
_UNDER = np.array([[0.3], [1], [1], [1], [0.3]])  # of the neck's margin, below the chin's points
# The narrowest fade, also where the core comes near to the outside: 0.15 shows twice the gradient.
FADE = 0.25
_DRAWN_SIDE_PX = 128


def core_points(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points ``[n, 2]`` whose hull the mouth fills: the lips and the tip of the chin."""
    points = np.asarray(landmarks, np.float64)
    unit = inter_ocular(points)
    lips = points[_OUTER_LIPS]
    out = lips - lips.mean(axis=0)
    lips = lips + out / np.maximum(np.hypot(*out.T), 1e-6)[:, None] * (_LIP_MARGIN * unit)
    return np.vstack([lips, points[_CHIN] + _down(points) * (_CHIN_MARGIN * unit)])


def outer_points(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points ``[n, 2]`` whose hull holds all that may change: from the nose to under the chin."""
    points = np.asarray(landmarks, np.float64)
    unit = inter_ocular(points)
    down = _down(points)
    nose = points[[31, 33, 35]] + down * (_NOSE_MARGIN * unit)
    corners = points[[48, 54]]
    left, right = corners
    middle = points[_OUTER_LIPS].mean(axis=0)
    cheeks = [
        left + _CHEEK_REACH * (points[4] - left),
        right + _CHEEK_REACH * (points[12] - right),
    ]
    under = points[6:11] + down * (_NECK_MARGIN * unit) * _UNDER
    # Where the core ends at the jaw line the fade needs room, or it would be a step.
    off = points[5:12] - middle
    jaw = points[5:12] + off / np.maximum(np.hypot(*off.T), 1e-6)[:, None] * (_JAW_MARGIN * unit)
    # A smile draws the corners up beside the nose, over the line from nose to cheek.
    aside = (corners - middle) / np.maximum(np.hypot(*(corners - middle).T), 1e-6)[:, None]
    beside = corners + (aside * _CORNER_MARGIN - down * _CORNER_MARGIN / 2) * unit
    return np.vstack([nose, cheeks, jaw, under, beside])


def face_points(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points ``[n, 2]`` whose hull is the face, and the room that a chin has to drop into."""
    points = np.asarray(landmarks, np.float64)
    unit = inter_ocular(points)
    down = _down(points)
    under = points[6:11] + down * (_NECK_MARGIN * unit) * _UNDER
    return np.vstack([points[:27], under])


def soft_mask(
    core: NDArray[np.floating],
    outer: NDArray[np.floating],
    shape: tuple[int, int],
    valid: NDArray[np.uint8] | None = None,
    *,
    within: Sequence[NDArray[np.floating]] = (),
    fade_px: float = 0.0,
) -> NDArray[np.float32]:
    """1 in the hull of ``core``, 0 outside the hull of ``outer``, smooth between.

    The fade takes all the room there is: with distances p to the outside and q to the core it is
    smoothstep(p / (p + q)), so it is narrow under the nose and wide on the cheeks.

    Args:
        core, outer: ``[n, 2]`` points in pixels of the mask.
        shape: (h, w).
        valid: uint8 ``[h, w]``, 0 where the source has no pixels.
        within: sets of points whose hulls nothing leaves, however far the others reach.
        fade_px: the narrowest fade; where there is no room for it, it takes some of the core's.

    Returns:
        float32 ``[h, w]``. A fade is not begun at the edge of the picture: nothing ends there.
    """
    # Nothing in it is sharp, so a large one is drawn small.
    factor = max(1, round(max(shape) / _DRAWN_SIDE_PX))
    if factor > 1:
        small = (-(-shape[0] // factor), -(-shape[1] // factor))
        if valid is not None:
            resized = cv2.resize(valid, small[::-1], interpolation=cv2.INTER_NEAREST)
            valid = resized.astype(np.uint8)
        drawn = soft_mask(
            core / factor,
            outer / factor,
            small,
            valid,
            within=[points / factor for points in within],
            fade_px=fade_px / factor,
        )
        size = (small[1] * factor, small[0] * factor)
        full_size = cv2.resize(drawn, size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(full_size[: shape[0], : shape[1]])
    inside = _filled(outer, shape)
    full = _filled(core, shape)
    for points in within:
        inside &= _filled(points, shape)
    if valid is not None:
        inside &= valid
    full &= inside
    to_outside = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    to_core = cv2.distanceTransform(255 - full, cv2.DIST_L2, 3)
    share = to_outside / np.maximum(to_outside + to_core, 1e-6)
    if fade_px > 1:
        share = np.minimum(share, to_outside / fade_px)
    return (share * share * (3 - 2 * share)).astype(np.float32)


def _down(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector from the eyes towards the chin, square to the line between the eyes."""
    eyes = between_eyes(points)
    down = np.array([-eyes[1], eyes[0]]) / max(float(np.hypot(*eyes)), 1e-6)
    return down


def _filled(points: NDArray[np.floating], shape: tuple[int, int]) -> NDArray[np.uint8]:
    canvas = np.zeros(shape, np.uint8)
    # Sixteenths of a pixel: whole pixels would make the mask's edge jump from frame to frame.
    hull = np.round(cv2.convexHull(points.astype(np.float32)) * 16).astype(np.int32)
    cv2.fillConvexPoly(canvas, hull, 255, cv2.LINE_8, 4)
    return canvas
