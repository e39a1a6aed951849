"""The card in a checkpoint's header: what the network is called, what it is, and how it is fed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from syncfix.errors import CheckpointError, reason_of

__all__ = ["FORMAT", "check_checkpoint_file", "read_card"]

FORMAT = "syncfix-1"
_FIELDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "kind": (str,),
    "config": (dict,),
    "front_end": (dict,),
    "calibration": (dict, type(None)),
    "notes": (dict,),
}


def check_checkpoint_file(path: Path) -> None:
    """Refuse a path where there is no file that can be read.

    Raises:
        CheckpointError: no such file, a folder, no permission, too long a name.
    """
    try:
        if not path.is_file():
            raise CheckpointError(f"no checkpoint at {path}: check the path")
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} can't be read ({reason_of(error)}): check path and rights"
        ) from None


def read_card(path: Path) -> dict[str, Any]:
    """The card in a checkpoint's header, with all its fields.

    Raises:
        CheckpointError: not a checkpoint of syncfix, or its card is damaged.
    """
    check_checkpoint_file(path)
    try:
        with safe_open(str(path), framework="pt") as file:
            text = (file.metadata() or {}).get("syncfix")
        card: Any = json.loads(text) if text else {}
    # RecursionError: lists within lists, a thousand deep.
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is damaged or no checkpoint: get it anew ({error})"
        ) from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise CheckpointError(f"{path} holds no network of syncfix: choose another checkpoint")
    whole: dict[str, Any] = {"notes": {}, **card}
    _check(whole, path)
    return whole


def _check(card: Mapping[str, Any], path: Path) -> None:
    for field, types in _FIELDS.items():
        if field not in card:
            raise CheckpointError(f"{path} is damaged: get it anew (its card has no {field!r})")
        if not isinstance(card[field], types):
            raise CheckpointError(
                f"{path} is damaged: get it anew ({field!r} in its card is no "
                f"{'text' if types[0] is str else 'mapping'})"
            )
