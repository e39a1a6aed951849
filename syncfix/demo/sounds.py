"""What both synthesisers return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAMPLE_RATE_HZ", "SILENCE", "Phoneme", "Speech"]

SAMPLE_RATE_HZ = 16000
SILENCE = "_"


@dataclass(frozen=True)
class Phoneme:
    """One sound of speech.

    Attributes:
        symbol: as espeak-ng writes it (Kirshenbaum's ASCII, without stress marks): ``m``, ``A:``,
            ``oU``; ``_`` is silence.
        start_seconds, end_seconds: when it sounds, from the first sample on.
    """

    symbol: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Speech:
    """Speech, and what is said in it when.

    Attributes:
        samples: float32 ``[n]``, 16 kHz mono, in [-1, 1].
        phonemes: in order, without gaps.
        engine: ``espeak-ng`` or ``formants``.
    """

    samples: NDArray[np.float32]
    phonemes: tuple[Phoneme, ...]
    engine: str

    @property
    def duration_seconds(self) -> float:
        """How long the samples last."""
        return len(self.samples) / SAMPLE_RATE_HZ

    def delayed(self, seconds: float) -> Speech:
        """The same after ``seconds`` of silence."""
        pause = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)
        lead = len(pause) / SAMPLE_RATE_HZ
        moved = (
            Phoneme(p.symbol, p.start_seconds + lead, p.end_seconds + lead) for p in self.phonemes
        )
        return Speech(
            np.concatenate([pause, self.samples]),
            (Phoneme(SILENCE, 0.0, lead), *moved),
            self.engine,
        )

    def lasting(self, seconds: float) -> Speech:
        """The same cut, or filled up with silence, to ``seconds``."""
        samples = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)
        kept = min(len(samples), len(self.samples))
        samples[:kept] = self.samples[:kept]
        phonemes = [
            Phoneme(p.symbol, p.start_seconds, min(p.end_seconds, seconds))
            for p in self.phonemes
            if p.start_seconds < seconds
        ]
        if not phonemes or phonemes[-1].end_seconds < seconds:
            said_until = phonemes[-1].end_seconds if phonemes else 0.0
            phonemes.append(Phoneme(SILENCE, said_until, seconds))
        return Speech(samples, tuple(phonemes), self.engine)
