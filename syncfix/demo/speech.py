"""Speech with known phonemes, from the best synthesiser that is installed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syncfix.demo import espeak, formants
from syncfix.demo.sounds import SAMPLE_RATE_HZ, Phoneme, Speech

__all__ = ["SAMPLE_RATE_HZ", "TEXT", "Phoneme", "Speech", "synthesise"]

# Rich in closed lips (p, b, m) and open vowels: what lips show best.
TEXT = (
    "Papa baked a plum pie for Mama, and we all bought a big box of apples. "
    "Five women move by the farm, humming above the warm blue bay."
)
_LEAD_SECONDS = 0.4
_TAIL_SECONDS = 0.5
_PEAK = 0.7


def synthesise(text: str | None = None) -> Speech:
    """Say ``text``, or some sentences that show the lips well.

    espeak-ng speaks if espeakng-loader is installed, else a small formant synthesiser does, which
    is no more than syllables. Both give the same result each time.

    Returns:
        Speech that begins and ends in silence, its peak at 0.7.
    """
    text = TEXT if text is None else text
    said = espeak.say(text) if espeak.available() else formants.say(text)
    said = Speech(_levelled(said.samples), said.phonemes, said.engine).delayed(_LEAD_SECONDS)
    return said.lasting(said.duration_seconds + _TAIL_SECONDS)


def _levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(_PEAK / peak) if peak > 0 else samples
