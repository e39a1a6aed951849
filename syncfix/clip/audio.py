"""Sound as 16 kHz mono, each sample where it belongs on the presentation clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np

from syncfix.clip.clock import TICK_SECONDS, SyncClock
from syncfix.clip.info import ClipInfo
from syncfix.clip.mono import MonoResampler
from syncfix.clip.opening import open_media
from syncfix.clip.probe import probe_sound
from syncfix.clip.rows import RowFile
from syncfix.clip.told import warn_once
from syncfix.errors import InputError

_log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16000

# Sound is taken as unbroken while timestamps agree with the sample count to this much: containers
# round to 1 ms or write packets a little late, and only a real gap should move samples.
GAP_SECONDS = 0.01

# Reading ends when this much sound on end lies after what is wanted.
_BEYOND_SECONDS = 5.0


def read_audio(
    source: Path | str, *, start_seconds: float, duration_seconds: float, track: int = 0
) -> np.ndarray:
    """Decode one audio track; sample 0 is what sounds at `start_seconds` of the file's own clock.

    Downmix and resampling are libswresample's (its standard matrix; low-frequency effects are left
    out), or the mean of all channels where that has no matrix for them. Where the track is silent,
    has not begun, has a gap or is broken there are zeros.

    Returns:
        float32 [round(16000 * duration_seconds)], 16 kHz mono; NaN and infinities are zeros.

    Raises:
        InputError: no such track, or nothing of it can be decoded or mixed.
    """
    out = np.zeros(_count(duration_seconds), dtype=np.float32)
    _decode_into(out, Path(source), start_seconds, track)
    return out


def _count(duration_seconds: float) -> int:
    return max(0, round(SAMPLE_RATE_HZ * duration_seconds))


def _decode_into(out: np.ndarray | RowFile, source: Path, start_seconds: float, track: int) -> None:
    """Fill `out`, which holds zeros; see `read_audio`."""
    heard, beyond = False, 0
    with open_media(source) as container:
        stream = audio_track(source, container, track)
        for begin_seconds, samples in _resampled(source, decoded_audio(source, container, stream)):
            heard = True
            begin = round((begin_seconds - start_seconds) * SAMPLE_RATE_HZ)
            # One packet from far in the future is no end: others from the present may follow it.
            beyond = beyond + len(samples) if begin >= len(out) else 0
            if beyond > _BEYOND_SECONDS * SAMPLE_RATE_HZ:
                break
            _place(out, samples, begin)
    if not heard:
        raise InputError(
            f"{source}: its sound can't be decoded; the file is damaged or the track is empty"
        )


def speech_for(
    info: ClipInfo, clock: SyncClock, audio: Path | str | None = None, track: int = 0
) -> RowFile:
    """The speech that belongs to a clip's ticks.

    Without `audio` it is the clip's own track. A file given as `audio` begins where the clip begins
    to be shown (its earliest stream), as if it were muxed beside the video.

    Returns:
        float32 [640 * clock.tick_count], 16 kHz mono from the first video timestamp on. It lies
        on disk, as 20 minutes take 77 MB; slices of it are arrays.

    Raises:
        InputError: the clip has no sound and no `audio` is given, no such track, or unreadable.
    """
    out = RowFile(_count(clock.tick_count * TICK_SECONDS), (), np.float32)
    if audio is not None:
        sound = probe_sound(audio)
        start = clock.start_seconds - info.start_seconds + sound.start_seconds
        _decode_into(out, Path(audio), start, track)
        return out
    if not info.audio:
        raise InputError(f"{info.path}: the clip has no sound; give the speech with --audio")
    _decode_into(out, info.path, clock.start_seconds, track)
    return out


def audio_track(source: Path, container: av.container.InputContainer, track: int) -> av.AudioStream:
    """One audio stream of a file; those of unknown kinds count too, as they do in ffprobe.

    Raises:
        InputError: there is no such track, or its codec is unknown.
    """
    streams = container.streams.audio
    if not streams:
        raise InputError(f"{source}: there is no sound in this file; give the speech with --audio")
    if not 0 <= track < len(streams):
        last = len(streams) - 1
        raise InputError(f"{source}: there is no audio track {track}; choose one from 0 to {last}")
    if streams[track].codec_context is None:
        raise InputError(f"{source}: its audio codec is unknown; convert it to WAV or AAC first")
    return streams[track]


def _place(out: np.ndarray | RowFile, samples: np.ndarray, begin: int) -> None:
    first, last = max(0, begin), min(len(out), begin + len(samples))
    if last > first:
        heard = samples[first - begin : last - begin]
        if isinstance(out, RowFile):
            out[first] = heard
        else:
            out[first:last] = heard


def decoded_audio(
    source: Path, container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[av.AudioFrame]:
    """Frames of one audio stream, priming samples removed; broken packets are left out."""
    packets = container.demux(stream)
    broken = 0
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:
            warn_once(_log, source, f"the sound breaks off ({error.strerror}); read up to there")
            packet = None
        if packet is None:
            break
        try:
            yield from packet.decode()
        except (av.error.FFmpegError, ValueError) as error:
            broken += 1
            _log.info("%s: a broken piece of sound is skipped (%s)", source, error)
    if broken:
        warn_once(_log, source, f"{broken} broken piece(s) of sound are skipped")


def _resampled(source: Path, frames: Iterator[av.AudioFrame]) -> Iterator[tuple[float, np.ndarray]]:
    """(begin in seconds, float32 samples at 16 kHz); one resampler for each unbroken stretch."""
    resampler: MonoResampler | None = None
    kind: tuple[str, str, int] | None = None
    begin_seconds, samples_in, samples_out = 0.0, 0, 0
    for frame in frames:
        rate = frame.sample_rate
        expected = begin_seconds + samples_in / rate
        at = expected
        if frame.pts is not None and frame.time_base is not None:
            at = float(frame.pts * frame.time_base)
        now = (frame.format.name, frame.layout.name, rate)
        if resampler is None or now != kind or abs(at - expected) > GAP_SECONDS:
            if resampler is not None:
                yield begin_seconds + samples_out / SAMPLE_RATE_HZ, resampler.feed(None)
            resampler = MonoResampler(SAMPLE_RATE_HZ)
            kind, begin_seconds, samples_in, samples_out = now, at, 0, 0
        samples_in += frame.samples
        try:
            samples = resampler.feed(frame)
        except av.error.FFmpegError as error:
            raise InputError(
                f"{source}: its sound ({frame.layout.name}, {rate} Hz) can't be mixed to mono; "
                "convert it to stereo first"
            ) from error
        if len(samples):
            yield begin_seconds + samples_out / SAMPLE_RATE_HZ, samples
            samples_out += len(samples)
    if resampler is not None:
        yield begin_seconds + samples_out / SAMPLE_RATE_HZ, resampler.feed(None)
