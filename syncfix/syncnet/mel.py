"""The mel spectrogram that StableSyncNet hears, and its windows."""

from __future__ import annotations

import functools

import librosa
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MEL_BANDS",
    "SAMPLE_RATE_HZ",
    "WINDOW_COLUMNS",
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
# The level that digital silence has: 20 log10(1e-5) - 20 = -120 dB lies below the clip.
SILENCE = -4.0


@functools.cache
def _filterbank() -> NDArray[np.float32]:
    bank: NDArray[np.float32] = librosa.filters.mel(
        sr=SAMPLE_RATE_HZ, n_fft=_FFT_SAMPLES, n_mels=MEL_BANDS, fmin=55, fmax=7600
    ).astype(np.float32)
    return bank


def mel_spectrogram(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Wav2Lip's normalised mel spectrogram, as LatentSync uses it.

    Args:
        samples: ``[n]``, 16 kHz mono, in [-1, 1].

    Returns:
        ``[80, 1 + n // 200]`` in [-4, 4], 80 columns a second; column c is centred on
        c / 80 seconds.
    """
    emphasised = np.append(samples[:1], samples[1:] - _PRE_EMPHASIS * samples[:-1])
    spectrum = librosa.stft(
        emphasised.astype(np.float32),
        n_fft=_FFT_SAMPLES,
        hop_length=_HOP_SAMPLES,
        win_length=_FFT_SAMPLES,
    )
    mel = _filterbank() @ np.abs(spectrum)
    decibels = 20.0 * np.log10(np.maximum(1e-5, mel)) - 20.0
    return np.clip(8.0 * ((decibels + 100.0) / 100.0) - 4.0, -4.0, 4.0).astype(np.float32)


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
