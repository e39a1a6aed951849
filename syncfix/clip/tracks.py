"""Streams that go from one file to another packet by packet, bit for bit."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import av.error
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import CodecContext
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream

from syncfix.clip.container import describe_like

_log = logging.getLogger(__name__)


def add_copy(
    output: OutputContainer, stream: Stream, keep_tag: bool, quiet: bool = False
) -> Stream | None:
    """A stream in `output` like `stream`; None, with a warning, where the muxer takes none.

    What a muxer takes may still be lost; see :func:`syncfix.clip.holds.holds`.
    """
    codec: CodecContext | None = getattr(stream, "codec_context", None)
    if stream.type == "data" or (codec is None and stream.type != "attachment"):
        _log.debug("stream %d (%s) is not copied", stream.index, stream.type)
        return None
    try:
        if codec is not None and codec.name.startswith("mp3") and output.format.name == "avi":
            target = _mp3_in_avi(output, codec)
        elif stream.type == "attachment":
            target = output.add_stream_from_template(stream)
        else:
            target = output.add_stream_from_template(stream, opaque=True)
    except (ValueError, av.error.FFmpegError):
        if not quiet:
            tell_left_out(stream)
        return None
    if keep_tag and codec is not None:
        # Without it HEVC would become "hev1", which QuickTime does not play.
        target.codec_context.codec_tag = codec.codec_tag
    describe_like(target, stream)
    return target


def tell_left_out(stream: Stream) -> None:
    """Warn that a stream is not copied. Not of sound, which is encoded instead."""
    codec: CodecContext | None = getattr(stream, "codec_context", None)
    level = logging.DEBUG if stream.type in ("audio", "data") else logging.WARNING
    _log.log(
        level,
        "the %s stream %d (%s) is left out: this container can't hold it",
        stream.type, stream.index, codec.name if codec else "?",
    )  # fmt: skip


# Stretched times don't lie on the stream's clock, which may be as coarse as a frame.
_FINER = 1000


@dataclass(frozen=True)
class _Stretch:
    """Multiplies times since an origin, on a finer clock."""

    factor: float
    origin: int

    @classmethod
    def of(cls, factor: float, origin_seconds: float, time_base: Fraction) -> _Stretch:
        return cls(factor, round(origin_seconds / time_base))

    def apply(self, packet: av.Packet) -> None:
        packet.time_base = packet.time_base / _FINER
        packet.dts = self._time(packet.dts or 0)
        if packet.pts is not None:
            packet.pts = self._time(packet.pts)
        if packet.duration:
            packet.duration = round(packet.duration * self.factor * _FINER)

    def _time(self, ticks: int) -> int:
        return round((self.origin + (ticks - self.origin) * self.factor) * _FINER)


def _mp3_in_avi(output: OutputContainer, codec: CodecContext) -> Stream:
    """A stream for MP3 packets in AVI, described anew.

    AVI's reader says that MP3 comes in blocks of a fixed size. Written back, that would leave all
    packets at nought. A fresh stream does not say it; its encoder is not used.
    """
    audio = cast(AudioCodecContext, codec)
    target = output.add_stream("libmp3lame", rate=audio.sample_rate, layout=audio.layout.name)
    target.bit_rate = audio.bit_rate or 128_000
    return target


class CopiedTracks:
    """Copies the packets of some streams of one file, in step with the rest of the output.

    Args:
        source: the file they come from; this object is the only one to read packets from it.
        output: where they go.
        targets: source stream to output stream.
        delay_seconds: by source stream index, what to add to its timestamps.
        stretches: by source stream index, what its times since an origin are multiplied by, and
            that origin in seconds.
    """

    def __init__(
        self,
        source: InputContainer,
        output: OutputContainer,
        targets: Mapping[Stream, Stream],
        delay_seconds: Mapping[int, float],
        stretches: Mapping[int, tuple[float, float]] | None = None,
    ) -> None:
        self._output = output
        self._targets = {stream.index: target for stream, target in targets.items()}
        self._ticks = {
            stream.index: round(delay_seconds.get(stream.index, 0.0) / stream.time_base)
            for stream in targets
            if stream.time_base
        }
        self._stretches = {
            s.index: _Stretch.of(*(stretches or {})[s.index], s.time_base)
            for s in targets
            if s.index in (stretches or {}) and s.time_base
        }
        moving = [s for s in targets if s.type != "attachment"]
        self._packets = _with_dts(source.demux(moving)) if moving else iter(())
        self._last_dts: dict[int, int] = {}
        # Most muxers refuse time that stands still. Matroska counts in milliseconds, and packets of
        # TrueHD are shorter than one.
        self._least_step = 0 if output.format.name in ("matroska", "webm") else 1
        self._waiting: av.Packet | None = None
        self._done = not moving

    def write_until(self, seconds: float = math.inf) -> None:
        """Write all packets that are due before `seconds` of the output's clock."""
        while not self._done:
            packet = self._waiting or self._next()
            self._waiting = None
            if packet is None:
                self._done = True
            elif float((packet.dts or 0) * packet.time_base) > seconds:
                self._waiting = packet
                return
            else:
                packet.stream = self._targets[packet.stream_index]
                self._output.mux_one(packet)

    def _next(self) -> av.Packet | None:
        try:
            packet = next(self._packets, None)
        except av.error.FFmpegError as error:
            _log.warning("the file breaks off (%s); copied up to there", error)
            return None
        if packet is not None:
            self._move(packet)
        return packet

    def _move(self, packet: av.Packet) -> None:
        index = packet.stream_index
        ticks = self._ticks.get(index, 0)
        if index in self._stretches:
            self._stretches[index].apply(packet)
            ticks *= _FINER
        last = self._last_dts.get(index)
        dts = (packet.dts or 0) + ticks
        if last is not None and dts < last + self._least_step:
            dts = last + self._least_step
        packet.dts = self._last_dts[index] = dts
        packet.pts = dts if packet.pts is None else max(dts, packet.pts + ticks)


def _with_dts(packets: Iterator[av.Packet]) -> Iterator[av.Packet]:
    """Packets that all have a decoding time.

    Matroska does not store it, and ffmpeg's reader knows it only some packets after the start of a
    stream with B-frames. Those first packets are counted back from the first known time.
    """
    early: dict[int, list[av.Packet]] = {}
    known: set[int] = set()
    for packet in packets:
        index = packet.stream_index
        if packet.size == 0 and packet.dts is None:
            continue  # the demuxer's sign that a stream has ended
        if packet.dts is None and index not in known and len(early.get(index, ())) < 64:
            early.setdefault(index, []).append(packet)
            continue
        held = early.pop(index, [])
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is not None:
            known.add(index)
            for back, before in enumerate(reversed(held), 1):
                before.dts = packet.dts - back * max(1, before.duration or 1)
        yield from (before for before in held if before.dts is not None)
        if packet.dts is not None:
            yield packet
    for held in early.values():
        for packet in held:
            if packet.pts is not None:
                packet.dts = packet.pts
                yield packet


def is_cover(stream: Stream) -> bool:
    """Cover art: a still picture that travels with the sound."""
    return bool(stream.disposition & Disposition.attached_pic)
