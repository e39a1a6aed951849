"""From phonemes to the shape of the mouth: a target for each, and coarticulation between them.

Targets and weights (how firmly a sound holds its shape against its neighbours) follow the idea of
Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993); the numbers are
set by eye.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.demo.sounds import Phoneme

__all__ = ["mouth_track"]


@dataclass(frozen=True)
class _Target:
    """Opening in [0, 1], width and rounding in [-1, 1] (rounding < 0: lips pressed), weight > 0."""

    opening: float
    width: float
    rounding: float
    weight: float = 1.0


_REST = _Target(0.02, 0.0, -0.1, 0.5)
_SHUT = _Target(0.0, 0.0, -0.9, 1.0)
_TEETH_ON_LIP = _Target(0.10, 0.15, -0.6, 1.6)
_NARROW = _Target(0.18, -0.3, 0.95, 1.4)
_TONGUE = _Target(0.24, 0.15, 0.0, 0.35)
_NEUTRAL = _Target(0.28, 0.0, 0.0, 0.2)
_OPEN = _Target(0.95, 0.0, 0.0)
_A = _Target(0.85, 0.25, 0.0)
_E = _Target(0.55, 0.5, 0.0)
_I = _Target(0.30, 0.9, 0.0)
_SHORT_I = _Target(0.38, 0.5, 0.0, 0.8)
_U = _Target(0.22, -0.4, 1.0, 1.2)
_SHORT_U = _Target(0.32, -0.2, 0.7)
_OH = _Target(0.52, -0.3, 0.75)
_AW = _Target(0.75, -0.2, 0.45)
_SCHWA = _Target(0.40, 0.0, 0.0, 0.6)

# Sounds whose two halves differ have two targets.
_TARGETS: dict[str, tuple[_Target, ...]] = {
    "_": (_REST,),
    **dict.fromkeys(("b", "m"), (_SHUT,)),
    # Closure, then breath.
    "p": (_SHUT, _NEUTRAL),
    **dict.fromkeys(("f", "v"), (_TEETH_ON_LIP,)),
    "w": (_NARROW,),
    "r": (_Target(0.25, -0.1, 0.5, 0.7),),
    **dict.fromkeys(("S", "Z", "tS", "dZ"), (_Target(0.22, -0.1, 0.55, 0.9),)),
    **dict.fromkeys(("s", "z"), (_Target(0.14, 0.4, 0.0, 0.8),)),
    **dict.fromkeys(("t", "d", "n", "l", "T", "D"), (_TONGUE,)),
    **dict.fromkeys(("k", "g", "h", "N", "j"), (_NEUTRAL,)),
    **dict.fromkeys(("A:", "A", "A@", "0", "aa"), (_OPEN,)),
    **dict.fromkeys(("a", "V", "&"), (_A,)),
    **dict.fromkeys(("E", "e", "e@", "E@"), (_E,)),
    **dict.fromkeys(("i:", "i"), (_I,)),
    "I": (_SHORT_I,),
    **dict.fromkeys(("u:", "u"), (_U,)),
    "U": (_SHORT_U,),
    **dict.fromkeys(("O:", "O", "O@", "o@"), (_AW,)),
    **dict.fromkeys(("o", "o:"), (_OH,)),
    "aI": (_OPEN, _SHORT_I),
    "eI": (_E, _I),
    "oU": (_OH, _U),
    "aU": (_OPEN, _SHORT_U),
    "OI": (_AW, _SHORT_I),
    **dict.fromkeys(("@", "3", "3:", "@2", "@L", "I2"), (_SCHWA,)),
}
# Lips get ready before the sound that needs them: in natural speech the mouth leads the voice by
# 100 ms and more (Chandrasekaran et al., "The natural statistics of audiovisual speech", 2009).
# Without this lead a network that was trained on real people, and reads 0 to 40 ms on those, sees
# 110 ms of delay in the talker.
_LEAD_SECONDS = 0.1
_STEP_SECONDS = 0.002
_SMOOTHING_SECONDS = 0.13
_SHUT_SMOOTHING_SECONDS = 0.07
# Lips shut firmly in most of a bilabial, however open its neighbours are.
_SHUT_GAIN = 1.5


def mouth_track(
    phonemes: tuple[Phoneme, ...], times_seconds: NDArray[np.floating]
) -> NDArray[np.float64]:
    """How the mouth is shaped at each time.

    Smoothing is symmetric; all lips lead the sound by the same 0.1 s.

    Args:
        phonemes: in order, without gaps.
        times_seconds: ``[n]``; before the first and after the last phoneme the mouth rests.

    Returns:
        ``[n, 3]``: opening in [0, 1] (0: lips together), width in [-1, 1] (1: spread), rounding in
        [-1, 1] (1: round and forward, -1: lips pressed together).
    """
    begin = min((p.start_seconds for p in phonemes), default=0.0) - 1.0
    end = max((p.end_seconds for p in phonemes), default=0.0) + 1.0
    grid = np.arange(begin, end, _STEP_SECONDS)
    targets = np.tile(_row(_REST), (len(grid), 1))
    shut = np.zeros(len(grid))
    for phoneme in phonemes:
        shapes = _targets(phoneme.symbol)
        edges = np.linspace(phoneme.start_seconds, phoneme.end_seconds, len(shapes) + 1)
        for shape, first, last in zip(shapes, edges[:-1], edges[1:], strict=True):
            held = (grid >= first) & (grid < last)
            targets[held] = _row(shape)
            shut[held] = 1.0 if shape is _SHUT else 0.0
    track = _coarticulated(targets, _kernel(_SMOOTHING_SECONDS))
    closure = np.convolve(shut, _kernel(_SHUT_SMOOTHING_SECONDS), mode="same")
    closure = np.clip(_SHUT_GAIN * closure, 0.0, 1.0)[:, None]
    track[:, [0, 2]] += closure * (_row(_SHUT)[[0, 2]] - track[:, [0, 2]])
    times = np.clip(np.asarray(times_seconds) + _LEAD_SECONDS, grid[0], grid[-1])
    return np.stack([np.interp(times, grid, column) for column in track.T], axis=1)


def _targets(symbol: str) -> tuple[_Target, ...]:
    """The targets of a symbol; of one that is not in the table, those of its first letters."""
    for length in range(len(symbol), 0, -1):
        if symbol[:length] in _TARGETS:
            return _TARGETS[symbol[:length]]
    return (_NEUTRAL,)


def _row(target: _Target) -> NDArray[np.float64]:
    return np.array([target.opening, target.width, target.rounding, target.weight])


def _kernel(seconds: float) -> NDArray[np.float64]:
    """A Hann window of that length between its feet, of sum 1 and odd length."""
    half = round(seconds / 2 / _STEP_SECONDS)
    window = np.hanning(2 * half + 1)
    return window / window.sum()


def _coarticulated(
    targets: NDArray[np.float64], kernel: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted means of neighbouring targets: ``[n, 4]`` to ``[n, 3]``."""
    weight = np.convolve(targets[:, 3], kernel, mode="same")
    shapes = [
        np.convolve(targets[:, k] * targets[:, 3], kernel, mode="same") / np.maximum(weight, 1e-9)
        for k in range(3)
    ]
    return np.stack(shapes, axis=1)
