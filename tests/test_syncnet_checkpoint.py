"""A checkpoint that is not as it should be is refused in one line, whatever is wrong with it."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from torch import Tensor

from syncfix.commands import main
from syncfix.errors import CheckpointError
from syncfix.report import checkpoint_entries, checkpoint_table
from syncfix.syncnet.calibration import Calibration
from syncfix.syncnet.checkpoint import load_network, read_card
from syncfix.syncnet.frontend import FrontEnd
from syncfix.syncnet.network import build_embedder

FRAMEWISE: dict[str, Any] = {
    "window_ticks": 5, "picture_px": [16, 16], "picture_channels": [4, 4],
    "time_kernels": [[3, 1]], "mel_columns": 8, "mel_channels": [4, 4],
    "mel_dilations": [1], "mel_tap_step": 1, "hidden": 8, "embedding": 4,
}  # fmt: skip
SIDE = {"downsample_factors": [4, 4], "block_out_channels": [64, 64], "attn_blocks": [0, 0]}
STACKED: dict[str, Any] = {
    "audio_encoder": {**SIDE, "in_channels": 1, "downsample_factors": [4, [20, 13]]},
    "visual_encoder": {**SIDE, "in_channels": 48},
}
FRONT_END = FrontEnd((64, 128), (0, 32, 48, 64), (16, 16))
CARDS = {
    kind: {
        "format": "syncfix-1",
        "name": "small",
        "kind": kind,
        "config": config,
        "front_end": FRONT_END.to_dict(),
        "calibration": Calibration(0.4, 1.2, (1.0, 2.0, 3.0, 4.0), 0.7, (1.0, -2.0)).to_dict(),
        "notes": {},
    }
    for kind, config in (("framewise", FRAMEWISE), ("stable_syncnet", STACKED))
}
WEIGHTS = {
    kind: build_embedder(kind, card["config"], FRONT_END).model.state_dict()
    for kind, card in CARDS.items()
}
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(
        card: object, tensors: Mapping[str, Tensor] = WEIGHTS["framewise"], text: str | None = None
    ) -> Path:
        path = tmp_path / "x.safetensors"
        metadata = {"syncfix": json.dumps(card) if text is None else text}
        save_file(dict(tensors), str(path), metadata=metadata)
        return path

    return save


def check_refused(path: Path, words: str | None = None) -> None:
    with pytest.raises(CheckpointError, match=words) as refused:
        load_network(path)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("kind", CARDS)
def test_what_is_right_is_loaded(kind: str, save: Save) -> None:
    network = load_network(save(CARDS[kind], WEIGHTS[kind]))
    assert network.name == "small" and network.calibration.chance_distance == 1.2


@pytest.mark.parametrize("text", ["[1]", '"x"', "5", "null", "[" * 100_000, "{", ""])
def test_a_card_that_is_no_card(text: str, save: Save) -> None:
    check_refused(save(None, text=text))


@pytest.mark.parametrize("field", ["name", "kind", "config", "front_end", "calibration"])
@pytest.mark.parametrize("value", ["left out", [], 5, {"a": 1}, "x"])
def test_a_card_with_a_field_of_another_kind(field: str, value: object, save: Save) -> None:
    card = dict(CARDS["framewise"])
    if value == "left out":
        del card[field]
    else:
        card[field] = value
    if (field, value) == ("name", "x"):
        assert load_network(save(card)).name == "x"
    else:
        check_refused(save(card))


@pytest.mark.parametrize("field", sorted(FRAMEWISE))
@pytest.mark.parametrize("value", [0, -1, "x", None, 10**9, 10**30, float("inf"), [], [[]], [-3]])
def test_a_configuration_that_makes_no_sense(field: str, value: object, save: Save) -> None:
    """Some of these ask for terabytes."""
    card = CARDS["framewise"]
    check_refused(save({**card, "config": {**FRAMEWISE, field: value}}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("block_out_channels", []),
        ("block_out_channels", [64, -64]),
        ("block_out_channels", [2**20, 2**20]),
        ("downsample_factors", [0, 4]),
        ("downsample_factors", [-1, 4]),
        ("downsample_factors", [1, 1]),
        ("downsample_factors", [4, [1, 2, 3]]),
        ("in_channels", 0),
        ("in_channels", 10**12),
        ("dropout", 7),
    ],
)
def test_an_encoder_that_makes_no_sense(field: str, value: object, save: Save) -> None:
    for side in STACKED:
        config = {**STACKED, side: {**STACKED[side], field: value}}
        path = save({**CARDS["stable_syncnet"], "config": config}, WEIGHTS["stable_syncnet"])
        check_refused(path)


def test_a_configuration_asks_for_no_memory_that_its_file_does_not_fill(save: Save) -> None:
    """Sizes of which each by itself is nothing special, and together 17 GB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    config = {**FRAMEWISE, "hidden": 4096, "mel_columns": 250, "picture_channels": [4, 512, 2048]}
    config |= {"time_kernels": [[3, 1]] * 5 + [[1, 1]] * 10}
    check_refused(save({**CARDS["framewise"], "config": config}), "another network")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 500_000  # kB


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("half_px", [-1, -1]),
        ("half_px", [10**6, 10**6]),
        ("crop_px", [0, 100, 48, 64]),
        ("crop_px", [0, 0, 0, 0]),
        ("picture_px", [0, 0]),
        ("picture_px", [10**6, 10**6]),
        ("picture_px", [100, 100]),
        ("picture_px", float("inf")),
        ("mel_bands", 0),
        ("mel_bands", 7),
    ],
)
def test_a_front_end_that_makes_no_sense(field: str, value: object, save: Save) -> None:
    card = CARDS["framewise"]
    check_refused(save({**card, "front_end": {**card["front_end"], field: value}}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("confidence_weights", "x"),
        ("confidence_weights", [1.0]),
        ("sync_weights", [1.0, 2.0, 3.0]),
        ("sync_weights", [1.0, float("nan")]),
        ("sync_cosine", float("inf")),
        ("can_tell", None),
    ],
)
def test_a_calibration_that_makes_no_sense(field: str, value: object, save: Save) -> None:
    card = CARDS["framewise"]
    check_refused(save({**card, "calibration": {**card["calibration"], field: value}}))


def test_weights_that_are_no_plain_numbers(save: Save) -> None:
    card, weights = CARDS["framewise"], WEIGHTS["framewise"]
    name = "picture.stem.0.weight"
    check_refused(save(card, {**weights, name: weights[name].to(torch.complex64)}), name)
    check_refused(save(card, {**weights, name: weights[name] * float("nan")}), "no numbers")


@pytest.mark.parametrize(
    "content",
    [
        {0: torch.zeros(1)},
        {(1, 2): torch.zeros(1), "x": torch.zeros(2)},
        {"state_dict": {1: torch.zeros(2)}},
        {"state_dict": None},
        [torch.zeros(1)],
    ],
)
def test_a_file_of_torch_without_named_weights(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pt")
    check_refused(tmp_path / "x.pt")


def test_a_path_where_no_checkpoint_can_be(tmp_path: Path) -> None:
    check_refused(tmp_path, "no checkpoint at")
    check_refused(tmp_path / ("x" * 300 + ".safetensors"), "can't be read")
    entries = checkpoint_entries(tmp_path / ("x" * 300))
    assert "not there" in checkpoint_table(entries)


def test_a_checkpoint_that_may_not_be_read(
    save: Save, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = save(CARDS["framewise"])
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        # Root may read all: the refusal of the system is put in its place.
        def refusing(name: object, *arguments: object) -> None:
            raise PermissionError(13, "Permission denied", str(name))

        from syncfix.syncnet import card

        monkeypatch.setattr(card, "open", refusing, raising=False)
    else:
        path.chmod(0)
    check_refused(path, r"can't be read \(Permission denied\)")
    with pytest.raises(CheckpointError, match="Permission denied"):
        read_card(path)
    (entry,) = [each for each in checkpoint_entries(path) if each["origin"] == "--checkpoint"]
    assert entry["found"] and "Permission denied" in entry["fault"]


def test_the_list_of_checkpoints_tells_of_damaged_cards(save: Save) -> None:
    card = CARDS["framewise"]
    for damaged, words in (
        ({k: v for k, v in card.items() if k != "kind"}, "has no 'kind'"),
        ({**card, "notes": 5}, "'notes' in its card is no mapping"),
        ({**card, "notes": {"figures": [1]}}, "small, framewise"),
    ):
        told = CliRunner().invoke(main, ["checkpoints", "--checkpoint", str(save(damaged))])
        assert told.exit_code == 0 and words in told.stdout
