"""One rewrite: the clip as it was seen, the plan for it, and the attempt that may be rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from syncfix.acceptance import Verdict, judge_rewrite
from syncfix.clip import check_output, copy_through
from syncfix.clip.leftovers import clear_parts
from syncfix.face.choice import face_choice
from syncfix.models import Models, ready
from syncfix.observe import Clip, Observed, observe, open_clip
from syncfix.progress import EMBED_AGAIN, LISTEN, LOOK_AGAIN, PLAN, Progress
from syncfix.results import Decision, Measurement, NetworkReading, Rewrite
from syncfix.retime import Choice, Line, RetimeOptions, TimingPlan, choose_plan
from syncfix.syncnet.observation import Observation
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
    progress: Progress | None = None

    @classmethod
    def begin(
        cls,
        clip: Path,
        output: Path,
        audio: Path | None,
        track: int,
        models: Models | Callable[[], Models] | None,
        force: bool,
        overwrite: bool,
        face: str | tuple[float, float] = "largest",
        progress: Progress | None = None,
    ) -> Job:
        """Check the paths, then look at the clip."""
        check_output(clip, output, overwrite, audio)  # first: it costs nothing
        face_choice(face)  # and so does this
        clear_parts(output.parent)
        if progress is not None:
            progress(LISTEN, 0.0)
        opened = open_clip(clip, audio, track)
        wanted = face_choice(face, opened.info.video.upright_size)
        models = ready(models)
        models.require_planner()
        before = observe(opened, models.networks, models.landmarks, face=wanted, progress=progress)
        return cls(before, output, models, force, overwrite, progress)

    @property
    def clip(self) -> Clip:
        return self.before.clip

    def choose(self, options: RetimeOptions) -> Choice:
        """The plan that the networks agree on, and what there is to say of it."""
        before = self.before
        if self.progress is not None:
            self.progress(PLAN, 0.0)
        if before.by_network[0].curve is None:
            nothing = TimingPlan.along(Line(), len(before.found), before.cuts)
            return Choice(nothing, nothing, (_too_little(before.by_network[0]),))
        return choose_plan(
            before.by_network, lambda: before.mel, before.speech, options, force=self.force
        )

    def attempt(self, decision: Decision, choice: Choice, write: Write) -> Rewrite:
        """Write the output, look at the written file, and keep it only if it is better."""
        after: Observed | None = None
        verdict: Verdict | None = None

        def examine(part: Path) -> None:
            nonlocal after, verdict
            # The file's own sound, which may have been delayed; a given one has become its first.
            seen = open_clip(part, None, 0 if self.clip.audio else self.clip.track)
            after = observe(
                seen,
                self.models.networks,
                self.models.landmarks,
                face=self.before.face,
                progress=self.progress,
                stages=(LOOK_AGAIN, EMBED_AGAIN),
            )
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
            return self.unchanged(choice, verdict.reasons if verdict else ())
        assert after is not None and verdict is not None
        told = [*choice.reasons, *verdict.reasons, *self.before.remarks]
        if not verdict.accepted:
            told.append("kept because --force was given")
        return Rewrite(
            clip=self.clip.info.path,
            output=self.output,
            decision=decision,
            reasons=tuple(told),
            before=measurement_of(self.before),
            after=replace(measurement_of(after), clip=self.output),
            offset_ticks=choice.plan.offset_ticks,
            line=choice.plan.line,
        )

    def unchanged(self, choice: Choice, reasons: tuple[str, ...] = ()) -> Rewrite:
        """Pass the clip through as it is."""
        copy_through(
            self.clip.info,
            self.output,
            audio=self.clip.audio,
            track=self.clip.track,
            overwrite=self.overwrite,
        )
        why = (*choice.reasons, *reasons) or ("the timing that fits best is the one it has",)
        before = measurement_of(self.before)
        return Rewrite(
            clip=self.clip.info.path,
            output=self.output,
            decision="unchanged",
            reasons=(*why, *self.before.remarks),
            before=before,
            after=replace(before, clip=self.output),
            offset_ticks=choice.tried.offset_ticks,
            line=choice.tried.line,
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
        reasons=(
            *(() if chooser.curve is not None else (_too_little(chooser),)),
            *observed.remarks,
        ),
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
