"""How far the local path may go at each tick, by how people speak there.

Fast clear speech says much about its timing: a wrong offset far away is then more likely chance
than truth, and the path is held near. Slow speech and pauses say little in a tick, and that is
where clips slip, so the path may go farther. The rule, with r the syllable rate over 1.2 s:

    reach = window + 2                at r <= 2 syllables a second, and where nobody speaks
    reach = window                    at 4
    reach = window - 1                at 6 and more, where it is as loud as half of the speech

linear between, rounded, never below 1, and changed by at most a tick from one tick to the next,
since a path can't follow more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

__all__ = ["adaptive_reach", "syllable_rate"]

_COLUMNS_PER_TICK = 3.2
_SPAN_TICKS = 30
# Vowels lie between 300 Hz and 3 kHz: these bands of the 80 between 55 Hz and 7.6 kHz.
_VOWEL_BANDS = slice(10, 55)


def syllable_rate(mel: NDArray[np.float32], ticks: int) -> NDArray[np.float64]:
    """``[ticks]`` syllables a second over 1.2 s, counted as peaks of the vowels' energy.

    After de Jong and Wempe 2009 (doi:10.3758/BRM.41.2.385): a peak of the intensity with a dip
    beside it is a syllable's nucleus. Here the dip is 0.3 of the mel's units, 3.75 dB.
    """
    # Late: it brings scipy.stats with it, a second or more that only --adaptive should take.
    from scipy.signal import find_peaks

    envelope = gaussian_filter1d(mel[_VOWEL_BANDS].mean(axis=0).astype(np.float64), 2.4)
    peaks, _ = find_peaks(envelope, prominence=0.3, distance=7)
    at_tick = np.zeros(ticks)
    np.add.at(at_tick, np.minimum((peaks / _COLUMNS_PER_TICK).astype(int), ticks - 1), 1.0)
    rate: NDArray[np.float64] = uniform_filter1d(at_tick, _SPAN_TICKS, mode="nearest") * 25.0
    return rate


def adaptive_reach(
    mel: NDArray[np.float32], speech: NDArray[np.bool_], window_ticks: int
) -> NDArray[np.intp]:
    """How far from the centre the path may go at each tick.

    Args:
        mel: ``[80, columns]`` from tick 0 on.
        speech: ``[ticks]``, where somebody speaks.
        window_ticks: the reach at 4 syllables a second.

    Returns:
        ``[ticks]`` whole ticks, 1 or more.
    """
    ticks = len(speech)
    columns = np.minimum((np.arange(ticks) * _COLUMNS_PER_TICK).astype(int), mel.shape[1] - 1)
    loud = uniform_filter1d(mel[_VOWEL_BANDS].mean(axis=0).astype(np.float64), 16)[columns]
    rate = syllable_rate(mel, ticks)
    near = np.where(speech & (loud >= np.median(loud[speech]) if speech.any() else False), -1, 0)
    reach = np.interp(rate, [2.0, 4.0], [2.0, 0.0]) + np.interp(rate, [4.0, 6.0], [0.0, 1.0]) * near
    wanted = np.round(window_ticks + np.where(speech, reach, 2.0))
    bound: NDArray[np.intp] = np.maximum(1, wanted).astype(np.intp)
    # A path can't follow a reach that falls by more than one: let it fall early.
    for tick in range(1, ticks):
        bound[tick] = min(bound[tick], bound[tick - 1] + 1)
    for tick in range(ticks - 2, -1, -1):
        bound[tick] = min(bound[tick], bound[tick + 1] + 1)
    return bound
