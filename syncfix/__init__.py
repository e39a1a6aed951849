"""syncfix: measures how well mouth and speech match in a clip, and mends what does not.

import syncfix
syncfix.measure("clip.mp4").chooser.scores
syncfix.retime("clip.mp4", "fixed.mp4").decision
syncfix.warp("clip.mp4", "fixed.mp4").after
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from syncfix.errors import CheckpointError, InputError, SyncfixError

if TYPE_CHECKING:
    from syncfix.models import Models
    from syncfix.pipeline import measure, retime, warp
    from syncfix.progress import Progress, Stage
    from syncfix.results import Measurement, Rewrite
    from syncfix.retime import RetimeOptions

__all__ = [
    "CheckpointError",
    "InputError",
    "Measurement",
    "Models",
    "Progress",
    "RetimeOptions",
    "Rewrite",
    "Stage",
    "SyncfixError",
    "measure",
    "retime",
    "warp",
]

_HOMES = {
    "Measurement": "syncfix.results",
    "Models": "syncfix.models",
    "Progress": "syncfix.progress",
    "RetimeOptions": "syncfix.retime",
    "Rewrite": "syncfix.results",
    "Stage": "syncfix.progress",
    "measure": "syncfix.pipeline",
    "retime": "syncfix.pipeline",
    "warp": "syncfix.pipeline",
}


class _Package(ModuleType):
    """Keeps ``syncfix.retime`` and ``syncfix.warp`` the functions that they are documented as.

    Loading a subpackage binds its name in the package, and two of ours are called as the
    functions are. ``from syncfix.retime import find_plan`` works all the same.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        # Late, because torch takes seconds to import and `syncfix --help` should not.
        if name in _HOMES:
            import importlib

            return getattr(importlib.import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'syncfix' has no attribute {name!r}")


sys.modules[__name__].__class__ = _Package
