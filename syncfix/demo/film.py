"""Frames and sound into an MP4 file, from nothing."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from syncfix.clip import TICK_SECONDS
from syncfix.demo.sounds import SAMPLE_RATE_HZ, Speech
from syncfix.demo.speech import synthesise
from syncfix.demo.talker import render_frames
from syncfix.progress import RENDER, Progress, along

__all__ = ["render_clip", "write_film"]

_AUDIO_BIT_RATE = 96_000
_AUDIO_PIECE = 1024


def write_film(
    path: Path | str,
    frames: Iterable[NDArray[np.uint8]],
    samples: NDArray[np.float32],
    fps: Fraction,
) -> None:
    """Write H.264 (4:2:0, CRF 16) and AAC; picture and sound both begin at nought.

    The encoder's priming samples lie before nought and are cut by the file's edit list.

    Args:
        path: the MP4 file.
        frames: BGR ``[h, w, 3]``, even sides, all of one size; one at least.
        samples: float32 ``[n]``, 16 kHz mono.
        fps: frames a second.
    """
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise ValueError("a film needs a frame")
    with av.open(str(path), "w", format="mp4") as output:
        video = _video_stream(output, first.shape[1], first.shape[0], fps)
        sound = output.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        sound.bit_rate = _AUDIO_BIT_RATE
        heard = 0
        for index, picture in enumerate(chain([first], pictures)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = index, 1 / fps
            output.mux(video.encode(frame))
            # Sound along with the pictures, so that a reader need not search the file for it.
            due = min(len(samples), int((index + 1) / fps * SAMPLE_RATE_HZ))
            while heard + _AUDIO_PIECE <= due:
                output.mux(sound.encode(_sound(samples, heard)))
                heard += _AUDIO_PIECE
        for at in range(heard, len(samples), _AUDIO_PIECE):
            output.mux(sound.encode(_sound(samples, at)))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))


def _sound(samples: NDArray[np.float32], at: int) -> av.AudioFrame:
    piece = np.ascontiguousarray(samples[None, at : at + _AUDIO_PIECE], np.float32)
    frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
    frame.sample_rate = SAMPLE_RATE_HZ
    frame.pts, frame.time_base = at, Fraction(1, SAMPLE_RATE_HZ)
    return frame


def _video_stream(
    output: av.container.OutputContainer, width: int, height: int, fps: Fraction
) -> VideoStream:
    # One thread, so that the same frames give the same bytes on every machine.
    options = {"crf": "16", "preset": "veryfast", "threads": "1"}
    stream = output.add_stream("libx264", rate=fps, options=options)
    stream.width, stream.height = width, height
    stream.pix_fmt = "yuv420p"
    return stream


def render_clip(
    path: Path | str,
    *,
    fps: Fraction | int = 25,
    seconds: float | None = None,
    size_px: int = 512,
    offset_ticks: NDArray[np.integer] | None = None,
    audio_delay_seconds: float = 0.0,
    text: str | None = None,
    progress: Progress | None = None,
) -> Speech:
    """Render the talker into a file.

    Args:
        path: the MP4 file.
        fps: frames a second.
        seconds: how long the clip is; the speech is cut or followed by silence. By default as long
            as the speech.
        size_px: side of the square picture, even.
        offset_ticks: ``[ticks]`` of 40 ms, δ: the frame shown at t shows the talker of t + δ(t),
            δ linear between ticks. The sound stays.
        audio_delay_seconds: how much later the sound comes than the lips; negative: sooner.
        text: what is said.
        progress: told how many of the frames are rendered.

    Returns:
        The speech, timed as the lips are (before the delay).
    """
    fps = Fraction(fps)
    speech = synthesise(text)
    if seconds is not None:
        speech = speech.lasting(seconds)
    times = np.arange(int(speech.duration_seconds * fps)) / float(fps)
    shown = times
    if offset_ticks is not None:
        ticks = TICK_SECONDS * np.arange(len(offset_ticks))
        shown = times + TICK_SECONDS * np.interp(times, ticks, offset_ticks)
    samples = _delayed(speech.samples, round(audio_delay_seconds * SAMPLE_RATE_HZ))
    frames = render_frames(speech.phonemes, shown, size_px)
    write_film(path, along(frames, len(shown), RENDER, progress), samples, fps)
    return speech


def _delayed(samples: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Moved by ``count`` samples, filled with silence; as long as before."""
    out = np.zeros_like(samples)
    if abs(count) < len(samples):
        out[max(count, 0) : len(out) + min(count, 0)] = samples[
            max(-count, 0) : len(samples) - max(count, 0)
        ]
    return out
