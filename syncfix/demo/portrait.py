"""The portrait, and where its mouth is.

Eileen Collins, 1999, NASA Great Images database, public domain; ``skimage.data.astronaut``.
She smiles: the upper teeth show between the lips, and they stay with the skull.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.errors import SyncfixError

__all__ = [
    *("CANVAS_PX", "LOWER_LIP", "MARGIN_PX", "UPPER_LIP", "VIEW_PX"),
    *("Layers", "layers", "lip_line"),
]

# The view is 190 px of the photograph, enlarged to 512; a margin lets the head move.
_LEFT, _TOP, _SIDE = 120, 0, 210
VIEW_PX = 512
_ENLARGED = VIEW_PX / 190
MARGIN_PX = 10 * _ENLARGED
CANVAS_PX = round(_SIDE * _ENLARGED)

# Edges of the lips towards the teeth, from corner to corner, in pixels of the view; traced by eye.
UPPER_LIP = np.array(
    [
        *((196, 349), (203, 350.5), (210, 353), (216, 355), (222, 356.5), (228, 358), (236, 360)),
        *((246, 361.5), (256, 361), (266, 360), (276, 358.5), (286, 357), (293, 355), (300, 353)),
        *((309, 353),),
    ],
    dtype=np.float64,
)
LOWER_LIP = np.array(
    [
        *((196, 349), (201, 354.5), (206, 360), (212, 365.5), (218, 370), (226, 374), (236, 376.5)),
        *((246, 377.3), (252, 377), (262, 376), (270, 375), (276, 373), (286, 370), (294, 367)),
        *((300, 362.5), (305, 358), (309, 353)),
    ],
    dtype=np.float64,
)


@dataclass(frozen=True)
class Layers:
    """The portrait in pieces, all on the canvas ``[566, 566]``.

    Attributes:
        skin: float32 BGR ``[h, w, 3]``, the whole picture.
        upper: float32 ``[h, w]`` in [0, 1], what moves with the upper lip.
        lower: float32 ``[h, w]`` in [0, 1], what moves with the lower lip, where not upper.
        teeth: float32 BGR ``[h, w, 3]``, the upper teeth, continued under the upper lip.
        teeth_matte: float32 ``[h, w]`` in [0, 1], where there are teeth.
    """

    skin: NDArray[np.float32]
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]
    teeth: NDArray[np.float32]
    teeth_matte: NDArray[np.float32]


@functools.cache
def layers() -> Layers:
    """The portrait, cut along its lips.

    Raises:
        SyncfixError: scikit-image is not installed.
    """
    skin = _enlarged()
    y, x = np.mgrid[:CANVAS_PX, :CANVAS_PX].astype(np.float64) - MARGIN_PX
    upper_y = lip_line(UPPER_LIP, x)
    lower_y = lip_line(LOWER_LIP, x)
    left, right = UPPER_LIP[0, 0], UPPER_LIP[-1, 0]
    # Beyond the corners the two halves melt into each other, the softer the farther out.
    beyond = np.maximum(np.maximum(left - x, x - right), 0.0)
    upper = _smooth_step((upper_y - y) / (1.6 + 0.8 * beyond))
    lower = np.maximum(_smooth_step((y - lower_y) / 1.6), _smooth_step(beyond - 1.0))
    teeth_end = lower_y - 1.8
    matte = _smooth_step((teeth_end - y) / 2.0) * _smooth_step((right - 4 - x) / 8)
    matte *= _smooth_step((x - left - 4) / 8)
    return Layers(
        skin,
        upper.astype(np.float32),
        lower.astype(np.float32),
        _teeth(skin, x, y, upper_y),
        matte.astype(np.float32),
    )


def lip_line(line: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The height of an edge of the lips at ``x``; level beyond its ends."""
    return np.interp(x, line[:, 0], line[:, 1])


def _enlarged() -> NDArray[np.float32]:
    try:
        from skimage.data import astronaut
    except ImportError:
        raise SyncfixError(
            "the demo's portrait needs scikit-image: pip install 'syncfix[demo]'"
        ) from None
    photograph = astronaut()[_TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE, ::-1]
    large = cv2.resize(
        photograph.astype(np.float32), (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_LANCZOS4
    )
    # Enlarging 2.7 times leaves it soft: a little of the edges back.
    soft = cv2.GaussianBlur(large, (0, 0), 2.0)
    return np.asarray(np.clip(large + 0.5 * (large - soft), 0, 255), np.float32)


def _teeth(
    skin: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    upper_y: NDArray[np.float64],
) -> NDArray[np.float32]:
    """The teeth, with their upper ends continued upwards, where the lip hid them."""
    seen_from = upper_y + 4.5
    source_y = np.where(y < seen_from, seen_from + 0.15 * (seen_from - y), y) + MARGIN_PX
    return np.asarray(
        cv2.remap(
            skin,
            (x + MARGIN_PX).astype(np.float32),
            source_y.astype(np.float32),
            cv2.INTER_LINEAR,
        ),
        np.float32,
    )


def _smooth_step(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 below -1, 1 above 1, a cubic between."""
    t = np.clip((x + 1) / 2, 0.0, 1.0)
    return t * t * (3 - 2 * t)
