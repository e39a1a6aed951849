"""The talker: the portrait's lips and jaw move with the phonemes, the head a little by itself."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.demo.deform import REGION, sample, source_maps
from syncfix.demo.inside import mouth_inside
from syncfix.demo.portrait import MARGIN_PX, VIEW_PX, layers
from syncfix.demo.sounds import Phoneme
from syncfix.demo.visemes import mouth_track

__all__ = ["draw_face", "render_frames"]

# About which the head sways: low on the neck, on the canvas.
_PIVOT = (256.0 + MARGIN_PX, 460.0 + MARGIN_PX)


def render_frames(
    phonemes: tuple[Phoneme, ...], times_seconds: NDArray[np.floating], size_px: int = 512
) -> Iterator[NDArray[np.uint8]]:
    """The talker at each time; a frame depends on its time only.

    Args:
        phonemes: what is said.
        times_seconds: ``[n]``.
        size_px: side of the square pictures.

    Yields:
        ``[size_px, size_px, 3]``, BGR.
    """
    times = np.asarray(times_seconds, np.float64)
    for time, shape in zip(times, mouth_track(phonemes, times), strict=True):
        canvas = draw_face(*(float(v) for v in shape))
        view = cv2.warpAffine(
            canvas,
            head_motion(float(time), size_px),
            (size_px, size_px),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT,
        )
        yield np.asarray(np.clip(view + 0.5, 0, 255), np.uint8)


def head_motion(seconds: float, size_px: int) -> NDArray[np.float64]:
    """From the canvas to the picture at a time, ``[2, 3]``: a slow sway of few pixels."""

    def wave(*parts: tuple[float, float, float]) -> float:
        return sum(a * np.sin(2 * np.pi * (hz * seconds + turn)) for a, hz, turn in parts)

    angle = wave((0.9, 0.23, 0.1), (0.5, 0.61, 0.7))
    scale = 1 + wave((0.008, 0.17, 0.4), (0.003, 0.53, 0.2))
    right = wave((2.5, 0.31, 0.0), (1.2, 0.73, 0.35))
    down = wave((1.8, 0.27, 0.55), (1.2, 0.83, 0.15))
    matrix = np.asarray(cv2.getRotationMatrix2D(_PIVOT, angle, scale), np.float64)
    matrix[:, 2] += np.array([right - MARGIN_PX, down - MARGIN_PX])
    return matrix * (size_px / VIEW_PX)


def draw_face(opening: float, width: float, rounding: float) -> NDArray[np.float32]:
    """The whole canvas with the mouth shaped so; BGR ``[566, 566, 3]`` in [0, 255]."""
    face = layers()
    left, top, right, bottom = REGION
    upper_map, lower_map = source_maps(opening, width, rounding)

    upper = sample(face.upper, upper_map)[..., None]
    lower = sample(face.lower, lower_map)[..., None]
    out = mouth_inside(opening, rounding, upper[..., 0], lower[..., 0])
    out += lower * (sample(face.skin, lower_map) - out)
    out += upper * (sample(face.skin, upper_map) - out)
    canvas = face.skin.copy()
    canvas[top:bottom, left:right] = out
    return canvas
