"""The timing plan: the global offset first, then the local path about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from syncfix.retime.costs import path_costs
from syncfix.retime.path import best_path, greedy_path

__all__ = ["RetimeOptions", "Strategy", "TimingPlan", "find_plan"]

Strategy = Literal["viterbi", "greedy"]


@dataclass(frozen=True)
class RetimeOptions:
    """How to look for a plan.

    Attributes:
        window_ticks: how far the local path may leave the global offset, either way.
        temporal_penalty: lambda, the weight of a jump between pictures.
        change_penalty: mu, the cost of a tick's change of offset.
        max_skip: most ticks that may be skipped at once.
        strategy: ``viterbi`` for the cheapest path, ``greedy`` for the baseline.
    """

    window_ticks: int = 3
    temporal_penalty: float = 0.5
    change_penalty: float = 0.8
    max_skip: int = 2
    strategy: Strategy = "viterbi"


@dataclass(frozen=True)
class TimingPlan:
    """Which picture to show at each tick.

    Attributes:
        offset_ticks: ``[ticks]``; at tick i the picture of tick i + offset_ticks[i] is shown.
            Positive: the audio leads. Every tick shown lies in the clip.
        constant_ticks: the one offset that explains it all, or None.
    """

    offset_ticks: NDArray[np.intp]
    constant_ticks: int | None

    @property
    def changes_nothing(self) -> bool:
        return not self.offset_ticks.any()


def find_plan(
    audio: NDArray[np.float32],
    video: NDArray[np.float32],
    counts: NDArray[np.bool_],
    centre_ticks: int,
    network_window_ticks: int,
    options: RetimeOptions,
) -> TimingPlan:
    """The path of offsets that costs least about a centre.

    Args:
        audio, video: unit vectors ``[windows, dimension]``.
        counts: ``[ticks]``, where the distance counts: speech, and a face is seen.
        centre_ticks: the clip's global offset.
        network_window_ticks: frames in a window of the network.
        options: how to look.
    """
    costs = path_costs(
        audio,
        video,
        counts,
        window_ticks=network_window_ticks,
        centre_ticks=centre_ticks,
        reach_ticks=options.window_ticks,
        temporal_penalty=options.temporal_penalty,
        change_penalty=options.change_penalty,
        max_skip=options.max_skip,
    )
    nominal = best_path(costs) if options.strategy == "viterbi" else greedy_path(costs)
    place = np.arange(len(nominal))
    inside = np.clip(place + nominal, 0, len(nominal) - 1) - place
    constant = int(nominal[0]) if (nominal == nominal[0]).all() else None
    return TimingPlan(inside, constant)
