"""The timing plan: which picture to show at each tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.shots import inside_shots
from syncfix.retime.adaptive import adaptive_reach
from syncfix.retime.costs import path_costs
from syncfix.retime.line import Line
from syncfix.retime.path import best_path, greedy_path
from syncfix.retime.slips import find_slips
from syncfix.syncnet.observation import Observation

__all__ = ["RetimeOptions", "Strategy", "TimingPlan", "local_plan", "search_reach"]

Strategy = Literal["viterbi", "greedy", "global"]


@dataclass(frozen=True)
class RetimeOptions:
    """How to look for a plan.

    Attributes:
        window_ticks: how far the local path may leave the global alignment, either way.
        temporal_penalty: lambda, the weight of a jump between pictures.
        change_penalties: mu, the cost of a tick's change of offset, from the stiffest path to the
            freest; each is tried, and a freer one is taken where it is better by more than the
            clip's noise.
        max_skip: most ticks that may be skipped at once.
        strategy: ``viterbi`` for the cheapest path, ``greedy`` for each tick by itself (the
            baseline), ``global`` for an offset or a drift of the whole clip alone.
        adaptive: let the window follow the speech, see :mod:`syncfix.retime.adaptive`.
    """

    window_ticks: int = 3
    temporal_penalty: float = 0.5
    change_penalties: tuple[float, ...] = (1.5, 0.5)
    max_skip: int = 2
    strategy: Strategy = "viterbi"
    adaptive: bool = False


@dataclass(frozen=True)
class TimingPlan:
    """Which picture to show at each tick.

    Attributes:
        offset_ticks: ``[ticks]``; at tick i the picture of tick i + offset_ticks[i] is shown.
            Positive: the audio leads. Every tick shown lies in the clip.
        line: the offset or drift that explains it all, or None where there are local changes.
    """

    offset_ticks: NDArray[np.intp]
    line: Line | None

    @classmethod
    def along(cls, line: Line, ticks: int, cuts: NDArray[np.intp] | None = None) -> TimingPlan:
        """The plan that follows a line; past a shot's ends its first and last picture stay."""
        return cls(inside_shots(line.offsets_ticks(ticks), cuts), line)

    @property
    def changes_nothing(self) -> bool:
        return not self.offset_ticks.any()


def search_reach(
    options: RetimeOptions, hear: Callable[[], NDArray[np.float32]], speech: NDArray[np.bool_]
) -> int | NDArray[np.intp]:
    """How far a local path may go: one number, or with ``adaptive`` one for each tick.

    Args:
        options: how to look.
        hear: gives the mel ``[80, columns]``; only asked with ``adaptive``, as it is large.
        speech: ``[ticks]``, where somebody speaks.
    """
    if options.adaptive:
        return adaptive_reach(hear(), speech, options.window_ticks)
    return options.window_ticks


def local_plan(
    seen: Observation,
    line: Line,
    options: RetimeOptions,
    change_penalty: float,
    reach_ticks: int | NDArray[np.intp],
) -> TimingPlan:
    """The path of offsets that costs least about a line, or about the line's better parallel.

    Args:
        seen: the clip as the network sees it that chooses.
        line: the clip's global alignment.
        options: how to look.
        change_penalty: mu.
        reach_ticks: how far the path may leave the line, see :func:`search_reach`.
    """
    ticks = len(seen.counts)
    slips = find_slips(seen.motion)

    def search(about: Line) -> NDArray[np.intp]:
        costs = path_costs(
            seen.audio,
            seen.video,
            seen.counts,
            window_ticks=seen.window_ticks,
            centre_ticks=about.offsets_ticks(ticks),
            reach_ticks=reach_ticks,
            temporal_penalty=options.temporal_penalty,
            change_penalty=change_penalty,
            max_skip=options.max_skip,
            cuts=seen.cuts,
            slips=slips,
        )
        return greedy_path(costs) if options.strategy == "greedy" else best_path(costs)

    nominal = search(line)
    # Slips that lean to one side pull the global offset along: what most ticks say is the better
    # centre, and the search goes on about it.
    lean = _middle((nominal - line.offsets_ticks(ticks))[seen.counts])
    if lean:
        line = Line(line.start_ticks + lean, line.slope)
        nominal = search(line)
    about = nominal - line.offsets_ticks(ticks)
    straight = None
    if (about == about[0]).all():  # everywhere as far from the line: still a line
        straight = Line(line.start_ticks + float(about[0]), line.slope)
    return TimingPlan(inside_shots(nominal, seen.cuts), straight)


def _middle(offsets: NDArray[np.intp]) -> int:
    """The median, a whole one; 0 for nothing."""
    return int(np.sort(offsets)[len(offsets) // 2]) if len(offsets) else 0
