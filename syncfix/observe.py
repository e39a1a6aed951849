"""From a clip to embeddings: what each network hears and sees at every tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import (
    TICK_SECONDS,
    ClipInfo,
    SyncClock,
    Timeline,
    probe,
    read_timeline,
    speech_for,
)
from syncfix.clip.shots import runs
from syncfix.errors import InputError
from syncfix.face.choice import FaceChoice, FacePath, tick_follower
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.mouths import faces_at_ticks
from syncfix.progress import EMBED, LOOK, Progress, Stage, along
from syncfix.speaking import speaking_places
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.mel import Samples, mel_spectrogram
from syncfix.syncnet.observation import Observation, observation
from syncfix.syncnet.speech import speech_ticks
from syncfix.syncnet.vectors import embed_sound
from syncfix.watch import watch

__all__ = ["Clip", "Observed", "observe", "open_clip"]

# A network of 16-frame windows needs one whole window.
MIN_TICKS = 16
# A face that is gone for longer than this is worth a word; as many words as these are enough.
_LONG_TICKS = 50
_MOST_SPANS = 3
# A shorter covering is left alone without a word.
_LEAST_COVERED_TICKS = 3


@dataclass(frozen=True)
class Clip:
    """A clip that is ready to be looked at.

    Attributes:
        info: what its file says.
        timeline: when its frames are shown.
        clock: its sync clock.
        samples: ``[640 * ticks]`` float32, 16 kHz mono from tick 0 on; on disk.
        audio: the file the sound comes from, if not the clip itself.
        track: the sound's track.
    """

    info: ClipInfo
    timeline: Timeline
    clock: SyncClock
    samples: Samples
    audio: Path | None
    track: int


@dataclass(frozen=True)
class Observed:
    """What all networks make of a clip.

    Attributes:
        clip: the clip.
        speech, found: ``[ticks]``, where somebody speaks, and where a mouth is seen.
        by_network: one observation for each network, in the order they were given.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first.
        face: what to follow to see the same face again.
        unsure: the ticks of the shots in which it can't be told who speaks.
        covered: ``[ticks]``, where the face is seen, but something is in front of its mouth.
    """

    clip: Clip
    speech: NDArray[np.bool_]
    found: NDArray[np.bool_]
    by_network: tuple[Observation, ...]
    cuts: NDArray[np.intp]
    face: FaceChoice | FacePath
    unsure: tuple[slice, ...]
    covered: NDArray[np.bool_]

    @property
    def mel(self) -> NDArray[np.float32]:
        """``[80, columns]``, its sound from tick 0 on; made anew, as 20 minutes take 31 MB."""
        return mel_spectrogram(self.clip.samples)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of the scenes, one line each."""
        window = self.by_network[0].window_ticks
        lengths = np.diff([0, *self.cuts.tolist(), len(self.found)])
        short = int((lengths < window).sum())
        told = []
        if short and len(self.cuts):
            told.append(
                f"{short} of {len(lengths)} shots last less than {window * TICK_SECONDS:.2f} s "
                "and can't be measured"
            )
        missing = ~self.found & ~self.covered
        for shot in self.unsure:
            missing[shot] = False
        if self.unsure:
            told.append(f"who speaks can't be told {_spans(self.unsure)}: left alone")
        if gaps := [run for run in runs(missing) if run.stop - run.start >= _LONG_TICKS]:
            told.append(f"no face to follow is seen {_spans(gaps)}: left alone")
        if hidden := [
            run for run in runs(self.covered) if run.stop - run.start >= _LEAST_COVERED_TICKS
        ]:
            told.append(f"the mouth is covered {_spans(hidden)}: left alone")
        return tuple(told)


def _spans(spans: Sequence[slice]) -> str:
    told = [f"from {s.start * TICK_SECONDS:.1f} s to {s.stop * TICK_SECONDS:.1f} s" for s in spans]
    more = f" and {len(told) - _MOST_SPANS} times more" if len(told) > _MOST_SPANS else ""
    return ", ".join(told[:_MOST_SPANS]) + more


def open_clip(path: Path, audio: Path | None = None, track: int = 0) -> Clip:
    """Probe a clip, read its timestamps and its sound.

    Raises:
        InputError: not a usable clip, no sound, or shorter than 16 ticks.
    """
    info = probe(path)
    timeline = read_timeline(path)
    clock = SyncClock(timeline.pts_seconds, timeline.end_seconds)
    if clock.tick_count < MIN_TICKS:
        raise InputError(
            f"{path}: the clip lasts {clock.tick_count * clock.tick_seconds:.2f} s; "
            f"{MIN_TICKS * clock.tick_seconds:.2f} s or more are needed"
        )
    return Clip(info, timeline, clock, speech_for(info, clock, audio, track), audio, track)


def observe(
    clip: Clip,
    networks: Sequence[Network],
    model: LandmarkModel,
    *,
    face: FaceChoice | FacePath = "largest",
    progress: Progress | None = None,
    stages: tuple[Stage, Stage] = (LOOK, EMBED),
) -> Observed:
    """Embed the speech and the mouths of a clip.

    Args:
        clip: the clip.
        networks: the first one says who speaks.
        model: landmark model.
        face: whose mouth.
        progress: told how far it is, in two ``stages``: pictures, embeddings.

    Raises:
        InputError: no face is seen anywhere.
    """
    ticks = clip.clock.tick_count
    whole = any(network.embedder.front_end.sees == "face" for network in networks)
    speech = speech_ticks(clip.samples, ticks)
    follower = tick_follower(face, clip.clock)
    faces = faces_at_ticks(clip.info.path, clip.clock, model, follower, whole=whole)
    watched = watch(along(faces, ticks, stages[0], progress), networks, follower.places, ticks)
    if not watched.found.any() and watched.covered.any():
        raise InputError(
            f"{clip.info.path}: wherever a face is seen its mouth is covered; "
            "a mouth that can be seen is needed"
        )
    if not watched.found.any():
        raise InputError(
            f"{clip.info.path}: no face is seen in the clip; "
            "a frontal face of 80 pixels or more is needed"
        )
    heard = [embed_sound(network.embedder, clip.samples, ticks) for network in networks]
    unsure: list[slice] = []
    if follower.places > 1:
        places = speaking_places(watched, networks[0], heard[0], speech)
        unsure = [
            shot
            for shot, place in zip(watched.shots, places, strict=True)
            if place is None and watched.found[:, shot].any()
        ]
        watched = watched.only(places)
    observations = []
    for number, (network, pictures) in enumerate(zip(networks, watched.pictures, strict=True)):
        done = None
        if progress is not None:
            done = partial(_share_done, progress, stages[1], number, len(networks))
        observations.append(
            observation(
                network,
                pictures[0],
                heard[number],
                speech,
                watched.found[0],
                cuts=watched.cuts,
                motion=watched.motion[0],
                done=done,
            )
        )
    return Observed(
        clip=clip,
        speech=speech,
        found=watched.found[0],
        by_network=tuple(observations),
        cuts=watched.cuts,
        face=FacePath(watched.centres_px[0]) if face == "speaking" else face,
        unsure=tuple(unsure),
        covered=watched.covered[0],
    )


def _share_done(progress: Progress, stage: Stage, number: int, count: int, share: float) -> None:
    progress(stage, (number + share) / count)
