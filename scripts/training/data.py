"""Prepared talkers (see prepare_talkers.py) and the groups of windows that teach sync.

A group holds windows of one speaker, close together in time. Negatives from other clips would let
the network win by recognising the clip; negatives of the same speaker teach it sync.
"""

from __future__ import annotations

import csv
import functools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.frontend import FrontEnd

WINDOW_TICKS = 16
COLUMNS_PER_TICK = 3.2
SILENCE = -4.0


@dataclass(frozen=True)
class Talker:
    """One prepared clip: ``mouths`` uint8 [ticks, 64, 128, 3], ``mel`` [80, columns]."""

    name: str
    speaker: str
    source: str
    kind: str
    path: Path
    mel: NDArray[np.float32]
    speech: NDArray[np.bool_]
    found: NDArray[np.bool_]

    @property
    def ticks(self) -> int:
        return len(self.speech)

    @functools.cached_property
    def mouths(self) -> NDArray[np.uint8]:
        array: NDArray[np.uint8] = np.load(self.path, mmap_mode="r")
        return array

    def pictures(self, front_end: FrontEnd) -> NDArray[np.uint8]:
        """``[ticks, h, w, 3]``, what a network sees of the mouths."""
        return np.stack([front_end.picture(mouth) for mouth in self.mouths])

    def first_ticks(self, window: int) -> NDArray[np.intp]:
        """First ticks of windows whose face is seen throughout and whose middle is speech."""
        count = self.ticks - window + 1
        if count <= 0:
            return np.zeros(0, dtype=np.intp)
        seen = np.convolve(self.found, np.ones(window), "valid") == window
        return np.flatnonzero(seen & self.speech[window // 2 : window // 2 + count])

    def mel_window(self, first_tick: float, columns: int) -> NDArray[np.float32]:
        """``[80, columns]`` from a tick on, whole or fractional, padded with silence."""
        start = int(COLUMNS_PER_TICK * first_tick + 1e-6)
        piece = self.mel[:, max(0, start) : start + columns]
        before = max(0, -start)
        after = columns - piece.shape[1] - before
        if before or after:
            piece = np.pad(piece, ((0, 0), (before, after)), constant_values=SILENCE)
        return piece


def load_talkers(data: Path, cache: Path, split: str, kinds: tuple[str, ...]) -> list[Talker]:
    """The prepared clips of a split."""
    talkers = []
    with open(data / "manifest.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stem = Path(row["file"]).stem
            arrays_path = cache / f"{stem}.npz"
            if row["split"] != split or row["kind"] not in kinds or not arrays_path.exists():
                continue
            with np.load(arrays_path) as arrays:
                talkers.append(
                    Talker(
                        name=stem,
                        speaker=row["speaker"] or f"clip-{stem}",
                        source=row["source"],
                        kind=row["kind"],
                        path=cache / f"{stem}.npy",
                        mel=arrays["mel"].astype(np.float32),
                        speech=arrays["speech"],
                        found=arrays["found"],
                    )
                )
    return talkers


@dataclass(frozen=True)
class Place:
    """A window, or the begin of a piece: where in which clip."""

    talker: Talker
    first_tick: int


class GroupSampler:
    """Draws groups of places of one speaker.

    Args:
        talkers: the clips.
        window: ticks that a place must have behind it.
        balance: exponent on a speaker's minutes; 1 draws by window, 0 by speaker.
        rng: random numbers.
    """

    SPAN_TICKS = 80

    def __init__(
        self, talkers: list[Talker], window: int, balance: float, rng: np.random.Generator
    ) -> None:
        self.window, self.rng = window, rng
        by_speaker: dict[str, list[tuple[Talker, NDArray[np.intp]]]] = defaultdict(list)
        for talker in talkers:
            if len(firsts := talker.first_ticks(window)):
                by_speaker[talker.speaker].append((talker, firsts))
        self.speakers = list(by_speaker.values())
        minutes = np.array([sum(len(f) for _, f in clips) for clips in self.speakers], float)
        self.set_balance(balance, minutes)
        self.minutes = minutes

    def set_balance(self, balance: float, minutes: NDArray[np.float64] | None = None) -> None:
        weights = (self.minutes if minutes is None else minutes) ** balance
        self.speaker_p = weights / weights.sum()

    def windows(self, count: int, apart: int) -> list[Place]:
        """``count`` places, ``apart`` ticks or more from each other."""
        places: list[Place] = []
        clips = self.speakers[self.rng.choice(len(self.speakers), p=self.speaker_p)]
        for _ in range(1000):
            for index in self.rng.permutation(len(clips))[:6]:
                talker, firsts = clips[index]
                taken = [p.first_tick for p in places if p.talker is talker]
                middle = self.rng.choice(firsts)
                near = firsts[np.abs(firsts - middle) <= self.SPAN_TICKS // 2]
                for first in self.rng.permutation(near):
                    if all(abs(first - other) >= apart for other in taken):
                        taken.append(int(first))
                        places.append(Place(talker, int(first)))
                        if len(places) == count:
                            return places
            # A speaker with little to say: fill up with another.
            clips = self.speakers[self.rng.choice(len(self.speakers), p=self.speaker_p)]
        raise RuntimeError("too few windows to fill a group")

    def pieces(self, count: int, length: int) -> list[Place]:
        """``count`` running pieces of ``length`` ticks that do not overlap."""
        places: list[Place] = []
        clips = self.speakers[self.rng.choice(len(self.speakers), p=self.speaker_p)]
        for _ in range(1000):
            for index in self.rng.permutation(len(clips)):
                talker, firsts = clips[index]
                room = talker.ticks - length
                if room < 0:
                    continue
                start = int(np.clip(self.rng.choice(firsts) - self.rng.integers(length), 0, room))
                # Whole mel columns: 5 ticks are 16.
                start -= start % 5
                while start + length <= talker.ticks and len(places) < count:
                    places.append(Place(talker, start))
                    start += -(-length // 5) * 5
                if len(places) == count:
                    return places
            clips = self.speakers[self.rng.choice(len(self.speakers), p=self.speaker_p)]
        raise RuntimeError("too few pieces to fill a group")
