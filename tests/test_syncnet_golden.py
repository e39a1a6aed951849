"""The network and the mel equal what the released implementation answers."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from syncfix.errors import CheckpointError
from syncfix.syncnet import StableSyncNet, load_strictly, mel_spectrogram
from syncfix.syncnet.released import RELEASED_CONFIG


def filled(name: str, shape: list[int]) -> torch.Tensor:
    """The golden weights: noise seeded by the tensor's name."""
    z = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    z = z.astype(np.float32)
    if len(shape) > 1:
        z = z / np.sqrt(np.prod(shape[1:]))
    else:
        z = 0.1 * z + (1.0 if name.endswith(".weight") else 0.0)
    return torch.from_numpy(z.astype(np.float32))


def check_against_golden(folder: Path, name: str, count: int) -> None:
    content = json.loads((folder / f"{name}.json").read_text())
    model = StableSyncNet(content["config"]).eval()
    tensors = {key: filled(key, shape) for key, shape in dict(content["tensors"]).items()}
    load_strictly(model, tensors, name)
    del tensors
    random = np.random.RandomState(7)
    images = random.uniform(-1, 1, (count, 48, 128, 256)).astype(np.float32)
    mels = random.uniform(-4, 4, (count, 1, 80, 52)).astype(np.float32)
    with torch.inference_mode():
        vision, audio = model(torch.from_numpy(images), torch.from_numpy(mels))
    with np.load(folder / f"{name}_golden.npz") as golden:
        assert np.abs(vision.numpy() - golden["vision"]).max() <= 1e-5
        assert np.abs(audio.numpy() - golden["audio"]).max() <= 1e-5


@pytest.mark.shared
def test_tiny_network_equals_the_released_implementation(shared: Path) -> None:
    check_against_golden(shared / "stable_syncnet", "tiny", 3)


@pytest.mark.shared
@pytest.mark.large
def test_official_network_equals_the_released_implementation(shared: Path) -> None:
    check_against_golden(shared / "stable_syncnet", "official", 2)


@pytest.mark.shared
def test_built_in_configuration_is_the_official_one(shared: Path) -> None:
    content = json.loads((shared / "stable_syncnet" / "official.json").read_text())
    assert content["config"] == RELEASED_CONFIG


@pytest.mark.shared
def test_whole_file_of_the_configuration_is_taken_too(shared: Path) -> None:
    content = json.loads((shared / "stable_syncnet" / "tiny.json").read_text())
    names = StableSyncNet(content).state_dict()
    assert {key: list(value.shape) for key, value in names.items()} == dict(content["tensors"])


@pytest.mark.shared
def test_mel_equals_the_released_front_end(shared: Path) -> None:
    with np.load(shared / "stable_syncnet" / "mel_golden.npz") as golden:
        mel = mel_spectrogram(golden["wav"])
        assert mel.shape == golden["mel"].shape
        assert np.abs(mel - golden["mel"]).max() <= 1e-4


def small_config() -> dict[str, object]:
    side = {"downsample_factors": [4, 4], "block_out_channels": [32, 32], "attn_blocks": [0, 1]}
    return {
        "audio_encoder": {**side, "in_channels": 1},
        "visual_encoder": {**side, "in_channels": 48},
    }


def test_strict_loading_names_missing_extra_and_misshapen_tensors() -> None:
    model = StableSyncNet(small_config())
    tensors = dict(model.state_dict())
    del tensors["audio_encoder.conv_in.bias"]
    tensors["audio_proj.weight"] = torch.zeros(3)
    tensors["visual_encoder.conv_in.weight"] = torch.zeros(1, 2)
    with pytest.raises(CheckpointError) as caught:
        load_strictly(model, tensors, "x.pt")
    message = str(caught.value)
    for expected in (
        "1 missing: audio_encoder.conv_in.bias",
        "1 extra: audio_proj.weight",
        "1 misshapen: visual_encoder.conv_in.weight [1, 2] for [32, 48, 3, 3]",
    ):
        assert expected in message
    assert "\n" not in message


def test_embeddings_are_non_negative_unit_vectors() -> None:
    torch.manual_seed(0)
    model = StableSyncNet(small_config()).eval()
    with torch.inference_mode():
        for out in model(torch.randn(2, 48, 32, 32), torch.randn(2, 1, 80, 52)):
            assert (out >= 0).all()
            assert torch.allclose(out.norm(dim=1), torch.ones(2), atol=1e-5)
