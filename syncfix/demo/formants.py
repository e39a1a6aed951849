"""A small formant synthesiser: says text letter by letter, as plain syllables.

A pulse train and noise through three resonators whose frequencies glide (Klatt, "Software for a
cascade/parallel formant synthesizer", 1980, in a very small form). It is no good voice, but its
vowels, closures and bursts lie where its phonemes say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from syncfix.demo.sounds import SAMPLE_RATE_HZ, SILENCE, Phoneme, Speech

__all__ = ["say"]


@dataclass(frozen=True)
class _Sound:
    """How a sound is made: formants, loudness of voice and of noise, and how long it lasts."""

    formants_hz: tuple[float, float, float]
    voice: float
    noise: float
    seconds: float


_SOUNDS: dict[str, _Sound] = {
    SILENCE: _Sound((500, 1500, 2500), 0.0, 0.0, 0.3),
    "A:": _Sound((780, 1200, 2600), 1.0, 0.0, 0.19),
    "E": _Sound((560, 1850, 2600), 0.9, 0.0, 0.15),
    "i:": _Sound((300, 2350, 3000), 0.8, 0.0, 0.15),
    "oU": _Sound((480, 850, 2500), 0.9, 0.0, 0.19),
    "u:": _Sound((320, 750, 2400), 0.8, 0.0, 0.16),
    "m": _Sound((270, 1000, 2200), 0.30, 0.0, 0.09),
    "b": _Sound((200, 800, 2200), 0.08, 0.0, 0.08),
    "p": _Sound((300, 800, 2200), 0.0, 0.01, 0.09),
    "f": _Sound((400, 1400, 3500), 0.0, 0.10, 0.10),
    "v": _Sound((300, 1200, 2300), 0.20, 0.05, 0.08),
    "w": _Sound((300, 650, 2200), 0.5, 0.0, 0.09),
    "n": _Sound((280, 1600, 2600), 0.3, 0.0, 0.07),
    "l": _Sound((360, 1200, 2700), 0.5, 0.0, 0.07),
    "d": _Sound((250, 1700, 2600), 0.05, 0.02, 0.07),
    "t": _Sound((300, 1800, 2700), 0.0, 0.03, 0.08),
    "s": _Sound((500, 2500, 6000), 0.0, 0.15, 0.10),
    "k": _Sound((300, 1900, 2400), 0.0, 0.03, 0.08),
    "h": _Sound((600, 1400, 2500), 0.0, 0.06, 0.06),
}
_SPELLED = {
    **dict(zip("aeiou", ("A:", "E", "i:", "oU", "u:"), strict=True)),
    **{letter: letter for letter in "mbpfvwnldtskh"},
    **{"c": "k", "g": "k", "q": "k", "j": "d", "r": "l", "y": "i:", "z": "s", "x": "s"},
}
_BANDWIDTHS_HZ = (90.0, 110.0, 170.0)
_STRIDE = 80  # samples that share one filter: 5 ms
_GLIDE_SECONDS = 0.04
_PITCH_HZ = 190.0


def say(text: str) -> Speech:
    """Say ``text`` letter by letter; the same samples each time."""
    phonemes = tuple(_spelled(text))
    if not phonemes:
        return Speech(np.zeros(0, np.float32), (), "formants")
    count = round(phonemes[-1].end_seconds * SAMPLE_RATE_HZ)
    tracks = _tracks(phonemes, count)
    time = np.arange(count) / SAMPLE_RATE_HZ
    pitch = _PITCH_HZ * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * time) - 0.02 * time)
    phase = np.cumsum(pitch) / SAMPLE_RATE_HZ
    # A sawtooth falls by 6 dB an octave less than a glottal pulse, which the radiation gives back.
    voice = 2 * (phase % 1.0) - 1
    noise = np.random.default_rng(0).standard_normal(count)
    sound = _resonate(voice * tracks[:, 3] + noise * tracks[:, 4], tracks[:, :3])
    return Speech(sound.astype(np.float32), phonemes, "formants")


def _spelled(text: str) -> list[Phoneme]:
    """One phoneme for each letter, a double letter once; a pause for each stop."""
    out: list[Phoneme] = []
    now = 0.0
    previous = ""
    for letter in text.lower():
        symbol = SILENCE if letter in ".,;:!?" else _SPELLED.get(letter, "")
        if symbol and letter != previous:
            end = now + _SOUNDS[symbol].seconds
            out.append(Phoneme(symbol, now, end))
            now = end
        previous = letter
    return out


def _tracks(phonemes: tuple[Phoneme, ...], count: int) -> NDArray[np.float64]:
    """Three formants, loudness of voice and of noise at each sample, ``[count, 5]``."""
    out = np.zeros((count, 5))
    for phoneme in phonemes:
        first = round(phoneme.start_seconds * SAMPLE_RATE_HZ)
        last = round(phoneme.end_seconds * SAMPLE_RATE_HZ)
        sound = _SOUNDS[phoneme.symbol]
        out[first:last] = (*sound.formants_hz, sound.voice, sound.noise)
    glide = np.hanning(round(_GLIDE_SECONDS * SAMPLE_RATE_HZ) | 1)
    half = len(glide) // 2
    padded = np.pad(out, ((half, half), (0, 0)), mode="edge")
    glided = [np.convolve(column, glide / glide.sum(), "valid") for column in padded.T]
    return np.stack(glided, axis=1)


def _resonate(source: NDArray[np.float64], formants_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """``source`` ``[n]`` through one resonator after another, with ``formants_hz`` ``[n, 3]``."""
    out = source.copy()
    for k, bandwidth_hz in enumerate(_BANDWIDTHS_HZ):
        radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE_HZ)
        state = np.zeros(2)
        for at in range(0, len(out), _STRIDE):
            angle = 2 * np.pi * formants_hz[at, k] / SAMPLE_RATE_HZ
            poles = [1.0, -2 * radius * np.cos(angle), radius**2]
            piece = slice(at, at + _STRIDE)
            # Gain 1 at 0 Hz, as in a cascade.
            out[piece], state = lfilter([sum(poles)], poles, out[piece], zi=state)
    return out
