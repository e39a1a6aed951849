"""What one network answers on each clip, and the shares that are made of the answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from training.data import Talker
from training.seen import Seen
from training.validate import TRUSTED

from syncfix.syncnet.calibration import Calibration
from syncfix.syncnet.scores import REACH_TICKS, score

from .halves import MIN_TICKS, halves_agree, moves_of
from .intervals import Share, over_clips, wilson
from .windows import pair_distances, references, valid_windows, whole_windows


@dataclass(frozen=True)
class Answers:
    """A network's answers on one clip.

    Attributes:
        talker: the clip.
        offset: of the whole clip in ticks; None with too little speech.
        can_tell: whether the confidence suffices.
        halves: for each move, whether the halves agree on it; empty for clips under 4 s.
        windows: the offset each single window tells, windows in speech with all 31 shifts.
        references: ``[same]``, told by the windows that do not overlap it; NaN where too few.
    """

    talker: Talker
    offset: int | None
    can_tell: bool
    halves: tuple[bool, ...]
    windows: NDArray[np.intp]
    references: NDArray[np.float64]

    @property
    def trusted(self) -> bool:
        return self.talker.source in TRUSTED


def answer(seen: Seen, calibration: Calibration, apart: int) -> Answers:
    """All answers on one clip; ``apart``: ticks from which on windows do not overlap."""
    talker, window = seen.talker, seen.window_ticks
    scores, _ = score(seen.distances, seen.counts, calibration)
    halves: tuple[bool, ...] = ()
    if talker.ticks >= MIN_TICKS:
        moves = moves_of(talker.name)
        halves = halves_agree(seen.audio, seen.vision, seen.counts, window, moves)
    pairs = pair_distances(seen.audio, seen.vision)
    valid = valid_windows(talker.speech, talker.found, window)
    firsts = whole_windows(pairs, valid)
    told = pairs[firsts].argmin(axis=1) - REACH_TICKS
    own = references(pairs, valid, apart)[firsts]
    return Answers(talker, scores.offset_ticks, scores.can_tell, halves, told, own)


def constants(answers: Sequence[Answers]) -> dict[str, float]:
    """The median offset in ticks of each trusted source's clips."""
    offsets: dict[str, list[int]] = defaultdict(list)
    for each in answers:
        if each.trusted and each.offset is not None:
            offsets[each.talker.source].append(each.offset)
    return {source: float(np.median(values)) for source, values in sorted(offsets.items())}


def clip_is_right(each: Answers, constant: dict[str, float]) -> bool | None:
    """Whether a clip's offset is right within a tick; None where there is no truth.

    On the trusted sources the truth is their constant. Elsewhere only the other half is: the
    clip counts as right when its halves agree on the first move.
    """
    if each.offset is None:
        return None
    if each.trusted:
        return abs(each.offset - constant[each.talker.source]) <= 1
    return each.halves[0] if each.halves else None


def shares(answers: Sequence[Answers], constant: dict[str, float]) -> dict[str, Share]:
    """Shares right within a tick, over ±15 ticks."""
    told = [each for each in answers if each.offset is not None]
    trusted = [each for each in told if each.trusted]

    def about_reference(some: Sequence[Answers]) -> Share:
        hits = []
        for each in some:
            known = np.isfinite(each.references)
            hits.append(np.abs(each.windows[known] - each.references[known]) <= 1)
        return over_clips(hits)

    sure = [clip_is_right(each, constant) for each in told if each.can_tell]
    return {
        "split halves, one move": wilson([e.halves[0] for e in answers if e.halves]),
        "split halves, 5 moves": over_clips([e.halves for e in answers]),
        "clips, trusted, about constant": wilson(
            [abs((e.offset or 0) - constant[e.talker.source]) <= 1 for e in trusted]
        ),
        "clips, trusted, about 0": wilson([abs(e.offset or 0) <= 1 for e in trusted]),
        "clips, all, about 0": wilson([abs(e.offset or 0) <= 1 for e in told]),
        "windows about reference": about_reference(answers),
        "windows about reference, trusted": about_reference([e for e in answers if e.trusted]),
        "windows about 0": over_clips([np.abs(e.windows) <= 1 for e in answers]),
        "windows about 0, trusted": over_clips(
            [np.abs(e.windows) <= 1 for e in answers if e.trusted]
        ),
        "clips it can tell": wilson([e.can_tell for e in answers]),
        "right where it can tell": wilson([r for r in sure if r is not None]),
    }
