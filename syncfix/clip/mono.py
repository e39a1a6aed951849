"""Sound of any channels as mono samples at one rate."""

from __future__ import annotations

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler
from av.filter import Graph
from numpy.typing import NDArray


class MonoResampler:
    """Turns frames of one kind (format, layout, rate) that follow one another into mono.

    Downmix and resampling are libswresample's, by its standard matrix. It has none for layouts such
    as nine channels without names; of these the mean of all channels is taken.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._resampler = self._new_resampler()
        self._mixer: Graph | None = None
        self._begun = False

    def feed(self, frame: av.AudioFrame | None) -> NDArray[np.float32]:
        """The samples that are ready, float32 [n]; None gives those that are left at the end.

        NaN and infinities are zeros.

        Raises:
            av.error.FFmpegError: such frames can't be turned into mono.
        """
        if frame is None:
            return self._resample([None])
        if self._mixer is not None:
            return self._resample(_mixed(self._mixer, frame))
        try:
            samples = self._resample([frame])
        except av.error.FFmpegError:
            if self._begun:
                raise
            # The resampler is set up by its first frame, and fails there if it has no matrix.
            self._resampler, self._mixer = self._new_resampler(), _mixer_of(frame)
            samples = self._resample(_mixed(self._mixer, frame))
        self._begun = True
        return samples

    def _new_resampler(self) -> AudioResampler:
        return AudioResampler(format="flt", layout="mono", rate=self._rate_hz)

    def _resample(self, frames: list[av.AudioFrame] | list[None]) -> NDArray[np.float32]:
        pieces = []
        for frame in frames:
            if frame is not None:
                # The resampler's own clock starts at nought; placing is done from sample counts.
                frame.pts = None
            pieces += [piece.to_ndarray().reshape(-1) for piece in self._resampler.resample(frame)]
        if not pieces:
            return np.zeros(0, dtype=np.float32)
        return np.nan_to_num(np.concatenate(pieces), copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _mixer_of(frame: av.AudioFrame) -> Graph:
    """A graph that takes frames like this one and gives the mean of their channels."""
    # Not by `to_ndarray`: PyAV reads beyond the first eight planes of a frame and crashes.
    graph = Graph()
    begin = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base,
    )
    channels = "+".join(f"c{index}" for index in range(frame.layout.nb_channels))
    mean = graph.add("pan", f"mono|c0<{channels}")
    end = graph.add("abuffersink")
    begin.link_to(mean)
    mean.link_to(end)
    graph.configure()
    return graph


def _mixed(graph: Graph, frame: av.AudioFrame) -> list[av.AudioFrame]:
    graph.push(frame)
    mixed: list[av.AudioFrame] = []
    while True:
        try:
            piece = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return mixed
        if isinstance(piece, av.AudioFrame):
            mixed.append(piece)
