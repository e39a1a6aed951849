"""The order of the stages: look, measure, plan, rewrite, look again, decide.

Each function is both the Python API and what a command calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from syncfix.clip import Picture, Quality, can_shift, muxer_of, rewrite, shift
from syncfix.job import Job, measurement_of
from syncfix.models import Models, ready
from syncfix.observe import observe, open_clip
from syncfix.results import Measurement, Rewrite
from syncfix.retime import RetimeOptions, retimed_frames
from syncfix.syncnet.scores import TICK_MS
from syncfix.warp import Recipe, warp_frames

__all__ = ["measure", "retime", "warp"]

DEFAULT_QUALITY = Quality()


def measure(
    clip: Path | str,
    *,
    audio: Path | str | None = None,
    track: int = 0,
    models: Models | Callable[[], Models] | None = None,
) -> Measurement:
    """Measure how well mouth and speech match.

    Args:
        clip: a video file with one speaker.
        audio: the speech, instead of the clip's own sound; it begins where the clip begins.
        track: which audio track.
        models: what to measure with, or what loads it once the clip has been found usable.

    Raises:
        InputError: the clip or the audio can't be used.
        CheckpointError: a model can't be loaded.
    """
    opened = open_clip(Path(clip), _path(audio), track)
    models = ready(models)
    return measurement_of(observe(opened, models.networks, models.landmarks))


def retime(
    clip: Path | str,
    output: Path | str,
    *,
    audio: Path | str | None = None,
    track: int = 0,
    options: RetimeOptions | None = None,
    force: bool = False,
    overwrite: bool = False,
    quality: Quality = DEFAULT_QUALITY,
    models: Models | Callable[[], Models] | None = None,
) -> Rewrite:
    """Show the frames at the times at which they fit the speech best.

    A constant offset is mended by delaying a stream, without encoding. The output has the frames,
    timestamps and sound of the input otherwise. If the written clip is not better by more than its
    own noise, in the eyes of every network, the output is the input unchanged.

    Args:
        clip, audio, track, models: as for :func:`measure`. With ``audio`` the output carries it.
        output: the file to write.
        options: how to look for the plan.
        force: keep the rewrite whatever the networks say of it.
        overwrite: replace an output that exists.
        quality: of the encoded video: codec, crf, or lossless.

    Raises:
        InputError: the clip, the audio or the output path can't be used.
        CheckpointError: a model can't be loaded.
    """
    quality.check(muxer_of(Path(output)))
    job = Job.begin(Path(clip), Path(output), _path(audio), track, models, force, overwrite)
    plan, reasons = job.plan(options or RetimeOptions())
    if plan.changes_nothing:
        return job.unchanged(plan, reasons)
    opened = job.clip
    if plan.constant_ticks is not None and can_shift(job.output):
        delay = partial(shift, opened.info, offset_ms=TICK_MS * plan.constant_ticks)
        return job.attempt("shifted", plan, reasons, delay)
    sources = opened.clock.source_frames(plan.offset_ticks)
    frames = retimed_frames(opened.info.path, opened.timeline, sources)
    write = partial(rewrite, opened.info, frames=frames, quality=quality)
    return job.attempt("rewritten", plan, reasons, write)


def warp(
    clip: Path | str,
    output: Path | str,
    *,
    audio: Path | str | None = None,
    track: int = 0,
    options: RetimeOptions | None = None,
    recipe: Recipe = "default",
    force: bool = False,
    overwrite: bool = False,
    quality: Quality = DEFAULT_QUALITY,
    models: Models | Callable[[], Models] | None = None,
) -> Rewrite:
    """Keep every frame where it is, and give it the mouth of the frame that fits the speech.

    Args:
        recipe: ``default``, or ``seed`` for the proof of concept's.
        clip, output, audio, track, options, force, overwrite, quality, models: as for
            :func:`retime`.

    Raises:
        InputError: the clip, the audio or the output path can't be used.
        CheckpointError: a model can't be loaded.
    """
    quality.check(muxer_of(Path(output)))
    job = Job.begin(Path(clip), Path(output), _path(audio), track, models, force, overwrite)
    plan, reasons = job.plan(options or RetimeOptions())
    if plan.changes_nothing:
        return job.unchanged(plan, reasons)
    opened = job.clip
    sources = opened.clock.source_frames(plan.offset_ticks)
    counts = {"kept": 0, "composed": 0, "skipped": 0}

    def frames() -> Iterator[Picture]:
        for warped in warp_frames(
            opened.info.path, opened.clock, job.models.landmarks, sources, recipe=recipe
        ):
            counts[warped.status] += 1
            yield warped.shown

    write = partial(rewrite, opened.info, frames=frames(), quality=quality)
    result = job.attempt("rewritten", plan, reasons, write)
    return replace(result, frames_composed=counts["composed"], frames_skipped=counts["skipped"])


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)
