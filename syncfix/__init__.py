"""syncfix: measures how well mouth and speech match in a clip, and mends what does not.

import syncfix
syncfix.measure("clip.mp4").chooser.scores
syncfix.retime("clip.mp4", "fixed.mp4").decision
syncfix.warp("clip.mp4", "fixed.mp4").after
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncfix.errors import CheckpointError, InputError, SyncfixError

if TYPE_CHECKING:
    from syncfix.models import Models
    from syncfix.pipeline import measure, retime, warp
    from syncfix.results import Measurement, Rewrite
    from syncfix.retime import RetimeOptions

__all__ = [
    "CheckpointError",
    "InputError",
    "Measurement",
    "Models",
    "RetimeOptions",
    "Rewrite",
    "SyncfixError",
    "measure",
    "retime",
    "warp",
]

_HOMES = {
    "Measurement": "syncfix.results",
    "Models": "syncfix.models",
    "RetimeOptions": "syncfix.retime",
    "Rewrite": "syncfix.results",
    "measure": "syncfix.pipeline",
    "retime": "syncfix.pipeline",
    "warp": "syncfix.pipeline",
}


def __getattr__(name: str) -> Any:
    # torch takes seconds to import; `syncfix --help` should not.
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'syncfix' has no attribute {name!r}")
