"""Which face a user wants: the largest, the one who speaks, or the one at a point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import SyncClock
from syncfix.errors import InputError
from syncfix.face.follow import Follower, Guided, Largest, Nearest, Several

__all__ = ["MOST_FACES", "FaceChoice", "FacePath", "face_choice", "frame_follower", "tick_follower"]

# Of more faces than these the smallest are not followed.
MOST_FACES = 4

# A point is (x, y) in pixels of the upright picture.
FaceChoice = Literal["largest", "speaking"] | tuple[float, float]

_HELP = "say largest, speaking, or a point of the picture in pixels, such as 320,180"


def face_choice(
    wanted: str | tuple[float, float], size_px: tuple[int, int] | None = None
) -> FaceChoice:
    """Read a choice.

    Args:
        wanted: ``largest``, ``speaking``, ``X,Y``, or a pair of numbers.
        size_px: width and height of the upright picture, if the point is to lie in it.

    Raises:
        InputError: none of these, or a point outside the picture.
    """
    if wanted == "largest" or wanted == "speaking":
        return "largest" if wanted == "largest" else "speaking"
    parts = wanted.split(",") if isinstance(wanted, str) else wanted
    try:
        x, y = (float(part) for part in parts)
    except (TypeError, ValueError):
        raise InputError(f"no such face: {wanted!r}; {_HELP}") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InputError(f"no such face: {wanted!r}; {_HELP}")
    if size_px is not None and not (0 <= x < size_px[0] and 0 <= y < size_px[1]):
        raise InputError(
            f"the point {x:g},{y:g} lies outside the picture of {size_px[0]} x {size_px[1]} "
            f"pixels; {_HELP}"
        )
    return x, y


@dataclass(frozen=True)
class FacePath:
    """Where the face is that was chosen.

    Attributes:
        centres_px: ``[ticks, 2]`` (x, y in pixels of the upright picture), the mean of its
            landmarks; NaN where none is followed.
    """

    centres_px: NDArray[np.float64]


def tick_follower(face: FaceChoice | FacePath, clock: SyncClock) -> Follower:
    """Follows through the frames that ticks show; all faces where it is open who speaks."""
    if isinstance(face, FacePath):
        _, first_ticks = np.unique(clock.tick_to_frame, return_index=True)
        return Guided(_at(face, first_ticks))
    return Several(MOST_FACES) if face == "speaking" else _follower(face)


def frame_follower(face: FaceChoice | FacePath, clock: SyncClock) -> Follower:
    """Follows one face through all native frames of a clip."""
    if isinstance(face, FacePath):
        frames = np.arange(clock.frame_count)
        return Guided(_at(face, np.searchsorted(clock.tick_to_frame, frames, side="right") - 1))
    return _follower(face)


def _at(path: FacePath, ticks: NDArray[np.intp]) -> NDArray[np.float64]:
    # A clip that was written anew may last some ticks longer than the one the path is of.
    return path.centres_px[np.minimum(ticks, len(path.centres_px) - 1)]


def _follower(face: FaceChoice) -> Follower:
    return Largest() if isinstance(face, str) else Nearest(*face)
