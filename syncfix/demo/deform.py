"""How skin moves: displacement fields of the two halves of the face, linear in the mouth's shape.

Control points carry displacements; a thin-plate spline carries them to all other pixels. The slit
of the mouth is a tear, so there are two fields: one that obeys the upper lip, one the lower;
cheeks, corners and jaw are in both. Splines are solved once; a frame costs a weighted sum.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from syncfix.demo.portrait import LOWER_LIP, MARGIN_PX, UPPER_LIP, lip_line

__all__ = ["REGION", "sample", "source_maps"]

# left, top, right, bottom on the canvas: all that moves lies inside.
REGION = (96, 284, 448, 556)
_STEP_PX = 2
_ITERATIONS = 12
# Rows of the fields: resting shut, opening, width, rounding, pressing.
_SHAPES = 5

_LEFT, _RIGHT = UPPER_LIP[0], UPPER_LIP[-1]
_CENTRE_X = 0.5 * (_LEFT[0] + _RIGHT[0])
_HALF_WIDTH = 0.5 * (_RIGHT[0] - _LEFT[0])
_OUTER_UPPER = np.array(
    [
        *((206, 346), (216, 347.5), (228, 349), (241, 348.5), (252, 351), (262, 349), (276, 349.5)),
        *((288, 349), (299, 349)),
    ],
    dtype=np.float64,
)
_OUTER_LOWER = np.array(
    [
        *((204, 365), (213, 374), (224, 383), (238, 390), (252, 392), (266, 390), (279, 384)),
        *((291, 375), (301, 365)),
    ],
    dtype=np.float64,
)
# The jaw's edge with the share of the jaw's drop that each point takes.
_JAW = np.array(
    [
        *((141, 346, 0.08), (148, 377, 0.25), (164, 405, 0.5), (188, 427, 0.75), (214, 447, 0.95)),
        *((245, 454, 1.0), (277, 450, 0.95), (306, 435, 0.75), (333, 415, 0.5), (352, 389, 0.25)),
        *((364, 359, 0.08), (222, 420, 1.0), (250, 424, 1.0), (280, 420, 1.0)),
    ],
    dtype=np.float64,
)
# Cheeks beside the mouth, with the share of the corners' movement that each takes.
_CHEEKS = np.array(
    [
        *((180, 352, 0.75), (325, 355, 0.75), (166, 352, 0.4), (340, 355, 0.4), (190, 380, 0.6)),
        *((318, 383, 0.6), (184, 332, 0.35), (322, 335, 0.35), (172, 380, 0.3), (338, 383, 0.3)),
    ],
    dtype=np.float64,
)
# Nose, eyes' lower lids, ears, collar, and the edge of the region: they stay.
_FIXED = np.array(
    [
        *((228, 328), (241, 331), (255, 334), (269, 333), (282, 330), (215, 318), (296, 320)),
        *((258, 300), (200, 275), (315, 280), (138, 300), (376, 305), (160, 290), (350, 295)),
        *((110, 340), (400, 340), (110, 400), (400, 400), (125, 450), (395, 450), (150, 482)),
        *((190, 486), (235, 490), (280, 492), (330, 484), (370, 480), (110, 260), (400, 260)),
        *((180, 235), (258, 235), (335, 235), (110, 500), (400, 500), (258, 520)),
    ],
    dtype=np.float64,
)


def source_maps(
    opening: float, width: float, rounding: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel of REGION comes from, for the upper and for the lower half of the face.

    Args:
        opening, width, rounding: as ``mouth_track`` gives them.

    Returns:
        Two maps ``[h, w, 2]`` (x, y on the canvas) for ``cv2.remap``.
    """
    weights = np.array(
        [1.0, opening, width, max(rounding, 0.0), max(-rounding, 0.0)], dtype=np.float32
    )
    upper, lower = (_inverse(np.tensordot(weights, field, axes=1)) for field in _fields())
    return upper, lower


def sample(picture: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """``picture`` ``[h, w, ...]`` at the places ``at`` ``[k, l, 2]`` (x, y); its edge goes on."""
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    return np.asarray(
        cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _inverse(forward: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map from shown to source pixels: the fixed point of s = shown - D(s)."""
    left, top, right, bottom = REGION
    height, width = forward.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    shown = np.stack([x, y], axis=-1)
    # In steps of the coarse grid.
    field = np.asarray(forward / _STEP_PX, np.float32)
    source = shown
    for _ in range(_ITERATIONS):
        source = shown - sample(field, source)
    moved = cv2.resize(
        (source - shown) * _STEP_PX, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR
    )
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    return np.asarray(np.stack([x, y], axis=-1) + moved, np.float32)


@functools.cache
def _fields() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Displacement fields ``[5, h, w, 2]`` of the upper and the lower half, every 2 px."""
    return _field("upper"), _field("lower")


def _field(half: str) -> NDArray[np.float32]:
    points, moves = _controls(half)
    left, top, right, bottom = REGION
    # Solved every 8 px, which a thin plate bears; then enlarged to the 2 px grid.
    height, width = (bottom - top) // 8, (right - left) // 8
    y, x = np.mgrid[:height, :width] * 8.0 + 3.5
    grid = np.stack([x + left - MARGIN_PX, y + top - MARGIN_PX], axis=-1).reshape(-1, 2)
    spline = RBFInterpolator(points, moves.reshape(len(points), -1), kernel="thin_plate_spline")
    coarse = spline(grid).reshape(height, width, -1).astype(np.float32)
    fine_size = (width * 8 // _STEP_PX, height * 8 // _STEP_PX)
    channels = [
        cv2.resize(coarse[..., k], fine_size, interpolation=cv2.INTER_CUBIC)
        for k in range(coarse.shape[-1])
    ]
    fine = np.stack(channels, axis=-1) * _edge_window(fine_size)[..., None]
    stacked = fine.reshape(*fine.shape[:2], _SHAPES, 2)
    return np.ascontiguousarray(np.moveaxis(stacked, 2, 0), np.float32)


def _edge_window(size: tuple[int, int]) -> NDArray[np.float32]:
    """1 inside, 0 at the edge of the region: no seam shows."""

    def ramp(n: int) -> NDArray[np.float32]:
        distance = np.minimum(np.arange(n), np.arange(n)[::-1]) * _STEP_PX
        return np.asarray(np.clip(distance / 24, 0, 1), np.float32)

    return ramp(size[1])[:, None] * ramp(size[0])[None, :]


def _controls(half: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Control points ``[n, 2]`` in the view and their displacements ``[n, 5, 2]`` in pixels."""
    parts = [_corners(), _cheeks(), _jaw(), (_FIXED, np.zeros((len(_FIXED), _SHAPES, 2)))]
    parts += _upper_lip() if half == "upper" else _lower_lip()
    return np.concatenate([p for p, _ in parts]), np.concatenate([m for _, m in parts])


_Part = tuple[NDArray[np.float64], NDArray[np.float64]]


def _corner_moves(side: NDArray[np.float64]) -> NDArray[np.float64]:
    """What corners do, ``[n, 5, 2]``; ``side`` is -1 left and 1 right."""
    move = np.zeros((len(side), _SHAPES, 2))
    move[:, 0] = np.stack([-7 * side, np.where(side < 0, 5.0, 3.0)], axis=1)
    move[:, 1] = np.stack([-8 * side, np.full(len(side), 9.0)], axis=1)
    move[:, 2] = np.stack([7 * side, np.full(len(side), -1.5)], axis=1)
    move[:, 3] = np.stack([-16 * side, np.full(len(side), 7.0)], axis=1)
    move[:, 4] = np.stack([1.5 * side, np.full(len(side), 0.0)], axis=1)
    return move


def _corners() -> _Part:
    points = np.array([_LEFT, _LEFT, _RIGHT, _RIGHT])
    points[[1, 3], 0] += (-5, 5)
    return points, _corner_moves(np.array([-1.0, -1.0, 1.0, 1.0]))


def _cheeks() -> _Part:
    side = np.sign(_CHEEKS[:, 0] - _CENTRE_X)
    return _CHEEKS[:, :2], _CHEEKS[:, 2, None, None] * _corner_moves(side)


def _jaw() -> _Part:
    move = np.zeros((len(_JAW), _SHAPES, 2))
    move[:, 1, 1] = 18 * _JAW[:, 2]
    move[:, 4, 1] = -1.5 * _JAW[:, 2]
    return _JAW[:, :2], move


def _across(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place between the corners in [-1, 1], and how freely a point there moves (0 at corners)."""
    place = np.clip((points[:, 0] - _CENTRE_X) / _HALF_WIDTH, -1, 1)
    return place, np.sqrt(1 - place**2)


def _lip(points: NDArray[np.float64], up: NDArray[np.float64]) -> _Part:
    """A line of a lip: sideways it follows the corners, upwards it moves as ``up`` says.

    Args:
        points: ``[n, 2]``.
        up: ``[n, 5]``, vertical displacement beyond that of the corners, downwards positive.
    """
    place, _ = _across(points)
    left, right = _corner_moves(np.array([-1.0, 1.0]))
    share = ((place + 1) / 2)[:, None, None]
    # The smile flattens as the corners sink: the middle of the lips does not sink with them.
    move = (1 - share) * left + share * right
    move[..., 1] = move[..., 1] * (np.abs(place) ** 3)[:, None] + up
    return points, move


def _shut_y(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the lips meet when the mouth is shut, before the corners move."""
    return 0.5 * lip_line(UPPER_LIP, x) + 0.5 * lip_line(LOWER_LIP, x) - 1.0


def _upper_lip() -> list[_Part]:
    inner = UPPER_LIP[1:-1]
    _, free = _across(inner)
    # 0.6 px beyond the meeting line: no light between lips that are shut.
    shut = _shut_y(inner[:, 0]) - inner[:, 1] + 0.6
    up = np.stack([shut, -5 * free, 0 * free, -0.5 * free, 0.5 * free], axis=1)
    outer = _OUTER_UPPER
    _, free_outer = _across(outer)
    up_outer = np.stack(
        [3.0 * free_outer, -3.5 * free_outer, 0 * free_outer, -2.5 * free_outer, 3.5 * free_outer],
        axis=1,
    )
    return [_lip(inner, up), _lip(outer, up_outer)]


def _lower_lip() -> list[_Part]:
    inner = LOWER_LIP[1:-1]
    _, free = _across(inner)
    shut = _shut_y(inner[:, 0]) - inner[:, 1] - 0.6
    up = np.stack([shut, 26 * free, 0 * free, 1.0 * free, -1.0 * free], axis=1)
    outer = _OUTER_LOWER
    _, free_outer = _across(outer)
    up_outer = np.stack(
        [-6 * free_outer, 24 * free_outer, 0 * free_outer, 3.5 * free_outer, -5 * free_outer],
        axis=1,
    )
    return [_lip(inner, up), _lip(outer, up_outer)]
