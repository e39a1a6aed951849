"""What is made in pieces, so that memory does not grow, is the same as made at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from syncfix.clip.limits import check_pixels, check_seconds
from syncfix.clip.rows import RowFile
from syncfix.errors import InputError
from syncfix.models import Models
from syncfix.pipeline import measure
from syncfix.retime import costs, line, path
from syncfix.syncnet import mel, mfcc, scores, speech, vectors


@pytest.mark.parametrize("samples", [1, 150, 1600, 16_000, 33_333])
def test_mel_in_pieces(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    whole = mel.mel_spectrogram(noise)
    monkeypatch.setattr(mel, "_PIECE_COLUMNS", 7)
    assert whole.shape == (80, 1 + samples // 200)
    np.testing.assert_allclose(mel.mel_spectrogram(noise), whole, atol=1e-5)


def test_costs_and_distances_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    audio, video = rng.normal(size=(2, 60, 8)).astype(np.float32)
    audio /= np.linalg.norm(audio, axis=1, keepdims=True)
    video /= np.linalg.norm(video, axis=1, keepdims=True)

    stored = [RowFile(60, (8,), np.float32) for _ in range(2)]
    stored[0][0], stored[1][0] = audio, video

    def made(said: vectors.Vectors, seen: vectors.Vectors) -> tuple[np.ndarray, ...]:
        centre = np.ones(75, dtype=np.intp)
        found = costs.path_costs(
            said, seen, np.ones(75, bool), window_ticks=16, centre_ticks=centre, reach_ticks=3,
            temporal_penalty=0.5, change_penalty=0.8, max_skip=2,
        )  # fmt: skip
        tilted = line.Line(-3.0, 0.1).offsets_ticks(75)
        about = line.distances_about(said, seen, tilted, 15, 16)
        table = scores.offset_distances(said, seen, np.arange(-15, 16), 16)
        return found.unary, found.change, about, table, path.best_path(found)

    whole = made(audio, video)
    for module in (costs, line, path):
        monkeypatch.setattr(module, "_PIECE_TICKS", 11)
    monkeypatch.setattr(scores, "_PIECE_WINDOWS", 13)
    for one, other in zip(whole, made(*stored), strict=True):
        np.testing.assert_array_equal(one, other)


def test_speech_and_cepstra_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = np.repeat([0.3, 0.0001, 0.2, 0.0, 0.3], 8000)
    noise = (loud * np.random.default_rng(3).normal(0, 1, len(loud))).astype(np.float32)
    stored = RowFile(len(noise), (), np.float32)
    stored[0] = noise
    active, cepstra = speech.speech_activity(noise), mfcc.mfcc(noise)
    monkeypatch.setattr(speech, "_PIECE_FRAMES", 7)
    monkeypatch.setattr(mfcc, "_BATCH", 7)
    assert 0 < active.sum() < len(active)
    np.testing.assert_array_equal(speech.speech_activity(stored), active)
    np.testing.assert_allclose(mfcc.mfcc(stored), cepstra, atol=1e-4)


@pytest.mark.shared
def test_scores_of_a_real_clip_do_not_depend_on_the_pieces(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models.load()
    clip = shared / "talkers" / "val/079ea1b6d1.mp4"
    whole = measure(clip, models=models).to_dict()
    monkeypatch.setattr(vectors, "_PICTURE_WINDOWS", 32)
    monkeypatch.setattr(vectors, "_SOUND_WINDOWS", 35)
    monkeypatch.setattr(scores, "_PIECE_WINDOWS", 13)
    monkeypatch.setattr(speech, "_PIECE_FRAMES", 70)
    again = measure(clip, models=models).to_dict()
    for made, wanted in (
        (again["scores"], whole["scores"]),
        (again["judge"]["scores"], whole["judge"]["scores"]),
    ):
        for name in ("lse_d", "lse_d_min", "lse_c", "cosine", "sync_acc"):
            assert made[name] == pytest.approx(wanted[name], abs=1e-3)
        assert made["offset_ticks"] == wanted["offset_ticks"]


def test_what_is_too_large_is_refused() -> None:
    check_pixels(Path("x.mp4"), 8192, 4320)
    with pytest.raises(InputError, match="20000x20000 is too large"):
        check_pixels(Path("x.mp4"), 20000, 20000)
    check_seconds(Path("x.mp4"), 4 * 3600)
    for seconds in (4 * 3600 + 1, float("inf"), float("nan")):
        with pytest.raises(InputError, match="by its timestamps"):
            check_seconds(Path("x.mp4"), seconds)
