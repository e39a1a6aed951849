"""The mel is librosa's, without librosa."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from syncfix.syncnet import mel


def test_the_filters_are_those_of_librosa() -> None:
    theirs = librosa.filters.mel(sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7600)
    np.testing.assert_allclose(mel._filterbank(), theirs, atol=1e-8)


@pytest.mark.parametrize("seconds", [0.3, 2.0, 25.0])
def test_the_spectrogram_is_that_of_librosa(seconds: float) -> None:
    rng = np.random.default_rng(0)
    samples = (0.1 * rng.standard_normal(int(16_000 * seconds))).astype(np.float32)
    samples[: len(samples) // 4] *= 1e-3
    emphasised = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
    spectrum = np.abs(librosa.stft(emphasised, n_fft=800, hop_length=200, pad_mode="constant"))
    theirs = librosa.filters.mel(sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7600) @ spectrum
    level = 20 * np.log10(np.maximum(1e-5, theirs)) - 20
    wanted = np.clip(8 * (level + 100) / 100 - 4, -4, 4)
    np.testing.assert_allclose(mel.mel_spectrogram(samples), wanted, atol=2e-5)
