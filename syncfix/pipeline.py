"""The order of the stages: look, measure, plan, rewrite, look again, decide.

Each function is both the Python API and what a command calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from syncfix.clip import Picture, Quality, can_shift, muxer_of, rewrite, shift
from syncfix.face.choice import face_choice, frame_follower
from syncfix.job import Job, measurement_of
from syncfix.models import Models, ready
from syncfix.observe import observe, open_clip
from syncfix.progress import LISTEN, WRITE, Progress, along
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
    face: str | tuple[float, float] = "largest",
    models: Models | Callable[[], Models] | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """Measure how well mouth and speech match.

    Args:
        clip: a video file with a speaker.
        audio: the speech, instead of the clip's own sound; it begins where the clip begins.
        track: which audio track.
        face: whose mouth, where there are several: ``largest``; ``speaking``, in each shot the
            one that fits the speech best; or ``(x, y)``, the one that is nearest to this point of
            the picture, in pixels, where a shot begins.
        models: what to measure with, or what loads it once the clip has been found usable.
        progress: called with a stage and the share of it that is done.

    Raises:
        InputError: the clip or the audio can't be used.
        CheckpointError: a model can't be loaded.
    """
    face_choice(face)
    if progress is not None:
        progress(LISTEN, 0.0)
    opened = open_clip(Path(clip), _path(audio), track)
    wanted = face_choice(face, opened.info.video.upright_size)
    models = ready(models)
    return measurement_of(
        observe(opened, models.networks, models.landmarks, face=wanted, progress=progress)
    )


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
    face: str | tuple[float, float] = "largest",
    models: Models | Callable[[], Models] | None = None,
    progress: Progress | None = None,
) -> Rewrite:
    """Show the frames at the times at which they fit the speech best.

    An offset of the whole clip is mended by delaying a stream, and a drift by stretching the
    pictures' timestamps, both without encoding. The output has the frames, timestamps and sound
    of the input otherwise. If the clip does not get better by more than its own noise, in the
    eyes of every network, the output is the input unchanged.

    Args:
        clip, audio, track, face, models, progress: as for :func:`measure`. With ``audio`` the
            output carries it.
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
    job = Job.begin(
        Path(clip), Path(output), _path(audio), track, models, force, overwrite, face, progress
    )
    choice = job.choose(options or RetimeOptions())
    if choice.plan.changes_nothing:
        return job.unchanged(choice)
    opened = job.clip
    line = choice.plan.line
    if line is not None and can_shift(job.output):
        # At t the picture of (1 + slope) t + start is wanted: each one lasts 1 / (1 + slope).
        stretch = 1.0 / (1.0 + line.slope)
        offset_ms = TICK_MS * line.start_ticks * stretch
        move = partial(shift, opened.info, offset_ms=offset_ms, stretch=stretch)
        return job.attempt("shifted" if line.is_constant else "stretched", choice, move)
    sources = opened.clock.source_frames(choice.plan.offset_ticks, job.before.cuts)
    frames = along(
        retimed_frames(opened.info.path, opened.timeline, sources), len(sources), WRITE, progress
    )
    write = partial(rewrite, opened.info, frames=frames, quality=quality)
    return job.attempt("rewritten", choice, write)


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
    face: str | tuple[float, float] = "largest",
    models: Models | Callable[[], Models] | None = None,
    progress: Progress | None = None,
) -> Rewrite:
    """Keep every frame where it is, and give it the mouth of the frame that fits the speech.

    Args:
        recipe: ``default``, or ``seed`` for the proof of concept's.
        clip, output, audio, track, options, force, overwrite, quality, face, models, progress: as
            for :func:`retime`.

    Raises:
        InputError: the clip, the audio or the output path can't be used.
        CheckpointError: a model can't be loaded.
    """
    quality.check(muxer_of(Path(output)))
    job = Job.begin(
        Path(clip), Path(output), _path(audio), track, models, force, overwrite, face, progress
    )
    choice = job.choose(options or RetimeOptions())
    if choice.plan.changes_nothing:
        return job.unchanged(choice)
    opened = job.clip
    sources = opened.clock.source_frames(choice.plan.offset_ticks, job.before.cuts)
    counts = {"kept": 0, "composed": 0, "skipped": 0}

    def frames() -> Iterator[Picture]:
        warped_frames = warp_frames(
            opened.info.path,
            opened.clock,
            job.models.landmarks,
            sources,
            recipe=recipe,
            follower=frame_follower(job.before.face, opened.clock),
        )
        for warped in along(warped_frames, len(sources), WRITE, progress):
            counts[warped.status] += 1
            yield warped.shown

    write = partial(rewrite, opened.info, frames=frames(), quality=quality)
    result = job.attempt("rewritten", choice, write)
    return replace(result, frames_composed=counts["composed"], frames_skipped=counts["skipped"])


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)
