"""What one network makes of a clip: its embeddings, distances and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.shots import spans_cut
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.network import Pictures
from syncfix.syncnet.scores import REACH_TICKS, Scores, offset_distances, score
from syncfix.syncnet.vectors import Vectors, embed_pictures

__all__ = ["OFFSETS_TICKS", "Observation", "observation"]

OFFSETS_TICKS = np.arange(-REACH_TICKS, REACH_TICKS + 1)
# A window counts where the face is seen in three quarters of its frames and in its middle.
_SEEN_SHARE = 0.75


@dataclass(frozen=True)
class Observation:
    """What one network makes of a clip.

    Attributes:
        network: the network.
        pictures: ``[ticks, h, w, 3]`` uint8, what it sees at each tick.
        audio, video: unit vectors ``[windows, dimension]``, one for each first tick; on disk.
        seen: ``[ticks]``, whether a face is seen in the tick's window, and one shot alone.
        counts: ``[ticks]``, the ticks that scores are means of: speech, and a face is seen.
        distances: ``[ticks, 31]`` for offsets -15 to 15.
        scores: the scores.
        curve: ``[31]`` mean distances, or None with too little speech.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first.
        motion: ``[ticks]``, how much the face moved since the tick before, in gray levels a tick;
            NaN where that can't be told.
    """

    network: Network
    pictures: Pictures
    audio: Vectors
    video: Vectors
    seen: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    distances: NDArray[np.float64]
    scores: Scores
    curve: NDArray[np.float64] | None
    cuts: NDArray[np.intp]
    motion: NDArray[np.float64]

    @property
    def window_ticks(self) -> int:
        """Frames in a window of the network."""
        return self.network.embedder.window_ticks


def observation(
    network: Network,
    pictures: Pictures,
    audio: Vectors,
    speech: NDArray[np.bool_],
    found: NDArray[np.bool_],
    cuts: NDArray[np.intp] | None = None,
    motion: NDArray[np.float64] | None = None,
    done: Callable[[float], None] | None = None,
) -> Observation:
    """Embed a clip's pictures and score them against its sound.

    Args:
        network: the network.
        pictures: ``[ticks, h, w, 3]`` uint8 RGB, by the network's front end.
        audio: its embeddings of the sound ``[windows, dimension]``.
        speech, found: ``[ticks]``, where somebody speaks, and where a face is seen.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first.
        motion: ``[ticks]``, how much the face moved since the tick before, if it is known.
        done: told the share of the pictures that is embedded.
    """
    embedder, ticks = network.embedder, len(found)
    window = embedder.window_ticks
    video = embed_pictures(embedder, pictures, done=done)
    total = np.concatenate([[0.0], np.cumsum(found)])
    first = np.clip(np.arange(ticks) - window // 2, 0, ticks - window)
    cuts = np.zeros(0, dtype=np.intp) if cuts is None else cuts
    motion = np.full(ticks, np.nan) if motion is None else motion
    share = (total[first + window] - total[first]) / window
    seen = found & (share >= _SEEN_SHARE) & ~spans_cut(first, window, cuts)
    counts = speech & seen
    distances = offset_distances(audio, video, OFFSETS_TICKS, window)
    scores, curve = score(distances, counts, network.calibration)
    return Observation(
        network, pictures, audio, video, seen, counts, distances, scores, curve, cuts, motion
    )
