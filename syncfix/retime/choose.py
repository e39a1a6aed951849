"""Which plan: rung by rung, from doing nothing to the freest path, each one rehearsed.

Choosing the least of many distances always looks better to the network that chose, on pure noise
too. So a plan is rehearsed (the retimed pictures are embedded afresh), and a step up, from
nothing to an offset or a drift of the whole clip, and from there to a local path, is taken only
if the chooser's gain is more than its noise and the judge, which takes no part in making plans,
says the same. Of the local paths the stiffest stands until a freer one is better by more than
the noise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from syncfix.retime.line import Line, find_line
from syncfix.retime.plan import RetimeOptions, TimingPlan, local_plan, search_reach
from syncfix.retime.rehearse import rehearse
from syncfix.syncnet.gain import Gain, gain_of
from syncfix.syncnet.observation import Observation
from syncfix.syncnet.scores import TICK_MS, offset_distances

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
    nothing = rehearsed("unchanged", TimingPlan.along(Line(), len(speech)), networks)
    reach_ticks = None
    if options.strategy != "global":
        reach_ticks = search_reach(options, hear, speech)
    lines, reasons = global_lines(networks[0])
    best = tried = nothing
    if not any(line.is_constant for line in lines):
        lines.append(Line())  # as far as can be told it is not off as a whole
    waiting = deque(lines)
    while waiting:
        line = waiting.popleft()
        found, last, told = _climb(nothing, line, networks, options, reach_ticks, force)
        reasons += told
        if found is not nothing:
            if best is nothing or _beats(best, found):
                best = tried = found
            continue
        if best is nothing:
            tried = tried if last is nothing else last
            if line.is_constant and line != Line():
                waiting.append(Line())  # it may not be off after all
    return Choice(best.plan, tried.plan, tuple(reasons))


def _climb(
    nothing: Candidate,
    line: Line,
    networks: Sequence[Observation],
    options: RetimeOptions,
    reach_ticks: int | NDArray[np.intp] | None,
    force: bool,
) -> tuple[Candidate, Candidate, list[str]]:
    """From doing nothing to a line, and from there to a local path about it, if there is a reach.

    Local errors may hide the gain of a line: where it is not taken, the path about it is compared
    with doing nothing.

    Returns:
        The highest rung, the last one that was tried, and the words.
    """
    best = tried = nothing
    told: list[str] = []
    ticks = len(nothing.plan.offset_ticks)
    if line != Line():
        name = "offset" if line.is_constant else "drift"
        tried = rehearsed(name, TimingPlan.along(line, ticks, networks[0].cuts), networks)
        taken, words = better(best, tried)
        told += [_words(line, ticks), *words]
        if taken or force:
            best = tried
    if reach_ticks is not None:
        local = best_local(networks[0], line, options, reach_ticks)
        if not (local.plan.offset_ticks == best.plan.offset_ticks).all():
            tried = joined(local, networks)
            taken, words = better(best, tried)
            told += words
            if taken or force:
                best = tried
    return best, tried, told


def global_lines(chooser: Observation) -> tuple[list[Line], list[str]]:
    """What may be wrong with the whole clip, the likeliest first: a drift, an offset.

    An offset is only proposed where it can be told. Nothing that is proposed is taken unasked.
    """
    scores = chooser.scores
    if chooser.curve is None:
        return [], ["too little speech and face to tell an offset"]
    constant = scores.offset_ticks or 0
    lines: list[Line] = []
    drift = find_line(chooser.audio, chooser.video, chooser.counts, chooser.window_ticks, constant)
    if drift is not None:
        lines.append(drift)
    if not scores.can_tell:
        told = f"the global offset can't be told (confidence {scores.confidence or 0.0:.2f})"
        return lines, [told]
    if constant:
        lines.append(Line(float(constant)))
    return lines, []


def best_local(
    chooser: Observation,
    line: Line,
    options: RetimeOptions,
    reach_ticks: int | NDArray[np.intp],
) -> Candidate:
    """The stiffest local path that no freer one beats by more than the chooser's noise.

    Only the chooser has seen it: the judge is asked of one plan, see :func:`joined`.
    """
    best: Candidate | None = None
    for candidate in candidates(chooser, line, options, reach_ticks):
        if best is None or _gain(best, candidate, 0).proven:
            best = candidate
    assert best is not None
    return best


def candidates(
    chooser: Observation,
    line: Line,
    options: RetimeOptions,
    reach_ticks: int | NDArray[np.intp],
) -> list[Candidate]:
    """A rehearsed local path for each strength, without those that are the same again."""
    found: list[Candidate] = []
    for penalty in options.change_penalties:
        plan = local_plan(chooser, line, options, penalty, reach_ticks)
        if any((plan.offset_ticks == each.plan.offset_ticks).all() for each in found):
            continue
        found.append(rehearsed(f"local, mu {penalty:g}", plan, [chooser]))
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


def joined(candidate: Candidate, networks: Sequence[Observation]) -> Candidate:
    """The candidate with what the networks make of it that have not seen it yet."""
    more = rehearsed(candidate.name, candidate.plan, networks[len(candidate.distances) :])
    return replace(
        candidate,
        distances=candidate.distances + more.distances,
        counts=candidate.counts + more.counts,
    )


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


def _beats(old: Candidate, new: Candidate) -> bool:
    """Which of two accepted plans the chooser prefers.

    A line of the whole clip is taken for its mean alone; a path, which can bend to anything, has
    to be better than a line by more than the noise.
    """
    gain = _gain(old, new, 0)
    if new.plan.line is None and old.plan.line is not None:
        return gain.proven
    return gain.mean is not None and gain.mean > 0


def _words(line: Line, ticks: int) -> str:
    if line.is_constant:
        return f"the clip's offset seems to be {TICK_MS * line.start_ticks:+.0f} ms"
    start_ms, end_ms = TICK_MS * line.start_ticks, TICK_MS * line.at(ticks - 1)
    return (
        f"the offset seems to drift from {start_ms:+.0f} ms to {end_ms:+.0f} ms, "
        f"{100 * line.slope:+.2f} %"
    )
