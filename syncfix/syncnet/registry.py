"""Where checkpoints are looked for, and which one is taken."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from syncfix.errors import CheckpointError
from syncfix.syncnet.checkpoint import Network, load_network

__all__ = ["Candidate", "Role", "bundled_folder", "candidates", "find_judge", "find_network"]

Role = Literal["chooser", "judge"]

_ENVIRONMENT = {"chooser": "SYNCFIX_CHECKPOINT", "judge": "SYNCFIX_JUDGE"}
# Where LatentSync's users keep the released weights.
_WORKING_FOLDER = Path("checkpoints") / "stable_syncnet.pt"


@dataclass(frozen=True)
class Candidate:
    """One place where a checkpoint may lie.

    Attributes:
        role: what it would be used for.
        origin: which rule names it.
        path: where it would be; None where the rule names nothing.
        sha256: the hash it must have, if that is known.
    """

    role: Role
    origin: str
    path: Path | None
    sha256: str | None = None

    @property
    def exists(self) -> bool:
        try:
            return self.path is not None and self.path.is_file()
        except OSError:  # a folder that can't be looked into, or too long a name
            return False


def bundled_folder() -> Path:
    """The folder of the checkpoints that come with the package."""
    return Path(str(resources.files("syncfix.checkpoints")))


def candidates(role: Role, explicit: Path | None = None) -> list[Candidate]:
    """All places that are looked at, the first one first."""
    option = "--checkpoint" if role == "chooser" else "--judge"
    variable = _ENVIRONMENT[role]
    named = os.environ.get(variable)
    places = [
        Candidate(role, option, explicit),
        Candidate(role, variable, Path(named) if named else None),
    ]
    if role == "chooser":
        places.append(Candidate(role, "working folder", _WORKING_FOLDER))
    entry = _index().get(role)
    if entry is not None:
        path = bundled_folder() / str(entry["file"])
        places.append(Candidate(role, "bundled", path, str(entry["sha256"])))
    return places


def _index() -> dict[str, dict[str, Any]]:
    path = bundled_folder() / "index.json"
    if not path.is_file():
        return {}
    content: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return content


def find_network(role: Role, explicit: Path | None = None) -> Network:
    """Load the first checkpoint that is named or found.

    Raises:
        CheckpointError: one that is named is not there, or none is found, or it can't be loaded.
    """
    for candidate in candidates(role, explicit):
        if candidate.path is None:
            continue
        named = candidate.origin not in ("working folder", "bundled")
        if named or candidate.exists:
            return load_network(candidate.path, candidate.sha256)
    raise CheckpointError(f"no {role} checkpoint found: reinstall syncfix or name one")


def find_judge(explicit: Path | None = None) -> Network | None:
    """The judge that is named or bundled; None where there is none."""
    if not any(candidate.path is not None for candidate in candidates("judge", explicit)):
        return None
    return find_network("judge", explicit)
