"""Which plan: rung by rung, from doing nothing to the freest path, each one rehearsed.

Choosing the least of many distances always looks better to the network that chose, on pure noise
too. So a plan is rehearsed (the retimed pictures are embedded afresh), and a step up, from
nothing to an offset or a drift of the whole clip, and from there to a local path, is taken only
if the chooser's gain is more than its noise and the judge, which takes no part in making plans,
says the same. Of the local paths the stiffest stands until a freer one is better by more than
the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.retime.line import Line, distances_about, find_line
from syncfix.retime.plan import RetimeOptions, TimingPlan, local_plan, search_reach
from syncfix.retime.rehearse import rehearse
from syncfix.syncnet.gain import Gain, gain_of
from syncfix.syncnet.observation import Observation
from syncfix.syncnet.scores import REACH_TICKS, Scores, offset_distances, score

__all__ = ["Candidate", "Choice", "candidates", "choose_plan"]

_HERE = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True)
class Candidate:
    """A plan and what it would do.

    Attributes:
        name: ``unchanged``, ``offset``, ``drift`` or ``local, mu``.
        plan: the plan.
        distances: for each network ``[ticks]``, distances at shift 0 of the rehearsed clip.
        counts: for each network ``[ticks]``, the ticks that count.
    """

    name: str
    plan: TimingPlan
    distances: tuple[NDArray[np.float64], ...]
    counts: tuple[NDArray[np.bool_], ...]


@dataclass(frozen=True)
class Choice:
    """The plan that was chosen, and why.

    Attributes:
        plan: the plan; changes nothing where nothing was proven to help.
        tried: the last plan that was found better by the network that chooses, taken or not.
        reasons: sentences for people.
    """

    plan: TimingPlan
    tried: TimingPlan
    reasons: tuple[str, ...]


def choose_plan(
    networks: Sequence[Observation],
    hear: Callable[[], NDArray[np.float32]],
    speech: NDArray[np.bool_],
    options: RetimeOptions,
    force: bool = False,
) -> Choice:
    """The best plan that the networks agree on.

    Args:
        networks: the clip as each network sees it; the first one chooses.
        hear, speech: as for :func:`syncfix.retime.plan.search_reach`.
        options: how to look.
        force: take what the first network finds best, whatever its noise and the others say.
    """
    chooser, ticks = networks[0], len(speech)
    nothing = rehearsed("unchanged", TimingPlan.along(Line(), ticks), networks)
    line, scores, reasons = global_line(chooser)
    best, tried = nothing, nothing
    if line != Line():
        name = "offset" if line.is_constant else "drift"
        step = rehearsed(name, TimingPlan.along(line, ticks, chooser.cuts), networks)
        tried = step
        reasons.append(_words(line, ticks, scores))
        taken, told = better(best, step)
        reasons += told
        if taken or force:
            best = step
        else:
            line = Line()
    if options.strategy != "global":
        reach_ticks = search_reach(options, hear, speech)
        local = best_local(networks, line, options, reach_ticks)
        if not (local.plan.offset_ticks == best.plan.offset_ticks).all():
            taken, told = better(best, local)
            reasons += told
            tried = local
            if taken or force:
                best = local
    return Choice(best.plan, tried.plan, tuple(reasons))


def global_line(chooser: Observation) -> tuple[Line, Scores, list[str]]:
    """The clip's offset or drift, as far as it can be told; otherwise no offset, and why."""
    scores = chooser.scores
    if chooser.curve is None:
        return Line(), scores, ["too little speech and face to tell an offset"]
    constant = scores.offset_ticks or 0
    line = find_line(chooser.audio, chooser.video, chooser.counts, chooser.window_ticks, constant)
    if line is not None:
        about = distances_about(
            chooser.audio,
            chooser.video,
            line.offsets_ticks(len(chooser.counts)),
            REACH_TICKS,
            chooser.window_ticks,
        )
        known = chooser.counts & np.isfinite(about).all(axis=1)
        drift, _ = score(about, known, chooser.network.calibration)
        if drift.can_tell and drift.offset_ticks is not None and abs(drift.offset_ticks) <= 1:
            return line, drift, []
    if scores.can_tell:
        return Line(float(constant)), scores, []
    told = f"the global offset can't be told (confidence {scores.confidence or 0.0:.2f})"
    return Line(), scores, [f"{told}: the search stays about 0"]


def best_local(
    networks: Sequence[Observation],
    line: Line,
    options: RetimeOptions,
    reach_ticks: int | NDArray[np.intp],
) -> Candidate:
    """The stiffest local path that no freer one beats by more than the chooser's noise."""
    best: Candidate | None = None
    for candidate in candidates(networks, line, options, reach_ticks):
        if best is None or _gain(best, candidate, 0).proven:
            best = candidate
    assert best is not None
    return best


def candidates(
    networks: Sequence[Observation],
    line: Line,
    options: RetimeOptions,
    reach_ticks: int | NDArray[np.intp],
) -> list[Candidate]:
    """A rehearsed local path for each strength, without those that are the same again."""
    found: list[Candidate] = []
    for penalty in options.change_penalties:
        plan = local_plan(networks[0], line, options, penalty, reach_ticks)
        if any((plan.offset_ticks == each.plan.offset_ticks).all() for each in found):
            continue
        found.append(rehearsed(f"local, mu {penalty:g}", plan, networks))
    return found


def rehearsed(name: str, plan: TimingPlan, networks: Sequence[Observation]) -> Candidate:
    """A plan with what each network would make of it."""
    distances, counts = [], []
    order = np.arange(len(plan.offset_ticks)) + plan.offset_ticks
    for each in networks:
        video = rehearse(each.network.embedder, each.pictures, each.video, plan.offset_ticks)
        distances.append(offset_distances(each.audio, video, _HERE, each.window_ticks)[:, 0])
        counts.append(each.counts & each.seen[order])
    return Candidate(name, plan, tuple(distances), tuple(counts))


def better(old: Candidate, new: Candidate) -> tuple[bool, list[str]]:
    """Whether every network finds a candidate better by more than its noise, and the words."""
    told, accepted = [], True
    for index, role in zip(range(len(new.distances)), ("chooser", "judge"), strict=False):
        gain = _gain(old, new, index)
        accepted &= gain.proven
        told.append(f"{new.name} against {old.name}, {role}: {gain}")
    return accepted, told


def _gain(old: Candidate, new: Candidate, network: int) -> Gain:
    both = old.counts[network] & new.counts[network]
    return gain_of(old.distances[network], new.distances[network], both)


def _words(line: Line, ticks: int, scores: Scores) -> str:
    confidence = f"confidence {scores.confidence or 0.0:.2f}"
    if line.is_constant:
        return f"the clip's offset is {40 * line.start_ticks:+.0f} ms ({confidence})"
    end = line.start_ticks + line.slope * (ticks - 1)
    return (
        f"the offset drifts from {40 * line.start_ticks:+.0f} ms to {40 * end:+.0f} ms, "
        f"{100 * line.slope:+.2f} % ({confidence})"
    )
