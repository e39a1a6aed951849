"""The checkpoints that are found, as a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncfix.errors import CheckpointError
from syncfix.syncnet.card import check_checkpoint_file, read_card
from syncfix.syncnet.checkpoint import sha256_of
from syncfix.syncnet.registry import Candidate, candidates

__all__ = ["checkpoint_entries", "checkpoint_table"]


def checkpoint_entries(
    checkpoint: Path | None = None, judge: Path | None = None
) -> list[dict[str, Any]]:
    """Every place that is looked at, in order, and what is there."""
    places = [*candidates("chooser", checkpoint), *candidates("judge", judge)]
    taken: set[str] = set()
    entries = []
    for place in places:
        entry = _entry(place)
        entry["used"] = bool(entry["found"]) and place.role not in taken
        if entry["used"]:
            taken.add(place.role)
        entries.append(entry)
    return entries


def _entry(place: Candidate) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "role": place.role,
        "origin": place.origin,
        "path": None if place.path is None else str(place.path),
        "found": place.exists,
        "sha256": None,
        "hash_known": place.sha256 is not None,
        "card": None,
        "fault": None,
    }
    if place.path is None or not place.exists:
        return entry
    try:
        check_checkpoint_file(place.path)
    except CheckpointError as error:
        return {**entry, "fault": str(error)}
    entry["sha256"] = sha256_of(place.path)
    if place.sha256 is not None and place.sha256 != entry["sha256"]:
        entry["fault"] = "its SHA-256 is not the one it should have"
    if place.path.suffix == ".safetensors":
        try:
            entry["card"] = read_card(place.path)
        except CheckpointError as error:
            entry["fault"] = str(error)
    return entry


def checkpoint_table(entries: list[dict[str, Any]]) -> str:
    """The list for a person."""
    lines = []
    for entry in entries:
        mark = "*" if entry["used"] else " "
        where = entry["path"] or "not set"
        state = "" if entry["path"] is None else (" (found)" if entry["found"] else " (not there)")
        lines.append(f"{mark} {entry['role']:8} {entry['origin']:20} {where}{state}")
        if entry["sha256"]:
            lines.append(f"             sha256 {entry['sha256']}")
        card = entry["card"]
        if card:
            lines.append(f"             {card['name']}, {card['kind']}")
            figures = card["notes"].get("figures")
            for key, value in sorted(figures.items() if isinstance(figures, dict) else ()):
                lines.append(f"             {key}: {value}")
        if entry["fault"]:
            lines.append(f"             fault: {entry['fault']}")
    return "\n".join([*lines, "", "* is used; the first one found of each role is taken"])
