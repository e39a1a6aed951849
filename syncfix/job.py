"""One rewrite: the clip as it was seen, the plan for it, and the attempt that may be rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from syncfix.acceptance import Verdict, judge_rewrite
from syncfix.clip import check_output, copy_through
from syncfix.models import Models
from syncfix.observe import Clip, Observation, Observed, observe, open_clip
from syncfix.results import Decision, Measurement, NetworkReading, Rewrite
from syncfix.retime import RetimeOptions, TimingPlan, find_plan
from syncfix.syncnet.scores import MIN_SPEECH_TICKS, REACH_TICKS

__all__ = ["Job", "measurement_of"]


class Write(Protocol):
    """Writes the output; the keywords are those that all writers share."""

    def __call__(
        self,
        output: Path,
        *,
        audio: Path | None,
        track: int,
        overwrite: bool,
        examine: Callable[[Path], None],
    ) -> Path: ...


class _RejectedError(Exception):
    """The complete file was looked at and found no better."""


@dataclass(frozen=True)
class Job:
    """A clip that has been looked at, and where its rewrite goes."""

    before: Observed
    output: Path
    models: Models
    force: bool
    overwrite: bool

    @classmethod
    def begin(
        cls,
        clip: Path,
        output: Path,
        audio: Path | None,
        track: int,
        models: Models | None,
        force: bool,
        overwrite: bool,
    ) -> Job:
        """Check the paths, then look at the clip."""
        check_output(clip, output, overwrite)  # first: it costs nothing
        opened = open_clip(clip, audio, track)
        models = models or Models.load()
        before = observe(opened, models.networks, models.landmarks)
        return cls(before, output, models, force, overwrite)

    @property
    def clip(self) -> Clip:
        return self.before.clip

    def plan(self, options: RetimeOptions) -> tuple[TimingPlan, list[str]]:
        """The best plan, and what there is to say of it."""
        chooser = self.before.by_network[0]
        if chooser.curve is None:
            return _no_change(self.before), [_too_little(chooser)]
        reasons = []
        centre = 0
        if chooser.scores.can_tell and chooser.scores.offset_ticks is not None:
            centre = chooser.scores.offset_ticks
        else:
            reasons.append(
                f"the global offset can't be told (confidence {chooser.scores.confidence:.2f}): "
                "the search stays about 0"
            )
        plan = find_plan(
            chooser.audio,
            chooser.video,
            chooser.counts,
            centre,
            chooser.network.embedder.window_ticks,
            options,
        )
        return plan, reasons

    def attempt(
        self, decision: Decision, plan: TimingPlan, reasons: list[str], write: Write
    ) -> Rewrite:
        """Write the output, look at the written file, and keep it only if it is better."""
        after: Observed | None = None
        verdict: Verdict | None = None

        def examine(part: Path) -> None:
            nonlocal after, verdict
            seen = open_clip(part, self.clip.audio, self.clip.track)
            after = observe(seen, self.models.networks, self.models.landmarks)
            verdict = judge_rewrite(self.before, after)
            if not verdict.accepted and not self.force:
                raise _RejectedError

        try:
            write(
                self.output,
                audio=self.clip.audio,
                track=self.clip.track,
                overwrite=self.overwrite,
                examine=examine,
            )
        except _RejectedError:
            told = list(verdict.reasons) if verdict else []
            return self.unchanged(plan, [*reasons, *told])
        assert after is not None and verdict is not None
        told = [*reasons, *verdict.reasons]
        if not verdict.accepted:
            told.append("kept because --force was given")
        return Rewrite(
            clip=self.clip.info.path,
            output=self.output,
            decision=decision,
            reasons=tuple(told),
            before=measurement_of(self.before),
            after=replace(measurement_of(after), clip=self.output),
            offset_ticks=plan.offset_ticks,
        )

    def unchanged(self, plan: TimingPlan, reasons: list[str]) -> Rewrite:
        """Pass the clip through as it is."""
        copy_through(
            self.clip.info,
            self.output,
            audio=self.clip.audio,
            track=self.clip.track,
            overwrite=self.overwrite,
        )
        before = measurement_of(self.before)
        return Rewrite(
            clip=self.clip.info.path,
            output=self.output,
            decision="unchanged",
            reasons=tuple(reasons) or ("the timing that fits best is the one it has",),
            before=before,
            after=replace(before, clip=self.output),
            offset_ticks=plan.offset_ticks,
        )


def measurement_of(observed: Observed) -> Measurement:
    """What there is to tell of a clip that has been looked at."""
    readings = [_reading(each) for each in observed.by_network]
    clip = observed.clip
    chooser = observed.by_network[0]
    return Measurement(
        clip=clip.info.path,
        audio=clip.audio or clip.info.path,
        chooser=readings[0],
        judge=readings[1] if len(readings) > 1 else None,
        reasons=() if chooser.curve is not None else (_too_little(chooser),),
    )


def _reading(each: Observation) -> NetworkReading:
    curve = None
    if each.curve is not None:
        curve = tuple(float(v) if np.isfinite(v) else None for v in each.curve)
    return NetworkReading(
        name=each.network.name,
        sha256=each.network.sha256,
        ticks=len(each.counts),
        speech_ticks=int(each.counts.sum()),
        scores=each.scores,
        curve=curve,
        distance_by_tick=tuple(
            float(row[REACH_TICKS]) if counts else None
            for row, counts in zip(each.distances, each.counts, strict=True)
        ),
    )


def _too_little(each: Observation) -> str:
    return (
        f"only {int(each.counts.sum())} ticks with speech and a face; "
        f"{MIN_SPEECH_TICKS} or more are needed for scores"
    )


def _no_change(observed: Observed) -> TimingPlan:
    return TimingPlan(np.zeros(len(observed.found), dtype=np.intp), 0)
