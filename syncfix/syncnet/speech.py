"""Where somebody speaks: WebRTC's voice activity detector, gated by loudness."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import webrtcvad
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_opening

from syncfix.syncnet.mel import SAMPLE_RATE_HZ, Samples

__all__ = ["speech_activity", "speech_ticks"]

FRAME_SAMPLES = SAMPLE_RATE_HZ // 100  # 10 ms, the detector's shortest frame
_AGGRESSIVENESS = 2
# The detector takes steady noise for speech now and then: what lies this far below the loud
# parts of the clip is no speech that a mouth could be judged by.
_BELOW_LOUD_DB = 35.0
_FLOOR_DBFS = -60.0
# A tick's speech is what its mouth window's middle hears: 0.2 s around the tick.
_REACH_FRAMES = 10
# Frames looked at together, a minute: memory must not grow with the clip.
_PIECE_FRAMES = 6000


def speech_activity(samples: Samples) -> NDArray[np.bool_]:
    """Speech in frames of 10 ms.

    Args:
        samples: ``[n]``, 16 kHz mono, in [-1, 1].

    Returns:
        ``[n // 160]``, true where there is speech.
    """
    count = len(samples) // FRAME_SAMPLES
    if count == 0:
        return np.zeros(0, dtype=np.bool_)
    power = [np.mean(np.square(f, dtype=np.float64), axis=1) for f in _frames(samples, count)]
    level = 10.0 * np.log10(np.concatenate(power) + 1e-12)
    loud = float(np.percentile(level, 95))
    # Quiet recordings are raised first, so that the answer does not depend on the gain.
    gain = 10.0 ** ((-20.0 - loud) / 20.0) if loud > _FLOOR_DBFS else 1.0
    detector = webrtcvad.Vad(_AGGRESSIVENESS)  # it remembers what it heard before
    voiced = np.zeros(count, dtype=np.bool_)
    place = 0
    for frames in _frames(samples, count):
        for row in (np.clip(frames * gain, -1.0, 1.0) * 32767.0).astype("<i2"):
            voiced[place] = detector.is_speech(row.tobytes(), SAMPLE_RATE_HZ)
            place += 1
    active = voiced & (level > max(loud - _BELOW_LOUD_DB, _FLOOR_DBFS))
    # Bursts under 30 ms are clicks; gaps under 150 ms are the stops inside words.
    active = binary_opening(active, np.ones(3))
    closed: NDArray[np.bool_] = binary_closing(np.pad(active, 16), np.ones(15))[16:-16]
    return closed


def _frames(samples: Samples, count: int) -> Iterator[NDArray[np.float32]]:
    """The first ``count`` frames, ``[m, 160]`` at a time."""
    for begin in range(0, count, _PIECE_FRAMES):
        end = min(begin + _PIECE_FRAMES, count)
        yield samples[begin * FRAME_SAMPLES : end * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def speech_ticks(samples: Samples, tick_count: int) -> NDArray[np.bool_]:
    """Ticks around which somebody speaks.

    Args:
        samples: ``[n]``, 16 kHz mono, sample 0 at tick 0.
        tick_count: number of ticks.

    Returns:
        ``[tick_count]``; true where half of the 0.2 s around the tick's middle is speech.
    """
    active = speech_activity(samples).astype(np.float64)
    total = np.concatenate([[0.0], np.cumsum(active)])
    middle = (np.arange(tick_count) * 4) + 2  # four frames of 10 ms a tick
    low = np.clip(middle - _REACH_FRAMES, 0, len(active))
    high = np.clip(middle + _REACH_FRAMES, 0, len(active))
    share = (total[high] - total[low]) / np.maximum(high - low, 1)
    return (high > low) & (share >= 0.5)
