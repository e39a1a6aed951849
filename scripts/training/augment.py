"""Pictures and sounds made harder, so that the network learns mouths and speech, not clips."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# One step of the normalised mel is 12.5 dB: 8 steps span 100 dB.
_STEPS_PER_DB = 8.0 / 100.0


@dataclass(frozen=True)
class PictureCrop:
    """What a network sees of the prepared 64 x 128 mouth: a region, and its size in pixels."""

    top: float
    left: float
    height: float
    width: float
    out_height: int
    out_width: int

    def matrix(self) -> NDArray[np.float64]:
        """[2, 3] from output pixels to prepared pixels, on pixel centres."""
        sy, sx = self.height / self.out_height, self.width / self.out_width
        return np.array([[sx, 0.0, self.left + sx / 2 - 0.5], [0.0, sy, self.top + sy / 2 - 0.5]])


def crop_frames(
    frames: NDArray[np.uint8], crop: PictureCrop, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Cut what the network sees, in one random view for all frames.

    Args:
        frames: uint8 [t, 64, 128, 3].

    Returns:
        float32 [t, 3, h, w] in about [-1, 1].
    """
    h, w = crop.out_height, crop.out_width
    matrix = crop.matrix()
    angle = np.deg2rad(rng.normal(0, 6))
    zoom = np.exp(rng.normal(0, 0.10))
    c, s = zoom * np.cos(angle), zoom * np.sin(angle)
    stretch = np.exp(rng.normal(0, 0.08))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    # About the prepared picture's middle column and the mouth's row; mirrored there too.
    middle = np.array([63.5, 20.0])
    turn = np.array([[c * mirror, -s * stretch], [s * mirror, c * stretch]])
    shift = rng.normal(0, 2.5, 2)
    linear = turn @ matrix[:, :2]
    offset = turn @ (matrix[:, 2] - middle) + middle + shift
    view = np.hstack([linear, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = np.stack(
        [
            cv2.warpAffine(f, view, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for f in frames
        ]
    )
    if rng.random() < 0.3:
        small = rng.uniform(0.4, 0.9)
        size = (max(8, int(w * small)), max(8, int(h * small)))
        out = np.stack(
            [cv2.resize(cv2.resize(f, size, interpolation=cv2.INTER_AREA), (w, h)) for f in out]
        )
    picture = out.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0
    if rng.random() < 0.25:
        picture[:] = picture.mean(axis=1, keepdims=True)
    else:  # another light, another skin: the colour channels mix
        mix = np.eye(3) + rng.normal(0, 0.12, (3, 3))
        picture = np.einsum("ck,tkhw->tchw", mix.astype(np.float32), picture)
    if rng.random() < 0.5:  # darker or brighter in the middle tones
        unit = np.clip(0.5 * picture + 0.5, 0.0, 1.0)
        picture = 2.0 * unit ** np.float32(np.exp(rng.normal(0, 0.3))) - 1.0
    gain = np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.06, (1, 3, 1, 1)))
    picture = picture * gain.astype(np.float32) + np.float32(rng.normal(0, 0.15))
    if rng.random() < 0.3:  # something in front of a part of the mouth
        top, left = rng.integers(0, h - h // 4), rng.integers(0, w - w // 4)
        picture[:, :, top : top + h // 4, left : left + w // 4] = rng.normal(0, 0.4)
    if rng.random() < 0.3:
        noise = rng.standard_normal(picture.shape, dtype=np.float32)
        picture += np.float32(rng.uniform(0, 0.08)) * noise
    return picture


def vary_mel(mel: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gain, equaliser, noise and smear on a normalised mel ``[80, columns]``."""
    bands, columns = mel.shape
    if rng.random() < 0.7:
        # Another length of vocal tract (Jaitly and Hinton 2013): the bands are stretched.
        place = np.clip(np.arange(bands) * np.exp(rng.normal(0, 0.10)), 0, bands - 1)
        low = np.minimum(place.astype(np.intp), bands - 2)
        share = (place - low)[:, None].astype(np.float32)
        mel = (1 - share) * mel[low] + share * mel[low + 1]
    gain_db = rng.normal(0, 5)
    knots = rng.normal(0, 4, 5) * (rng.random() < 0.5)
    equaliser = np.interp(np.arange(bands), np.linspace(0, bands - 1, 5), knots)
    out = mel + np.float32(_STEPS_PER_DB) * (gain_db + equaliser[:, None]).astype(np.float32)
    if rng.random() < 0.4:
        level = float(np.percentile(mel, 90)) - _STEPS_PER_DB * rng.uniform(10, 45)
        slope = np.linspace(0, rng.normal(0, 10), bands) * _STEPS_PER_DB
        noise = level + slope[:, None] + 0.3 * rng.standard_normal((bands, columns))
        # Powers add: log of a sum, in units of the normalised scale (20 dB are 1.6).
        scale = 20.0 * _STEPS_PER_DB / np.log(10.0)
        out = scale * np.logaddexp(out / scale, noise / scale)
    if rng.random() < 0.2:  # a room: energy that decays behind each column
        decay = _STEPS_PER_DB * rng.uniform(1.5, 5.0)
        out = out.copy()
        for column in range(1, columns):
            out[:, column] = np.maximum(out[:, column], out[:, column - 1] - decay)
    if rng.random() < 0.5:
        first = rng.integers(0, bands - 16)
        out[first : first + rng.integers(2, 16)] = out.mean()
    return np.clip(out, -4.0, 4.0).astype(np.float32)
