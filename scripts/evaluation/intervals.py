"""Shares with their 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

_DRAWS = 2000
_SEED = 11
# Fewer clips than these, drawn anew, say nothing about other clips.
_FEWEST_CLIPS = 5


@dataclass(frozen=True)
class Share:
    """A share in [0, 1] of ``count`` cases in ``clips`` clips, and its 95 % interval.

    The share is None without any case, the interval where the clips are too few to tell it.
    """

    share: float | None
    low: float | None
    high: float | None
    count: int
    clips: int

    def to_dict(self) -> dict[str, float | int | None]:
        def cut(value: float | None) -> float | None:
            return None if value is None else round(value, 4)

        return {
            "share": cut(self.share),
            "low": cut(self.low),
            "high": cut(self.high),
            "count": self.count,
            "clips": self.clips,
        }


def wilson(hits: Sequence[bool] | NDArray[np.bool_]) -> Share:
    """Share of clips, one answer each, with Wilson's interval."""
    count, got = len(hits), int(np.sum(hits))
    if count == 0:
        return Share(None, None, None, 0, 0)
    bounds = binomtest(got, count).proportion_ci(method="wilson")
    return Share(got / count, float(bounds.low), float(bounds.high), count, count)


def over_clips(hits: Sequence[Sequence[bool] | NDArray[np.bool_]]) -> Share:
    """Share of all answers of several clips, interval by a bootstrap over the clips.

    Answers of one clip resemble each other, so clips are drawn, not answers.

    Args:
        hits: the answers of each clip; clips without any are left out. With fewer than 5 clips
            there is no interval.
    """
    clips = [np.asarray(each, dtype=bool) for each in hits if len(each)]
    if not clips:
        return Share(None, None, None, 0, 0)
    got = np.array([each.sum() for each in clips], dtype=np.float64)
    size = np.array([len(each) for each in clips], dtype=np.float64)
    if len(clips) < _FEWEST_CLIPS:
        return Share(float(got.sum() / size.sum()), None, None, int(size.sum()), len(clips))
    drawn = np.random.default_rng(_SEED).integers(0, len(clips), (_DRAWS, len(clips)))
    shares = got[drawn].sum(axis=1) / size[drawn].sum(axis=1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return Share(
        float(got.sum() / size.sum()), float(low), float(high), int(size.sum()), len(clips)
    )


def mean_interval_over_clips(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean of clips' figures ``[clips]``, by a bootstrap over the clips."""
    drawn = np.random.default_rng(0).integers(0, len(values), (_DRAWS, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
