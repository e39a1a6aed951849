"""Where the streams of the input go: copied as they are, encoded, or left out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from syncfix.clip.audio import audio_track
from syncfix.clip.container import same_family, same_kind
from syncfix.clip.holds import holds
from syncfix.clip.info import ClipInfo
from syncfix.clip.opening import open_media
from syncfix.clip.probe import probe_sound
from syncfix.clip.sound import EncodedSound, can_copy
from syncfix.clip.tracks import CopiedTracks, add_copy, is_cover, tell_left_out

__all__ = ["copied_stream", "is_wanted", "other_sound", "own_sound"]

_log = logging.getLogger(__name__)

# Containers that also take sound which is then heard late, or which hardly a player knows.
_PARTICULAR = ("avi", "mpegts", "mpeg", "flv")


def copied_stream(
    target: OutputContainer, info: ClipInfo, muxer: str, source: InputContainer, stream: Stream
) -> Stream | None:
    """A stream to copy packets to, or None where the container would lose them."""
    codec: CodecContext | None = stream.codec_context
    same = same_kind(info, source, muxer)
    quicktime = muxer in ("mp4", "mov") and same_family(info, muxer)
    # Other tags of QuickTime's mean nothing in MP4, and the muxer refuses them.
    hevc = codec is not None and codec.name == "hevc"
    keep_tag = quicktime and (same or hevc)
    if not same and codec is not None and stream.type in ("video", "audio", "subtitle"):
        lost = not holds(info.path, stream.index, muxer, keep_tag)
        if stream.type == "audio" and muxer in _PARTICULAR:
            lost = lost or not can_copy(codec.codec.canonical_name, muxer)
        if lost:
            if stream.index != info.video.index:
                tell_left_out(stream)
            return None
    return add_copy(target, stream, keep_tag)


def is_wanted(stream: Stream, info: ClipInfo, muxer: str, replace_audio: bool) -> bool:
    """Whether the output is to have a stream of the input: not data, and not what is replaced."""
    if stream.type == "video":
        covers = is_cover(stream) and muxer in ("mp4", "mov")
        return stream.index == info.video.index or covers
    if stream.type == "attachment":
        return muxer == "matroska"
    return stream.type != "audio" or not replace_audio


def other_sound(
    stack: ExitStack, target: OutputContainer, muxer: str, audio: Path, track: int, late: float
) -> CopiedTracks | EncodedSound:
    """The given file's track, begun ``late`` seconds from the output's start.

    Raises:
        InputError: there is no such track, or its codec is unknown.
    """
    sound = probe_sound(audio)
    source: InputContainer = stack.enter_context(open_media(audio))
    stream = audio_track(audio, source, track)
    delay = late - sound.start_seconds
    if can_copy(stream.codec_context.codec.canonical_name, muxer):
        copy = add_copy(target, stream, keep_tag=False)
        if copy is not None:
            return CopiedTracks(source, target, {stream: copy}, {stream.index: delay})
    return EncodedSound(audio, source, stream, target, muxer, delay)


def own_sound(
    stack: ExitStack,
    target: OutputContainer,
    muxer: str,
    info: ClipInfo,
    stream: Stream,
    delays: Mapping[str, float],
    base: float,
) -> EncodedSound:
    """A track that the container can't hold as it is, encoded."""
    source = stack.enter_context(open_media(info.path))
    again = cast(AudioStream, source.streams[stream.index])
    _log.warning(
        "%s: %s can't hold its sound (%s), so it is encoded anew; write .mkv to copy most sounds",
        info.path, muxer, again.codec_context.name,
    )  # fmt: skip
    delay = delays.get("audio", 0.0) - base
    return EncodedSound(info.path, source, again, target, muxer, delay)
