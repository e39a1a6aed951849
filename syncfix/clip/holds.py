"""Whether a container holds a stream as it is: tried out on the stream's first packets.

Muxers say too little of it. Some take packets that no reader finds again (PCM in an MPEG transport
stream), or lose their times (E-AC-3 in AVI), or fail only when the file is opened.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import av
import av.error
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext

from syncfix.clip.opening import open_media
from syncfix.clip.tracks import CopiedTracks, add_copy

__all__ = ["holds"]

_TRIED_SECONDS = 2.0
# Times may be rounded to frames of sound; lost ones are off by most of what was written.
_SPAN_SECONDS = 0.2


def holds(path: Path, index: int, muxer: str, keep_tag: bool) -> bool:
    """Write two seconds of stream ``index`` of a file in memory, and read them back.

    Returns:
        Whether a stream of the same codec comes back, with pictures of the same size and packets
        at the same distances in time.
    """
    buffer = io.BytesIO()
    try:
        with open_media(path) as source:
            stream = source.streams[index]
            start = stream.start_time
            begin = float(start * stream.time_base) if start and stream.time_base else 0.0
            with av.open(buffer, "w", format=muxer) as target:
                copy = add_copy(target, stream, keep_tag, quiet=True)
                if copy is None:
                    return False
                target.start_encoding()
                tracks = CopiedTracks(source, target, {stream: copy}, {index: -begin})
                tracks.write_until(_TRIED_SECONDS)
        buffer.seek(0)
        with open_media(path) as source, cast(InputContainer, av.open(buffer)) as back:
            stream = source.streams[index]
            found = [each for each in back.streams if each.type == stream.type]
            if len(found) != 1 or _kind(found[0]) != _kind(stream):
                return False
            written = _span(source, stream, _TRIED_SECONDS + begin)
            return abs(_span(back, found[0]) - written) <= _SPAN_SECONDS
    except (av.error.FFmpegError, OSError, ValueError):
        return False


def _kind(stream: Stream) -> tuple[str, int, int]:
    """Its codec, and the size of its pictures, if it has any."""
    context: CodecContext | None = stream.codec_context
    if isinstance(context, VideoCodecContext):
        return context.codec.canonical_name, context.width, context.height
    return context.codec.canonical_name if context is not None else "", 0, 0


def _span(container: InputContainer, stream: Stream, until_seconds: float = 1e9) -> float:
    """Seconds from the first packet to the last one."""
    times = list(_times(container, stream, until_seconds))
    return max(times) - min(times) if times else -1e9


def _times(container: InputContainer, stream: Stream, until_seconds: float) -> Iterator[float]:
    with suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            time = packet.pts if packet.pts is not None else packet.dts
            if packet.size and time is not None:
                if float(time * packet.time_base) > until_seconds:
                    return
                yield float(time * packet.time_base)
