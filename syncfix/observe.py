"""From a clip to embeddings: what each network hears and sees at every tick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import ClipInfo, SyncClock, Timeline, probe, read_timeline, speech_for
from syncfix.clip.leftovers import scratch_folder
from syncfix.clip.rows import RowFile
from syncfix.errors import InputError
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.mouths import TickMouth, mouths_at_ticks
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.mel import mel_spectrogram
from syncfix.syncnet.scores import REACH_TICKS, Scores, offset_distances, score
from syncfix.syncnet.speech import speech_ticks

__all__ = ["Clip", "Observation", "Observed", "observe", "open_clip"]

# A network of 16-frame windows needs one whole window.
MIN_TICKS = 16
# A window counts where the face is seen in three quarters of its frames and in its middle.
_SEEN_SHARE = 0.75


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
class Observation:
    """What one network makes of a clip.

    Attributes:
        network: the network.
        audio, video: unit vectors ``[windows, dimension]``, one for each first tick.
        counts: ``[ticks]``, the ticks that scores are means of: speech, and a face is seen.
        distances: ``[ticks, 31]`` for offsets -15 to 15.
        scores: the scores.
        curve: ``[31]`` mean distances, or None with too little speech.
    """

    network: Network
    audio: NDArray[np.float32]
    video: NDArray[np.float32]
    counts: NDArray[np.bool_]
    distances: NDArray[np.float64]
    scores: Scores
    curve: NDArray[np.float64] | None


@dataclass(frozen=True)
class Observed:
    """What all networks make of a clip.

    Attributes:
        clip: the clip.
        speech, found: ``[ticks]``, where somebody speaks, and where a face is seen.
        by_network: one observation for each network, in the order they were given.
    """

    clip: Clip
    speech: NDArray[np.bool_]
    found: NDArray[np.bool_]
    by_network: tuple[Observation, ...]


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
    with scratch_folder() as folder:
        # On disk, so that memory does not grow with the clip; the folder goes with the block.
        pictures = [
            RowFile(
                folder / f"pictures-{index}", ticks, (*network.embedder.front_end.picture_px, 3)
            )
            for index, network in enumerate(networks)
        ]
        mouths = mouths_at_ticks(clip.info.path, clip.clock, model)
        found = _fill(pictures, networks, mouths, ticks)
        if not found.any():
            raise InputError(
                f"{clip.info.path}: no face is seen in the clip; "
                "a frontal face of 80 pixels or more is needed"
            )
        observations = tuple(
            _observation(network, shots, mel, speech, found)
            for network, shots in zip(networks, pictures, strict=True)
        )
        for shots in pictures:
            shots.close()
    return Observed(clip, speech, found, observations)


def _fill(
    pictures: list[RowFile],
    networks: Sequence[Network],
    mouths: Iterator[TickMouth],
    ticks: int,
) -> NDArray[np.bool_]:
    """Write each network's picture of each tick; where no face is seen the last one stays."""
    found = np.zeros(ticks, dtype=np.bool_)
    for mouth in mouths:
        found[mouth.tick] = mouth.half is not None
        for shots, network in zip(pictures, networks, strict=True):
            if mouth.half is not None:
                shots[mouth.tick] = network.embedder.front_end.picture(mouth.half)
            else:
                shots[mouth.tick] = shots[mouth.tick - 1] if mouth.tick else 127
    return found


def _observation(
    network: Network,
    pictures: RowFile,
    mel: NDArray[np.float32],
    speech: NDArray[np.bool_],
    found: NDArray[np.bool_],
) -> Observation:
    embedder, ticks = network.embedder, len(found)
    window = embedder.window_ticks
    video = embedder.embed_video(pictures)
    audio = embedder.embed_audio(mel, ticks)
    total = np.concatenate([[0.0], np.cumsum(found)])
    first = np.clip(np.arange(ticks) - window // 2, 0, ticks - window)
    share = (total[first + window] - total[first]) / window
    counts = speech & found & (share >= _SEEN_SHARE)
    offsets = np.arange(-REACH_TICKS, REACH_TICKS + 1)
    distances = offset_distances(audio, video, offsets, window)
    scores, curve = score(distances, counts, network.calibration)
    return Observation(network, audio, video, counts, distances, scores, curve)
