"""A talker with known truth, rendered from wheels alone: synthesised speech and a portrait.

text → ``speech`` (samples, phonemes) → ``visemes`` (shape of the mouth) → ``talker`` (frames) →
``film`` (a file); ``broken`` breaks its timing by a known path. Needs the extra ``demo``
(scikit-image for the portrait; espeakng-loader for better speech).
"""

from syncfix.demo.broken import DemoClip, break_timing, render_talker
from syncfix.demo.film import render_clip, write_film
from syncfix.demo.speech import Phoneme, Speech, synthesise
from syncfix.demo.talker import render_frames
from syncfix.demo.visemes import mouth_track

__all__ = [
    "DemoClip",
    "Phoneme",
    "Speech",
    "break_timing",
    "mouth_track",
    "render_clip",
    "render_frames",
    "render_talker",
    "synthesise",
    "write_film",
]
