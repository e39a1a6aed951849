"""From a clip to embeddings: what each network hears and sees at every tick."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from syncfix.errors import InputError
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.mouths import TickMouth, mouths_at_ticks
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.mel import mel_spectrogram
from syncfix.syncnet.observation import Observation, observation
from syncfix.syncnet.speech import speech_ticks

__all__ = ["Clip", "Observed", "observe", "open_clip"]

# A network of 16-frame windows needs one whole window.
MIN_TICKS = 16


@dataclass(frozen=True)
class Clip:
    """A clip that is ready to be looked at.

    Attributes:
        info: what its file says.
        timeline: when its frames are shown.
        clock: its sync clock.
        samples: ``[640 * ticks]`` float32, 16 kHz mono from tick 0 on.
        audio: the file the sound comes from, if not the clip itself.
        track: the sound's track.
    """

    info: ClipInfo
    timeline: Timeline
    clock: SyncClock
    samples: NDArray[np.float32]
    audio: Path | None
    track: int


@dataclass(frozen=True)
class Observed:
    """What all networks make of a clip.

    Attributes:
        clip: the clip.
        mel: ``[80, columns]``, its sound from tick 0 on.
        speech, found: ``[ticks]``, where somebody speaks, and where a face is seen.
        by_network: one observation for each network, in the order they were given.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first.
    """

    clip: Clip
    mel: NDArray[np.float32]
    speech: NDArray[np.bool_]
    found: NDArray[np.bool_]
    by_network: tuple[Observation, ...]
    cuts: NDArray[np.intp]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of the scenes, one line each."""
        window = self.by_network[0].window_ticks
        lengths = np.diff([0, *self.cuts.tolist(), len(self.found)])
        short = int((lengths < window).sum())
        if not short or not len(self.cuts):
            return ()
        return (
            f"{short} of {len(lengths)} shots last less than {window * TICK_SECONDS:.2f} s "
            "and can't be measured",
        )


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


def observe(clip: Clip, networks: Sequence[Network], model: LandmarkModel) -> Observed:
    """Embed the speech and the mouths of a clip.

    Raises:
        InputError: no face is seen anywhere.
    """
    ticks = clip.clock.tick_count
    mel = mel_spectrogram(clip.samples)
    speech = speech_ticks(clip.samples, ticks)
    pictures = [_on_disk((ticks, *n.embedder.front_end.picture_px, 3)) for n in networks]
    mouths = mouths_at_ticks(clip.info.path, clip.clock, model)
    found, cuts = _fill(pictures, networks, mouths, ticks)
    if not found.any():
        raise InputError(
            f"{clip.info.path}: no face is seen in the clip; "
            "a frontal face of 80 pixels or more is needed"
        )
    observations = tuple(
        observation(network, shown, mel, speech, found, cuts=cuts)
        for network, shown in zip(networks, pictures, strict=True)
    )
    return Observed(clip, mel, speech, found, observations, cuts)


def _on_disk(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """An array in a nameless file, so that memory does not grow with the clip.

    The file goes when the array does, also if the process is killed.
    """
    with tempfile.TemporaryFile(prefix="syncfix-") as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _fill(
    pictures: list[NDArray[np.uint8]],
    networks: Sequence[Network],
    mouths: Iterator[TickMouth],
    ticks: int,
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Write each network's picture of each tick; where no face is seen the last one stays.

    Returns:
        ``[ticks]`` where a face is seen, and the first ticks of the shots other than the first.
    """
    found = np.zeros(ticks, dtype=np.bool_)
    cuts: list[int] = []
    for mouth in mouths:
        if mouth.begins_shot:
            cuts.append(mouth.tick)
        found[mouth.tick] = mouth.half is not None
        for shown, network in zip(pictures, networks, strict=True):
            if mouth.half is not None:
                shown[mouth.tick] = network.embedder.front_end.picture(mouth.half)
            else:
                shown[mouth.tick] = shown[mouth.tick - 1] if mouth.tick else 127
    return found, np.array(cuts, dtype=np.intp)
