"""A user's own syncnet_v2.model: loaded strictly, as data only, and read in its own units."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import syncnet_v2
import torch
from click.testing import CliRunner

from syncfix.commands import main
from syncfix.demo import render_clip
from syncfix.errors import CheckpointError
from syncfix.models import Models
from syncfix.syncnet.calibration import Calibration
from syncfix.syncnet.checkpoint import Network, load_network
from syncfix.syncnet.mfcc import mfcc
from syncfix.syncnet.network import OriginalEmbedder
from syncfix.syncnet.scores import offset_distances, score


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return syncnet_v2.noise_weights()


@pytest.fixture(scope="module")
def checkpoint(weights: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("syncnet") / "syncnet_v2.model"
    torch.save(weights, path)
    return path


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    return load_network(checkpoint)


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talker") / "talker.mp4"
    render_clip(path, fps=25, seconds=1.2)
    return path


def faces(ticks: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 255, (ticks, 224, 224, 3), dtype=np.uint8)


def test_it_is_known_by_its_tensors(network: Network) -> None:
    assert network.name == "syncnet_v2"
    assert isinstance(network.embedder, OriginalEmbedder)
    assert network.embedder.window_ticks == 5
    assert not network.calibration.unit_vectors


def test_a_file_of_an_old_torch_is_loaded_too(
    weights: dict[str, torch.Tensor], network: Network, tmp_path: Path
) -> None:
    """Not a zip archive, and without the counters that came with torch 0.4.1."""
    old = {k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")}
    path = tmp_path / "syncnet_v2.model"
    torch.save(old, path, _use_new_zipfile_serialization=False)
    model, same = load_network(path).embedder.model, network.embedder.model
    for name, tensor in old.items():
        assert (model.state_dict()[name] == tensor).all()
        assert (same.state_dict()[name] == tensor).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"netfclip.3.bias": None}, "1 missing: netfclip.3.bias"),
        ({"netcnnlip.5.running_mean": None}, "1 missing: netcnnlip.5.running_mean"),
        ({"netfclip.6.bias": (3,)}, "1 extra: netfclip.6.bias"),
        (
            {"netcnnaud.0.weight": (64, 3, 3, 3)},
            r"1 misshapen: netcnnaud.0.weight \[64, 3, 3, 3\] for \[64, 1, 3, 3\]",
        ),
    ],
)
def test_another_network_is_refused_with_the_tensor_s_name(
    weights: dict[str, torch.Tensor],
    change: dict[str, tuple[int, ...] | None],
    words: str,
    tmp_path: Path,
) -> None:
    # Refusals look at names and shapes: one number stands for all of a tensor's.
    other = {k: torch.zeros(()).expand(v.shape) for k, v in weights.items()}
    for name, shape in change.items():
        if shape is None:
            del other[name]
        else:
            other[name] = torch.zeros(shape)
    path = tmp_path / "other.model"
    torch.save(other, path)
    with pytest.raises(CheckpointError, match=words):
        load_network(path)


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return (Path.write_text, (ran, "x"))  # type: ignore[return-value]

    for name, dump in (
        ("plain.model", lambda path: path.write_bytes(pickle.dumps({"netfcaud.0.bias": Trap()}))),
        ("zip.model", lambda path: torch.save({"netfcaud.0.bias": Trap()}, path)),
    ):
        dump(tmp_path / name)
        with pytest.raises(CheckpointError, match="can't be read as plain weights"):
            load_network(tmp_path / name)
    assert not ran.exists()


def test_a_window_depends_on_its_own_frames_and_columns(network: Network) -> None:
    """Running frames in batches give what each window alone gives."""
    embedder = network.embedder
    pictures = faces(38)
    vision = embedder.embed_video(pictures)
    assert vision.shape == (34, 1024)
    for first in (31, 32):
        alone = embedder.embed_video(pictures[first : first + 5])
        assert np.abs(alone[0] - vision[first]).max() < 1e-3 * np.abs(vision).max()
    sound = np.random.default_rng(5).normal(0, 5, (13, 160)).astype(np.float32)
    audio = embedder.embed_audio(sound, 40)
    assert audio.shape == (36, 1024)
    alone = embedder.embed_audio(sound[:, 4 * 30 : 4 * 30 + 20], 5)
    assert np.abs(alone[0] - audio[30]).max() < 1e-4 * np.abs(audio).max()
    # Of any length, unlike those of the bundled networks.
    lengths = np.linalg.norm(vision, axis=1)
    assert lengths.min() > 2.0


def test_the_network_sees_blue_first_and_whole_numbers(network: Network) -> None:
    pictures = faces(5)
    running = torch.from_numpy(pictures[..., ::-1].transpose(3, 0, 1, 2).copy()).float()
    with torch.inference_mode():
        model = network.embedder.model
        expected = model.netfclip(model.netcnnlip(running[None]).flatten(1)).numpy()
    got = network.embedder.embed_video(pictures)
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_coefficients_are_those_of_the_original_s_front_end() -> None:
    """Columns 0 and 4 as python_speech_features 0.6 answers for 16-bit samples."""
    t = np.arange(1600) / 16000
    sound = (0.5 * np.sin(2 * np.pi * 440 * t) * np.linspace(0, 1, 1600)).astype(np.float32)
    golden = [
        (16.6161, 19.2345), (18.8497, 18.8323), (1.986, 1.786), (-13.323, -14.0773),
        (-25.3425, -26.9687), (-30.9395, -33.2301), (-26.8769, -29.296), (-16.3529, -18.2824),
        (-2.5057, -3.0194), (9.0156, 10.1047), (15.6025, 18.1298), (14.667, 17.9766),
        (8.6406, 11.7771),
    ]  # fmt: skip
    got = mfcc(sound)
    assert got.shape == (13, 10)
    assert np.abs(got[:, [0, 4]] - np.array(golden)).max() < 1e-3
    # Silence has the least logarithm there is, and nothing is infinite.
    assert np.isfinite(mfcc(np.zeros(1600, np.float32))).all()


def test_long_sound_is_the_same_in_parts() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 16000 * 31).astype(np.float32)
    whole = mfcc(sound)
    assert whole.shape == (13, 3100)
    begin = 2990 * 160
    part = mfcc(sound[begin : begin + 3200])
    # The first frame lacks the sample before it, and the last ones what comes after.
    assert np.abs(whole[:, 2991:3007] - part[:, 1:17]).max() < 1e-4


def test_scores_have_their_own_unit_and_no_cosine() -> None:
    rng = np.random.default_rng(1)
    vision = 4.0 * rng.standard_normal((60, 64)).astype(np.float32)
    audio = vision + rng.standard_normal((60, 64)).astype(np.float32)
    distances = offset_distances(audio, vision, np.arange(-15, 16), 5)
    assert distances[20, 15] == pytest.approx(np.linalg.norm(audio[18] - vision[18]), rel=1e-5)
    assert distances[20, 18] == pytest.approx(np.linalg.norm(audio[18] - vision[21]), rel=1e-5)
    yes = np.ones(64, bool)
    scores, curve = score(distances, yes, Calibration(unit_vectors=False))
    assert scores.lse_d == pytest.approx(8.0, abs=0.5)  # sqrt(64)
    assert scores.lse_c is not None and scores.lse_c > 30
    assert (scores.cosine, scores.sync_acc) == (None, None)
    assert scores.offset_ticks == 0 and scores.can_tell
    assert curve is not None and curve.max() > 30


@pytest.mark.slow
def test_measure_tells_what_it_sees(talker: Path, checkpoint: Path) -> None:
    result = CliRunner().invoke(
        main, ["measure", str(talker), "--checkpoint", str(checkpoint), "--json", "-"]
    )
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    assert content["checkpoint"]["name"] == "syncnet_v2"
    scores = content["scores"]
    assert scores["lse_d"] > 2.0  # unit vectors are never so far apart
    assert scores["lse_d_min"] <= scores["lse_d"]
    assert scores["lse_c"] > 0
    assert (scores["cosine"], scores["sync_acc"]) == (None, None)
    # The other network is none the worse for it.
    assert 0 < content["judge"]["scores"]["lse_d"] < 2
    assert content["judge"]["scores"]["cosine"] is not None
    assert content["ticks"] == content["judge"]["ticks"] == 30


def test_it_judges_but_chooses_no_plan(talker: Path, checkpoint: Path, tmp_path: Path) -> None:
    judged = Models.load(judge=checkpoint)
    assert judged.judge is not None and judged.judge.name == "syncnet_v2"
    judged.require_planner()
    output = tmp_path / "out.mp4"
    for command in ("retime", "warp"):
        arguments = [command, str(talker), "-o", str(output), "--checkpoint", str(checkpoint)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "can't choose a plan" in result.stderr and "--judge" in result.stderr
        assert not output.exists()
