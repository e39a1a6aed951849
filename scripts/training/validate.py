"""How often a network finds the right shift on speakers it never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder
from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.scores import REACH_TICKS, offset_distances

from .data import Talker

REACH = REACH_TICKS
TRUSTED = ("rizkiarm/LipNet", "arielephrat/vid2speech", "dr-pato/audio-visual-speech-inpainting")


@dataclass(frozen=True)
class Validation:
    """Shares within one tick of shift 0, over shifts of -15 to 15; chance is 3 in 31."""

    windows: float
    windows_trusted: float
    clips: float
    clips_trusted: float
    count: int


def validate(embedder: StackedEmbedder | FramewiseEmbedder, talkers: list[Talker]) -> Validation:
    """Score the clips of 3 s and more."""
    embedder.model.eval()
    hits, trusted_hits, clips, trusted_clips = [], [], [], []
    for talker in talkers:
        if talker.ticks < 70:
            continue
        vision = embedder.embed_video(talker.pictures(embedder.front_end))
        audio = embedder.embed_audio(talker.mel, talker.ticks)
        firsts = talker.first_ticks(embedder.window_ticks)
        firsts = firsts[(firsts >= REACH) & (firsts < len(audio) - REACH)]
        if len(firsts) == 0:
            continue
        window = embedder.window_ticks
        table = offset_distances(audio, vision, OFFSETS_TICKS, window)[firsts + window // 2]
        hit = np.abs(table.argmin(axis=1) - REACH) <= 1
        clip = abs(int(table.mean(axis=0).argmin()) - REACH) <= 1
        hits.append(hit)
        clips.append(clip)
        if talker.source in TRUSTED:
            trusted_hits.append(hit)
            trusted_clips.append(clip)
    return Validation(
        float(np.concatenate(hits).mean()),
        float(np.concatenate(trusted_hits).mean()),
        float(np.mean(clips)),
        float(np.mean(trusted_clips)),
        len(clips),
    )
