"""Whether a clip got better in the eyes of a network, by more than the clip's own noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.scores import MIN_SPEECH_TICKS, mean_interval

__all__ = ["Gain", "gain_of"]


@dataclass(frozen=True)
class Gain:
    """How far the mean distance fell, with its 95 % interval; None with too little speech."""

    mean: float | None
    low: float
    high: float

    @property
    def proven(self) -> bool:
        """Whether the interval lies above zero."""
        return self.mean is not None and self.low > 0

    def __str__(self) -> str:
        if self.mean is None:
            return "too little speech to tell"
        if self.mean < 0:
            words = f"rises by {-self.mean:.3f} ({-self.high:.3f} to {-self.low:.3f} in 95 %)"
        else:
            words = f"falls by {self.mean:.3f} ({self.low:.3f} to {self.high:.3f} in 95 %)"
        return f"LSE-D {words}" + ("" if self.proven else ", which is no proof of a gain")


def gain_of(
    before: NDArray[np.float64], after: NDArray[np.float64], counts: NDArray[np.bool_]
) -> Gain:
    """Compare two series of distances tick by tick.

    Args:
        before, after: ``[n]`` distances at shift 0.
        counts: ``[n]``, the ticks that count in both.
    """
    if counts.sum() < MIN_SPEECH_TICKS:
        return Gain(None, 0.0, 0.0)
    fall = (before - after)[counts]
    return Gain(float(fall.mean()), *mean_interval(np.asarray(fall)))
