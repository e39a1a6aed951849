"""Checkpoints: safetensors with a card in the header, or a published file; loaded as data only."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from syncfix.errors import CheckpointError
from syncfix.syncnet.calibration import UNCALIBRATED, UNCALIBRATED_LENGTHS, Calibration
from syncfix.syncnet.card import FORMAT, check_checkpoint_file, read_card
from syncfix.syncnet.device import choose_device
from syncfix.syncnet.frontend import RELEASED, FrontEnd
from syncfix.syncnet.network import Embedder, OriginalEmbedder, build_embedder, placed
from syncfix.syncnet.original import OriginalSyncNet, is_original
from syncfix.syncnet.released import RELEASED_CONFIG
from syncfix.syncnet.trial import outline, try_out

__all__ = [
    "Network",
    "load_network",
    "load_strictly",
    "read_card",
    "sha256_of",
    "write_checkpoint",
]

_LISTED = 3
_LONGEST = 120  # characters of what torch has to say
_COUNTER = ".num_batches_tracked"
# What a card that makes no sense may raise on its way through torch.
_NONSENSE = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """A sync network with what is known about it.

    Attributes:
        name: as its card says.
        path, sha256: the file it came from.
        embedder: embeds the mouths and the speech of a clip.
        calibration: what its distances mean.
    """

    name: str
    path: Path
    sha256: str
    embedder: Embedder
    calibration: Calibration


def write_checkpoint(
    path: Path,
    *,
    name: str,
    kind: str,
    config: Mapping[str, Any],
    front_end: FrontEnd,
    tensors: Mapping[str, Tensor],
    notes: Mapping[str, Any],
    calibration: Mapping[str, Any] | None = None,
) -> None:
    """Write weights and all that is needed to use them into one safetensors file."""
    card = {
        "format": FORMAT,
        "name": name,
        "kind": kind,
        "config": dict(config),
        "front_end": front_end.to_dict(),
        "calibration": dict(calibration) if calibration else None,
        "notes": dict(notes),
    }
    save_file(
        {key: value.detach().cpu().contiguous() for key, value in tensors.items()},
        str(path),
        metadata={"syncfix": json.dumps(card, sort_keys=True)},
    )


def load_network(path: Path, expected_sha256: str | None = None) -> Network:
    """Load a checkpoint: one of syncfix (``.safetensors``), the released StableSyncNet, or the
    original SyncNet (``syncnet_v2.model``); the last two are told apart by their tensors.

    Args:
        path: the file.
        expected_sha256: if given, the file must have this hash.

    Raises:
        CheckpointError: missing, damaged, another network, or another hash.
    """
    check_checkpoint_file(path)
    digest = sha256_of(path)
    if expected_sha256 is not None and digest != expected_sha256:
        raise CheckpointError(
            f"{path} is not the file it should be (its SHA-256 differs): reinstall"
        )
    if path.suffix != ".safetensors":
        return _load_published(path, digest)
    card = read_card(path)
    # A file of the hash that is expected is known; what is in any other may be anything.
    known = expected_sha256 is not None
    try:
        front_end = FrontEnd.of(card["front_end"])
        calibration = Calibration.of(card["calibration"]) if card["calibration"] else UNCALIBRATED
        with safe_open(str(path), framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        if not known:
            _check_fit(outline(card["kind"], card["config"], front_end), tensors, path)
        embedder = build_embedder(card["kind"], card["config"], front_end)
        load_strictly(embedder.model, tensors, path)
        if not known:
            try_out(embedder)
    except CheckpointError:
        raise
    except (SafetensorError, OSError, *_NONSENSE) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0][:_LONGEST]
        raise CheckpointError(f"{path} is damaged: get it anew ({told})") from None
    return Network(card["name"], path, digest, placed(embedder, choose_device()), calibration)


def _load_published(path: Path, digest: str) -> Network:
    tensors = _read_plain(path)
    if is_original(tensors):
        # Files of torch before 0.4.1 do not hold these counters, which only training reads.
        model = OriginalSyncNet().eval()
        counters = {k: v for k, v in model.state_dict().items() if k.endswith(_COUNTER)}
        load_strictly(model, {**counters, **tensors}, path)
        embedder = placed(OriginalEmbedder(model), choose_device())
        return Network("syncnet_v2", path, digest, embedder, UNCALIBRATED_LENGTHS)
    embedder = build_embedder("stable_syncnet", RELEASED_CONFIG, RELEASED)
    load_strictly(embedder.model, tensors, path)
    embedder = placed(embedder, choose_device())
    return Network("stable_syncnet", path, digest, embedder, UNCALIBRATED)


def _read_plain(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a file of torch, read as data: a pickle with code in it is refused."""
    wanted = "give the released stable_syncnet.pt or syncnet_v2.model"
    try:
        # Files of torch before 1.6 are no zip archives and can't be mapped.
        with warnings.catch_warnings():
            # What torch has to say of a pickle's protocol is no help to a user.
            warnings.simplefilter("ignore", UserWarning)
            content = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
    except Exception as error:  # torch raises many kinds here, all of them the file's fault
        reason = str(error).splitlines()[0][:_LONGEST] if str(error) else type(error).__name__
        raise CheckpointError(
            f"{path} can't be read as plain weights: {wanted} ({reason})"
        ) from None
    tensors = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(tensors, Mapping) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in tensors.items()
    ):
        raise CheckpointError(f"{path} holds no state_dict: {wanted}")
    return tensors


def load_strictly(model: nn.Module, tensors: Mapping[str, Tensor], origin: Path | str) -> None:
    """Fill a model; every tensor must be there, in shape, and none over.

    Raises:
        CheckpointError: names the tensors that are missing, extra, misshapen or of another kind.
    """
    _check_fit(model, tensors, origin)
    model.load_state_dict(dict(tensors))


def _check_fit(model: nn.Module, tensors: Mapping[str, Tensor], origin: Path | str) -> None:
    wanted = model.state_dict()
    faults = [
        ("missing", [key for key in wanted if key not in tensors]),
        ("extra", [key for key in tensors if key not in wanted]),
        (
            "misshapen",
            [
                f"{key} {list(tensors[key].shape)} for {list(wanted[key].shape)}"
                for key in wanted
                if key in tensors and tensors[key].shape != wanted[key].shape
            ],
        ),
        ("of no plain real numbers", [key for key in tensors if not _is_plain(tensors[key])]),
    ]
    if any(names for _, names in faults):
        told = "; ".join(
            f"{len(names)} {what}: {', '.join(names[:_LISTED])}{', …' * (len(names) > _LISTED)}"
            for what, names in faults
            if names
        )
        raise CheckpointError(f"{origin} is of another network ({told})")


def _is_plain(tensor: Tensor) -> bool:
    return not (tensor.is_complex() or tensor.is_quantized or tensor.layout != torch.strided)


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
