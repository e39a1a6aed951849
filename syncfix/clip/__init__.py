"""Clips in and out: probe, frames with timestamps, speech at 16 kHz, the sync clock, the writer."""

from syncfix.clip.audio import SAMPLE_RATE_HZ, read_audio, speech_for
from syncfix.clip.clock import TICK_SECONDS, SyncClock
from syncfix.clip.frames import (
    Frame,
    Timeline,
    from_upright,
    read_frames,
    read_timeline,
    read_timestamps,
    to_upright,
)
from syncfix.clip.info import AudioInfo, ClipInfo, Colour, SoundInfo, VideoInfo
from syncfix.clip.opening import check_file
from syncfix.clip.output import check_output, muxer_of
from syncfix.clip.probe import probe, probe_sound
from syncfix.clip.quality import CODECS, Quality
from syncfix.clip.writer import Picture, can_shift, copy_through, rewrite, shift

__all__ = [
    "CODECS",
    "SAMPLE_RATE_HZ",
    "TICK_SECONDS",
    "AudioInfo",
    "ClipInfo",
    "Colour",
    "Frame",
    "Picture",
    "Quality",
    "SoundInfo",
    "SyncClock",
    "Timeline",
    "VideoInfo",
    "can_shift",
    "check_file",
    "check_output",
    "copy_through",
    "from_upright",
    "muxer_of",
    "probe",
    "probe_sound",
    "read_audio",
    "read_frames",
    "read_timeline",
    "read_timestamps",
    "rewrite",
    "shift",
    "speech_for",
    "to_upright",
]
