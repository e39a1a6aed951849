"""What shows between the lips: dark, tongue and lower teeth that sink, upper teeth that stay."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.demo.deform import REGION
from syncfix.demo.portrait import MARGIN_PX, layers

__all__ = ["mouth_inside"]

Field = NDArray[np.float32]

# BGR, as a mouth looks under a soft light from the front.
_DARK = np.array((22, 16, 40), np.float32)
_TONGUE = np.array((84, 78, 158), np.float32)
_LOWER_TEETH = np.array((120, 138, 148), np.float32)
# Teeth in a mouth are lit by what comes through the lips: darker and warmer than in the smile.
_TEETH_LIGHT = np.array((0.80, 0.88, 0.93), np.float32)
_CENTRE_X = 252.0


def mouth_inside(opening: float, rounding: float, upper: Field, lower: Field) -> Field:
    """Colours of REGION as if there were no lips; only what lies between them is meant to be seen.

    Args:
        opening, rounding: as ``mouth_track`` gives them.
        upper, lower: ``[h, w]`` in [0, 1], where the lips are; they throw shadows.

    Returns:
        BGR ``[h, w, 3]``.
    """
    face = layers()
    left, top, right, bottom = REGION
    place = (slice(top, bottom), slice(left, right))
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(MARGIN_PX)
    x = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(MARGIN_PX)
    side = (x - _CENTRE_X) / 40

    # Tongue and lower teeth lie in the jaw, which sinks with the opening; both are arcs.
    jaw_y = 367 + 17 * opening - 8 * side**2
    tongue = np.exp(-(((x - _CENTRE_X) / 28) ** 2) - ((y - jaw_y - 3) / 8) ** 2)
    low_teeth = np.exp(-(side**4)) * np.clip((y - jaw_y - 4.5) / 2.5, 0, 1)
    out = _DARK + (0.8 * tongue)[..., None] * (_TONGUE - _DARK)
    out = out + (0.45 * low_teeth)[..., None] * (_LOWER_TEETH - out)
    teeth = face.teeth_matte[place][..., None]
    out = out + teeth * (_TEETH_LIGHT * face.teeth[place] - out)

    # The upper lip shades most, for light comes from above; round lips stand out and shade more.
    shadow = 0.9 * cv2.GaussianBlur(upper, (0, 0), 3.5) + 0.4 * cv2.GaussianBlur(lower, (0, 0), 3.0)
    shade = 1 - np.clip(shadow + 0.25 * max(rounding, 0.0), 0, 0.8)
    return np.asarray(out * shade[..., None], np.float32)
