"""The mel spectrogram that StableSyncNet hears, and its windows."""

from __future__ import annotations

import functools
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = [
    "MEL_BANDS",
    "SAMPLE_RATE_HZ",
    "WINDOW_COLUMNS",
    "Samples",
    "mel_columns",
    "mel_spectrogram",
    "mel_windows",
    "window_column",
]

SAMPLE_RATE_HZ = 16_000
MEL_BANDS = 80
WINDOW_COLUMNS = 52
COLUMNS_PER_SECOND = 80
_FFT_SAMPLES = 800
_HOP_SAMPLES = SAMPLE_RATE_HZ // COLUMNS_PER_SECOND
_PRE_EMPHASIS = 0.97
_PIECE_COLUMNS = 1600
_LOWEST_HZ = 55.0
_HIGHEST_HZ = 7600.0
# Slaney's scale: even steps up to here, and from here on 27 to a factor of 6.4.
_EVEN_HZ = 1000.0
_EVEN_STEP_HZ = 200.0 / 3.0
_LOG_STEP = np.log(6.4) / 27.0
# The level that digital silence has: 20 log10(1e-5) - 20 = -120 dB lies below the clip.
SILENCE = -4.0


class Samples(Protocol):
    """``[n]`` float32, 16 kHz mono, in [-1, 1]; in memory or on disk: it is read in pieces."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> NDArray[Any]: ...


@functools.cache
def _filterbank() -> NDArray[np.float32]:
    """Triangles ``[80, 401]``, evenly spaced on the mel scale of Slaney's Auditory Toolbox (1998)
    and each of the same area, as ``librosa.filters.mel`` makes them. To ask librosa would bring
    numba and scikit-learn along, 260 MB and more than a second at each start, for one matrix."""
    corners = _hertz(np.linspace(_mels(_LOWEST_HZ), _mels(_HIGHEST_HZ), MEL_BANDS + 2))[:, None]
    bins = np.fft.rfftfreq(_FFT_SAMPLES, 1.0 / SAMPLE_RATE_HZ)
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    bank: NDArray[np.float32] = (triangles * 2.0 / (high - low)).astype(np.float32)
    return bank


def _mels(hertz: float) -> float:
    if hertz < _EVEN_HZ:
        return hertz / _EVEN_STEP_HZ
    return _EVEN_HZ / _EVEN_STEP_HZ + float(np.log(hertz / _EVEN_HZ)) / _LOG_STEP


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    above = mels - _EVEN_HZ / _EVEN_STEP_HZ
    return np.where(above < 0, mels * _EVEN_STEP_HZ, _EVEN_HZ * np.exp(_LOG_STEP * above))


def mel_spectrogram(samples: Samples) -> NDArray[np.float32]:
    """Wav2Lip's normalised mel spectrogram, as LatentSync uses it.

    Args:
        samples: ``[n]``, 16 kHz mono, in [-1, 1].

    Returns:
        ``[80, 1 + n // 200]`` in [-4, 4], 80 columns a second; column c is centred on
        c / 80 seconds.
    """
    columns = 1 + len(samples) // _HOP_SAMPLES
    mel = np.empty((MEL_BANDS, columns), np.float32)
    for begin in range(0, columns, _PIECE_COLUMNS):
        end = min(begin + _PIECE_COLUMNS, columns)
        mel[:, begin:end] = mel_columns(samples, begin, end)
    return mel


def mel_columns(samples: Samples, begin: int, end: int) -> NDArray[np.float32]:
    """Columns ``begin`` to ``end`` of the mel spectrogram, ``[80, end - begin]``, and no more than
    there are: a minute's spectrum alone is 30 MB, so a long one is made in pieces."""
    end = min(end, 1 + len(samples) // _HOP_SAMPLES)
    if end <= begin:
        return np.zeros((MEL_BANDS, 0), np.float32)
    first = begin * _HOP_SAMPLES - _FFT_SAMPLES // 2
    last = (end - 1) * _HOP_SAMPLES + _FFT_SAMPLES // 2
    low, high = max(0, first), min(len(samples), last)
    before = samples[max(0, low - 1) : high].astype(np.float32)
    emphasised = np.append(before[:1], before[1:] - _PRE_EMPHASIS * before[:-1])
    if low > 0:
        emphasised = emphasised[1:]
    # Before and after the clip there is silence.
    emphasised = np.pad(emphasised, (low - first, last - high))
    spectrum = torch.stft(
        torch.from_numpy(emphasised.astype(np.float32)),
        n_fft=_FFT_SAMPLES,
        hop_length=_HOP_SAMPLES,
        window=torch.hann_window(_FFT_SAMPLES),
        center=False,
        return_complex=True,
    )
    mel = _filterbank() @ spectrum.abs().numpy()
    decibels = 20.0 * np.log10(np.maximum(1e-5, mel)) - 20.0
    levels: NDArray[np.float32] = np.clip(8.0 * ((decibels + 100.0) / 100.0) - 4.0, -4.0, 4.0)
    return levels


def window_column(first_tick: float) -> int:
    """The mel column at which the window whose first frame is ``first_tick`` starts."""
    return int(COLUMNS_PER_SECOND * first_tick / 25)


def mel_windows(mel: NDArray[np.float32], first_ticks: NDArray[np.intp]) -> NDArray[np.float32]:
    """Cut windows of 52 columns (0.65 s), padded with silence past the end.

    Args:
        mel: ``[80, columns]``.
        first_ticks: ``[n]``, the first tick of each window, 0 or more.

    Returns:
        ``[n, 1, 80, 52]``.
    """
    starts = np.array([window_column(int(s)) for s in first_ticks], dtype=np.intp)
    needed = int(starts.max(initial=0)) + WINDOW_COLUMNS
    if needed > mel.shape[1]:
        mel = np.pad(mel, ((0, 0), (0, needed - mel.shape[1])), constant_values=SILENCE)
    columns = starts[:, None] + np.arange(WINDOW_COLUMNS)
    return np.ascontiguousarray(mel[:, columns].transpose(1, 0, 2)[:, None])
