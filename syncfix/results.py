"""What the three commands answer, and their JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import TICK_SECONDS
from syncfix.retime import Line
from syncfix.syncnet.scores import Scores

__all__ = ["Decision", "Measurement", "NetworkReading", "Rewrite"]

Decision = Literal["rewritten", "shifted", "stretched", "unchanged"]


@dataclass(frozen=True)
class NetworkReading:
    """What one network says of a clip.

    Attributes:
        name, sha256: of its checkpoint.
        ticks, speech_ticks: how many there are, and how many of them count.
        scores: the scores.
        curve: 31 mean distances for shifts -15 to 15, or None with too little speech.
        distance_by_tick: distance of speech and mouth at shift 0, one for each tick; None where
            the tick does not count. Not in the JSON.
    """

    name: str
    sha256: str
    ticks: int
    speech_ticks: int
    scores: Scores
    curve: tuple[float | None, ...] | None
    distance_by_tick: tuple[float | None, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "checkpoint": {"name": self.name, "sha256": self.sha256},
            "ticks": self.ticks,
            "speech_ticks": self.speech_ticks,
            "scores": asdict(self.scores),
            "curve": None if self.curve is None else list(self.curve),
        }


@dataclass(frozen=True)
class Measurement:
    """How well mouth and speech match, by the chooser and, where there is one, by the judge.

    Attributes:
        clip: the clip.
        audio: where the sound came from; the clip itself, or the file that was given.
        chooser, judge: what each network says.
        reasons: why a value could not be had, one line each.
    """

    clip: Path
    audio: Path
    chooser: NetworkReading
    judge: NetworkReading | None
    reasons: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that ``syncfix measure --json`` prints."""
        return {
            "clip": str(self.clip),
            "audio": str(self.audio),
            **self.chooser.to_dict(),
            "judge": None if self.judge is None else self.judge.to_dict(),
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class Rewrite:
    """What became of a clip.

    Attributes:
        clip, output: the files.
        decision: ``rewritten``, ``shifted`` (a stream delayed, nothing encoded), ``stretched``
            (the pictures' timestamps, nothing encoded) or ``unchanged``.
        reasons: why, one line each.
        before, after: the measurements of both files.
        offset_ticks: ``[ticks]``, the plan that was found; positive: the audio leads.
        line: the offset or drift that is the whole plan, or None where it has local changes.
        frames_composed, frames_skipped: for a warp, frames that got another mouth, and frames
            that should have but could not.
    """

    clip: Path
    output: Path
    decision: Decision
    reasons: tuple[str, ...]
    before: Measurement
    after: Measurement
    offset_ticks: NDArray[np.intp]
    line: Line | None
    frames_composed: int | None = None
    frames_skipped: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that ``syncfix retime --json`` and ``syncfix warp --json`` print."""
        content: dict[str, Any] = {
            "clip": str(self.clip),
            "output": str(self.output),
            "decision": self.decision,
            "reasons": list(self.reasons),
            "before": asdict(self.before.chooser.scores),
            "after": asdict(self.after.chooser.scores),
            "judge": {
                "before": _scores_of(self.before.judge),
                "after": _scores_of(self.after.judge),
            },
            "plan": {
                "tick_seconds": TICK_SECONDS,
                "offset_ticks": [int(v) for v in self.offset_ticks],
                "line": None if self.line is None else asdict(self.line),
            },
        }
        if self.frames_composed is not None:
            content["frames"] = {
                "composed": self.frames_composed,
                "skipped": self.frames_skipped,
            }
        return content


def _scores_of(reading: NetworkReading | None) -> dict[str, Any] | None:
    return None if reading is None else asdict(reading.scores)
