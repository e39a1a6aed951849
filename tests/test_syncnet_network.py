"""Windows of a clip are embedded the same however they are batched, and in either precision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from syncfix.errors import CheckpointError
from syncfix.syncnet import vectors
from syncfix.syncnet.calibration import Calibration
from syncfix.syncnet.checkpoint import load_network, read_card, write_checkpoint
from syncfix.syncnet.frontend import RELEASED, FrontEnd
from syncfix.syncnet.mel import mel_spectrogram, mel_windows
from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder, build_embedder
from syncfix.syncnet.registry import find_network

SMALL = FrontEnd((64, 128), (0, 32, 48, 64), (32, 32), mel_bands=40)
# Both sides end in 2 x 2 cells of 32 channels.
STACKED = {
    side: {
        "in_channels": channels, "downsample_factors": factors,
        "block_out_channels": [32, 32], "attn_blocks": [0, 0],
    }
    for side, channels, factors in (
        ("audio_encoder", 1, [[8, 8], [2, 4]]), ("visual_encoder", 48, [4, 4])
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def chooser() -> StackedEmbedder:
    embedder = find_network("chooser").embedder
    assert isinstance(embedder, StackedEmbedder)
    return embedder


def stacked() -> StackedEmbedder:
    torch.manual_seed(1)
    embedder = build_embedder("stable_syncnet", STACKED, SMALL)
    assert isinstance(embedder, StackedEmbedder)
    return embedder


def framewise() -> FramewiseEmbedder:
    config = {
        "window_ticks": 5, "picture_px": [32, 32], "picture_channels": [8, 8],
        "time_kernels": [[3, 1]], "mel_columns": 16, "mel_channels": [8, 8],
        "mel_dilations": [1], "mel_tap_step": 1, "hidden": 16, "embedding": 8,
    }  # fmt: skip
    torch.manual_seed(2)
    embedder = build_embedder("framewise", config, replace(SMALL, mel_bands=80))
    assert isinstance(embedder, FramewiseEmbedder)
    return embedder


def noise(ticks: int, height: int = 32, width: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (ticks, height, width, 3), dtype=np.uint8)


def mel(ticks: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 2, (80, int(3.2 * ticks) + 1)).astype(np.float32)


@pytest.mark.parametrize("embedder", [stacked(), framewise()], ids=["stacked", "framewise"])
@pytest.mark.parametrize("ticks", [16, 31, 60])
def test_embeddings_in_pieces(
    embedder: StackedEmbedder | FramewiseEmbedder, ticks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = noise(ticks)
    samples = np.random.default_rng(4).normal(0, 0.1, 640 * ticks).astype(np.float32)
    seen = embedder.embed_video(pictures)
    heard = embedder.embed_audio(mel_spectrogram(samples), ticks)
    monkeypatch.setattr(vectors, "_PICTURE_WINDOWS", 7)
    monkeypatch.setattr(vectors, "_SOUND_WINDOWS", 15)
    told: list[float] = []
    in_pieces = vectors.embed_pictures(embedder, pictures, done=told.append)[:]
    np.testing.assert_allclose(in_pieces, seen, atol=1e-5)
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    in_pieces = vectors.embed_sound(embedder, samples, ticks)[:]
    np.testing.assert_allclose(in_pieces, heard, atol=1e-5)
    last = slice(ticks - 16, ticks)
    part = vectors.embed_pictures(embedder, pictures, last)[:]
    np.testing.assert_allclose(part, seen[ticks - 16 :], atol=1e-5)


@pytest.mark.parametrize("embedder", [stacked(), framewise()], ids=["stacked", "framewise"])
def test_a_window_depends_on_its_own_frames_only(
    embedder: StackedEmbedder | FramewiseEmbedder,
) -> None:
    pictures, sound, window = noise(70), mel(70), embedder.window_ticks
    vision = embedder.embed_video(pictures)
    audio = embedder.embed_audio(sound, 70)
    assert len(vision) == len(audio) == 70 - window + 1
    assert np.allclose(np.linalg.norm(vision, axis=1), 1, atol=1e-5)
    for first in (0, 17, 70 - window):
        alone = embedder.embed_video(pictures[first : first + window])
        assert np.abs(alone[0] - vision[first]).max() < 1e-5
    # Ticks 20 to 50 from a mel that begins at tick 20 (64 columns on).
    part = embedder.embed_audio(sound[:, 64:], 30)
    assert np.abs(part[:5] - audio[20:25]).max() < 1e-5


def test_channels_of_a_stacked_window_are_frame_by_frame_rgb() -> None:
    embedder, pictures = stacked(), noise(16)
    window = torch.from_numpy(pictures.transpose(0, 3, 1, 2).reshape(1, 48, 32, 32).copy())
    with torch.inference_mode():
        expected = embedder.model.embed_vision(window.float() / 127.5 - 1).numpy()
    assert np.abs(embedder.embed_video(pictures) - expected).max() < 1e-6


def test_bfloat16_changes_distances_by_less_than_a_hundredth(chooser: StackedEmbedder) -> None:
    height, width = chooser.front_end.picture_px
    pictures, sound = noise(24, height, width), mel(24)

    def distances(bfloat16: bool) -> np.ndarray:
        embedder = replace(chooser, bfloat16=bfloat16)
        gap = embedder.embed_video(pictures) - embedder.embed_audio(sound, 24)
        return np.linalg.norm(gap, axis=1)

    assert np.abs(distances(True) - distances(False)).max() < 0.01


def test_mel_windows_start_where_the_facts_say_and_end_in_silence() -> None:
    sound = mel(20)
    windows = mel_windows(sound, np.array([0, 3, 4]))
    assert windows.shape == (3, 1, 80, 52)
    assert (windows[1, 0] == sound[:, 9:61]).all()  # int(80 * 3 / 25) = 9
    assert (windows[2, 0, :, -1] == sound[:, 63]).all()
    assert (mel_windows(sound, np.array([10]))[0, 0, :, -5:] == -4.0).all()


def test_released_front_end_keeps_the_lower_half_as_it_is() -> None:
    half = noise(1, 128, 256)[0]
    assert (RELEASED.picture(half) == half).all()


def test_reduced_picture_is_the_same_from_the_half_or_its_reduction() -> None:
    import cv2

    half = noise(1, 128, 256)[0]
    reduced = cv2.resize(half, (128, 64), interpolation=cv2.INTER_AREA)
    assert (SMALL.picture(half) == SMALL.picture(reduced)).all()


def test_written_checkpoint_comes_back_whole(tmp_path: Path) -> None:
    embedder, path = stacked(), tmp_path / "x.safetensors"
    calibration = Calibration(0.4, 1.2, (1.0, 2.0, 3.0, 4.0), 0.7, (1.0, -2.0))
    write_checkpoint(
        path,
        name="x",
        kind="stable_syncnet",
        config=STACKED,
        front_end=SMALL,
        tensors=embedder.model.state_dict(),
        notes={"windows": 3},
        calibration=calibration.to_dict(),
    )
    network = load_network(path)
    assert network.calibration == calibration
    assert network.embedder.front_end == SMALL
    assert read_card(path)["notes"] == {"windows": 3}
    assert np.allclose(network.embedder.embed_video(noise(20)), embedder.embed_video(noise(20)))
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_network(path, expected_sha256="0" * 64)
