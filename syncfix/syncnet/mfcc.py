"""The cepstral coefficients that the original SyncNet hears."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.mel import SAMPLE_RATE_HZ, Samples

__all__ = ["COEFFICIENTS", "COLUMNS_PER_TICK", "mfcc", "mfcc_columns"]

COEFFICIENTS = 13
# 100 columns a second.
COLUMNS_PER_TICK = 4
_HOP_SAMPLES = SAMPLE_RATE_HZ // 100
_FRAME_SAMPLES = SAMPLE_RATE_HZ // 40
_FFT_SAMPLES = 512
_FILTERS = 26
_LIFTER = 22
_PRE_EMPHASIS = 0.97
# The network was trained on 16-bit samples as they are.
_FULL_SCALE = 32768.0
_LEAST = float(np.finfo(np.float64).eps)
# Frames computed at once: half a minute, some 12 MB.
_BATCH = 3000


@functools.cache
def _filterbank() -> NDArray[np.float64]:
    """Triangles ``[26, 257]`` whose corners lie on whole bins, as HTK's do not."""
    top = 2595.0 * np.log10(1.0 + SAMPLE_RATE_HZ / 2 / 700.0)
    hertz = 700.0 * (10.0 ** (np.linspace(0.0, top, _FILTERS + 2) / 2595.0) - 1.0)
    corners = np.floor((_FFT_SAMPLES + 1) * hertz / SAMPLE_RATE_HZ)
    place = np.arange(_FFT_SAMPLES // 2 + 1)
    low, middle, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising = (place >= low) & (place < middle)
    falling = (place >= middle) & (place < high)
    up = (place - low) / np.maximum(middle - low, 1.0)
    down = (high - place) / np.maximum(high - middle, 1.0)
    bank: NDArray[np.float64] = np.where(rising, up, np.where(falling, down, 0.0))
    return bank


def mfcc(samples: Samples) -> NDArray[np.float32]:
    """13 coefficients in frames of 25 ms, 100 a second, with rectangular windows.

    The first coefficient is the logarithm of the frame's energy; the others are liftered.

    Args:
        samples: ``[n]``, 16 kHz mono, in [-1, 1].

    Returns:
        ``[13, n // 160]``; column c begins at c / 100 seconds, the last ones reach into silence.
    """
    count = len(samples) // _HOP_SAMPLES
    out = np.empty((COEFFICIENTS, count), dtype=np.float32)
    for begin in range(0, count, _BATCH):
        end = min(begin + _BATCH, count)
        out[:, begin:end] = mfcc_columns(samples, begin, end)
    return out


def mfcc_columns(samples: Samples, begin: int, end: int) -> NDArray[np.float32]:
    """Columns ``begin`` to ``end`` of them, ``[13, end - begin]``, and no more than there are."""
    # Late: it takes a third of a second, and only the original SyncNet hears these.
    from scipy.fft import dct

    end = min(end, len(samples) // _HOP_SAMPLES)
    if end <= begin:
        return np.zeros((COEFFICIENTS, 0), np.float32)
    low = begin * _HOP_SAMPLES
    need = (end - 1 - begin) * _HOP_SAMPLES + _FRAME_SAMPLES
    before = samples[max(0, low - 1) : low + need].astype(np.float32)
    whole = np.clip(np.rint(before * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    whole = whole.astype(np.float64)
    emphasised = np.append(whole[:1], whole[1:] - _PRE_EMPHASIS * whole[:-1])
    if low > 0:
        emphasised = emphasised[1:]
    padded = np.pad(emphasised, (0, need - len(emphasised)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME_SAMPLES)[::_HOP_SAMPLES]
    power = np.abs(np.fft.rfft(frames, _FFT_SAMPLES)) ** 2 / _FFT_SAMPLES
    bands = power @ _filterbank().T
    level = np.log(np.where(bands == 0.0, _LEAST, bands))
    lifter = 1.0 + _LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / _LIFTER)
    cepstrum = dct(level, type=2, axis=1, norm="ortho")[:, :COEFFICIENTS] * lifter
    energy = power.sum(axis=1)
    cepstrum[:, 0] = np.log(np.where(energy == 0.0, _LEAST, energy))
    columns: NDArray[np.float32] = cepstrum.T.astype(np.float32)
    return columns
