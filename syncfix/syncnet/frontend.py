"""What a network is fed: which part of the mouth picture, at what size, and how many mel bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.mel import MEL_BANDS, Samples, mel_columns
from syncfix.syncnet.mfcc import mfcc_columns

__all__ = ["ORIGINAL", "RELEASED", "FaceFrontEnd", "FrontEnd", "Hears", "Sees", "sound_columns"]

Sees = Literal["half", "face"]
Hears = Literal["mel", "mfcc"]

_MAX_SIDE_PX = 512  # twice the width of the lower half


@dataclass(frozen=True)
class FrontEnd:
    """The way from the aligned lower half of a face to a network's picture.

    Attributes:
        half_px: height, width the lower half (128 x 256) is first reduced to.
        crop_px: top, left, height, width of the part that is kept of it.
        picture_px: height, width the part is resized to.
        mel_bands: 80, or a divisor of it; neighbouring bands are averaged.
    """

    sees: ClassVar[Sees] = "half"
    hears: ClassVar[Hears] = "mel"

    half_px: tuple[int, int]
    crop_px: tuple[int, int, int, int]
    picture_px: tuple[int, int]
    mel_bands: int = MEL_BANDS

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> FrontEnd:
        """From a checkpoint's or a configuration's mapping.

        Raises:
            KeyError, TypeError, ValueError: values are missing, no numbers, or make no sense.
        """
        top, left, height, width = (int(v) for v in values["crop_px"])
        half_height, half_width = (int(v) for v in values["half_px"])
        picture_height, picture_width = (int(v) for v in values["picture_px"])
        bands = int(values.get("mel_bands", MEL_BANDS))
        sides = (half_height, half_width, height, width, picture_height, picture_width)
        if min(sides) < 1 or max(sides) > _MAX_SIDE_PX:
            raise ValueError(f"pictures are of 1 to {_MAX_SIDE_PX} pixels a side")
        if not (0 <= top <= half_height - height and 0 <= left <= half_width - width):
            raise ValueError("crop_px is not inside half_px")
        if bands < 1 or MEL_BANDS % bands:
            raise ValueError(f"mel_bands is no divisor of {MEL_BANDS}")
        return cls(
            (half_height, half_width),
            (top, left, height, width),
            (picture_height, picture_width),
            bands,
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def picture(self, half: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The network's picture ``[h, w, 3]`` of a lower half ``[128, 256, 3]`` or of one that
        is reduced to ``half_px`` already."""
        if half.shape[:2] != self.half_px:
            half = _resized(half, self.half_px)
        top, left, height, width = self.crop_px
        cut = half[top : top + height, left : left + width]
        return cut if cut.shape[:2] == self.picture_px else _resized(cut, self.picture_px)

    def bands(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[..., 80, columns]`` to ``[..., mel_bands, columns]``."""
        if mel.shape[-2] == self.mel_bands:
            return mel
        *rest, bands, columns = mel.shape
        pooled: NDArray[np.float32] = mel.reshape(
            *rest, self.mel_bands, bands // self.mel_bands, columns
        ).mean(axis=-2)
        return pooled


@dataclass(frozen=True)
class FaceFrontEnd:
    """The way from a whole face to the picture of the original SyncNet."""

    sees: ClassVar[Sees] = "face"
    hears: ClassVar[Hears] = "mfcc"

    picture_px: tuple[int, int] = (224, 224)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def picture(self, face: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The network's picture ``[h, w, 3]`` of a whole face, which is square.

        Raises:
            ValueError: it is not square, so no whole face.
        """
        if face.shape[0] != face.shape[1]:
            raise ValueError(f"a whole face is square; this is {face.shape[0]} x {face.shape[1]}")
        return face if face.shape[:2] == self.picture_px else _resized(face, self.picture_px)


def sound_columns(samples: Samples, hears: Hears, begin: int, end: int) -> NDArray[np.float32]:
    """What a network hears, columns ``begin`` to ``end`` and no more than there are:
    ``[80 or 13, end - begin]``."""
    columns = mfcc_columns if hears == "mfcc" else mel_columns
    return columns(samples, begin, end)


def _resized(picture: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = size_px
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


# The released StableSyncNet sees the whole lower half and all bands.
RELEASED = FrontEnd((128, 256), (0, 0, 128, 256), (128, 256))
ORIGINAL = FaceFrontEnd()
