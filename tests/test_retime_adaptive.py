"""The window is narrow in fast loud speech and wide in slow speech and pauses."""

from __future__ import annotations

import numpy as np

from syncfix.retime import adaptive_reach
from syncfix.retime.adaptive import syllable_rate

TICKS = 300


def syllables(rate_hz: float, loud: float = 2.0) -> np.ndarray:
    """``[80, columns]``: a mel whose loudness rises and falls so many times a second."""
    seconds = np.arange(int(TICKS * 3.2) + 52) / 80.0
    level = -2.0 + (loud + 2.0) * (0.5 - 0.5 * np.cos(2 * np.pi * rate_hz * seconds))
    return np.repeat(level[None], 80, axis=0).astype(np.float32)


def test_syllables_are_counted() -> None:
    for rate in (2.0, 4.0, 6.0):
        found = syllable_rate(syllables(rate), TICKS)[40:-40]
        assert abs(found.mean() - rate) < 0.5


def test_fast_speech_narrows_and_slow_speech_widens() -> None:
    speech = np.ones(TICKS, bool)
    fast = adaptive_reach(syllables(6.5), speech, 3)[40:-40].mean()
    normal = adaptive_reach(syllables(4.0), speech, 3)[40:-40].mean()
    slow = adaptive_reach(syllables(2.0), speech, 3)[40:-40].mean()
    assert fast < normal < slow
    assert abs(normal - 3) < 0.5


def test_pauses_widen_and_no_reach_changes_by_more_than_one() -> None:
    speech = np.ones(TICKS, bool)
    speech[120:180] = False
    reach = adaptive_reach(syllables(6.5), speech, 3)
    assert reach[150] == 5
    assert np.abs(np.diff(reach)).max() <= 1
    assert reach.min() >= 1


def test_silence_is_wide() -> None:
    silent = np.full((80, 1100), -4.0, np.float32)
    assert (adaptive_reach(silent, np.zeros(TICKS, bool), 3) == 5).all()
