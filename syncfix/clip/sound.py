"""Another sound for a clip: a file's track, copied where the container takes it, else encoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from syncfix.clip.audio import GAP_SECONDS, decoded_audio
from syncfix.clip.limits import check_seconds

# What players of each container expect; ffmpeg itself would write far more. MP3 in AVI is left out:
# AVI can't say that an MP3 begins with priming samples, so it would be heard 25 ms late.
_PLAYABLE = {
    "mp4": {"aac", "mp3", "alac", "ac3", "eac3"},
    "mov": {"aac", "mp3", "alac", "ac3", "eac3", "pcm_s16le", "pcm_s24le"},
    "matroska": {"aac", "mp3", "mp2", "ac3", "eac3", "opus", "vorbis", "flac", "pcm_s16le"},
    "webm": {"opus", "vorbis"},
    "avi": {"ac3", "pcm_s16le"},
    "mpegts": {"aac", "mp2", "mp3", "ac3", "eac3", "dts"},
    "mpeg": {"mp2", "ac3"},
    "flv": {"aac", "mp3"},
}
_ENCODERS = {"webm": "libopus", "avi": "pcm_s16le", "mpeg": "mp2"}
_RATES = {
    "libopus": (48000,),
    "mp2": (32000, 44100, 48000),
    "pcm_s16le": (16000, 22050, 24000, 32000, 44100, 48000, 96000),
    "aac": (16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000),
}
_BIT_RATE = 192_000
_LOUDEST = 4.0
_MAX_CHANNELS = {"mp2": 2}
# Layouts that AAC and Opus encoders take, and those that such a one has room for. A WAV, AIFF or AU
# file may say how many channels there are, and not which.
_ENCODED_LAYOUTS = {
    **{name: name for name in ("mono", "stereo", "3.0", "quad", "5.0", "5.1")},
    **{"5.0(side)": "5.0", "4.0": "5.0", "quad(side)": "quad"},
    **dict.fromkeys(("2.1", "3.1", "4.1", "5.1(side)"), "5.1"),
    # As FFmpeg takes them: 2.1, 4.0, 5.0 and 5.1.
    **{"3 channels": "5.1", "4 channels": "5.0", "5 channels": "5.0", "6 channels": "5.1"},
}


def can_copy(codec: str, muxer: str) -> bool:
    """Whether a track of this codec is well placed in this container."""
    return codec in _PLAYABLE[muxer]


class EncodedSound:
    """Decodes one audio stream and encodes it for `muxer`, in step with the rest of the output.

    Args:
        delay_seconds: what to add to the source's timestamps.
    """

    def __init__(
        self,
        path: Path,
        source: InputContainer,
        stream: av.AudioStream,
        output: OutputContainer,
        muxer: str,
        delay_seconds: float,
    ) -> None:
        codec = _ENCODERS.get(muxer, "aac")
        self._rate = _nearest_rate(codec, stream.codec_context.sample_rate)
        self._layout = _layout(codec, stream.codec_context.layout)
        self._target = cast(
            AudioStream, output.add_stream(codec, rate=self._rate, layout=self._layout)
        )
        self._target.bit_rate = _BIT_RATE
        self._output = output
        self._path = path
        self._packets = self._encoded(decoded_audio(path, source, stream), delay_seconds)
        self._waiting: av.Packet | None = None

    def write_until(self, seconds: float = math.inf) -> None:
        """Write all packets that are due before `seconds` of the output's clock."""
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                return
            if packet.dts is not None and float(packet.dts * packet.time_base) > seconds:
                self._waiting = packet
                return
            self._output.mux_one(packet)

    def _encoded(
        self, frames: Iterator[av.AudioFrame], delay_seconds: float
    ) -> Iterator[av.Packet]:
        context = self._target.codec_context
        resampler = AudioResampler(
            format=context.format,
            layout=self._layout,
            rate=self._rate,
            frame_size=context.frame_size or None,
        )
        clock: int | None = None  # samples on the output's clock
        for begin_seconds, frame in _unbroken(self._path, frames):
            if clock is None:
                clock = round((begin_seconds + delay_seconds) * self._rate)
            frame.pts = None
            for piece in resampler.resample(frame):
                yield from self._encode_at(piece, clock)
                clock += piece.samples
        if clock is not None:
            for piece in resampler.resample(None):
                yield from self._encode_at(piece, clock)
                clock += piece.samples
        yield from self._target.encode(None)

    def _encode_at(self, piece: av.AudioFrame, pts: int) -> Iterator[av.Packet]:
        piece = _finite(piece)
        piece.pts, piece.time_base = pts, Fraction(1, self._rate)
        yield from self._target.encode(piece)


def _finite(piece: av.AudioFrame) -> av.AudioFrame:
    """The same sound; what is no number is silence, and nothing is louder than encoders take."""
    if not piece.format.name.startswith("flt"):
        return piece
    samples = piece.to_ndarray()
    if (np.abs(samples) <= _LOUDEST).all():
        return piece
    samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-_LOUDEST, _LOUDEST)
    made = av.AudioFrame.from_ndarray(samples, piece.format.name, piece.layout.name)
    made.sample_rate = piece.sample_rate
    return made


def _layout(codec: str, layout: av.AudioLayout) -> str:
    """What is encoded of a layout: the same channels where the encoder takes them, else stereo."""
    if layout.nb_channels == 1:
        return "mono"
    if layout.nb_channels > _MAX_CHANNELS.get(codec, 6):
        return "stereo"
    return _ENCODED_LAYOUTS.get(layout.name, "stereo")


def _nearest_rate(codec: str, rate_hz: int) -> int:
    return min(_RATES[codec], key=lambda rate: (rate < rate_hz, abs(rate - rate_hz)))


def _unbroken(path: Path, frames: Iterator[av.AudioFrame]) -> Iterator[tuple[float, av.AudioFrame]]:
    """(begin in seconds, frame), with silence where the timestamps leave a gap."""
    expected: float | None = None
    first = 0.0
    for frame in frames:
        begin = expected or 0.0
        if frame.pts is not None and frame.time_base is not None:
            begin = float(frame.pts * frame.time_base)
        if expected is None:
            expected = first = begin
        # From the first on: gaps that are short enough one by one may add up to days.
        check_seconds(path, begin - first)
        while begin - expected > GAP_SECONDS:
            silence = _silence(frame, min(1.0, begin - expected))
            yield expected, silence
            expected += silence.samples / frame.sample_rate
        yield expected, frame
        expected += frame.samples / frame.sample_rate


def _silence(like: av.AudioFrame, seconds: float) -> av.AudioFrame:
    samples = max(1, round(seconds * like.sample_rate))
    frame = av.AudioFrame(like.format.name, like.layout.name, samples)
    frame.sample_rate = like.sample_rate
    for plane in frame.planes:
        zero = b"\x80" if like.format.name.startswith("u8") else b"\0"
        plane.update(zero * plane.buffer_size)
    return frame
