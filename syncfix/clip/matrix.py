"""Another colour matrix for YUV pictures, without a detour through RGB.

swscale goes through RGB, where colours that RGB does not have are cut off and chroma is filtered
twice: a test picture is 5.6 levels off then, and 1.1 this way.
"""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph

_NAMES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_PLANAR = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p"}


class MatrixChange:
    """Pictures in one matrix and range, whatever theirs are; numbers as ffmpeg's (H.273).

    Args:
        matrix: wanted; 1, 4, 5, 6, 7 or 9 for anything to happen.
        colour_range: wanted; 1 limited, 2 full, 0 as the picture's own.
    """

    def __init__(self, matrix: int, colour_range: int) -> None:
        self._matrix, self._range = matrix, colour_range
        self._graph: Graph | None = None
        self._key: tuple[object, ...] = ()

    def suits(self, frame: av.VideoFrame, pixel_format: str) -> bool:
        """Whether a picture that gets this 8-bit format has another matrix, and both are known."""
        own = int(frame.colorspace)
        known = own in _NAMES and self._matrix in _NAMES and pixel_format in _PLANAR
        return known and not (own == self._matrix or {own, self._matrix} <= {5, 6})

    def apply(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A picture in a format that suits, in the wanted matrix (its time is not kept)."""
        full = frame.format.name.startswith("yuvj") or int(frame.color_range) == 2
        key = frame.format.name, frame.width, frame.height, int(frame.colorspace), full
        if self._graph is None or key != self._key:
            self._graph, self._key = self._made(frame, full), key
        self._graph.push(frame)
        changed = self._graph.pull()
        assert isinstance(changed, av.VideoFrame)
        changed.colorspace, changed.color_range = self._matrix, self._wanted(full)
        return changed

    def _wanted(self, full: bool) -> int:
        return self._range or (2 if full else 1)

    def _made(self, frame: av.VideoFrame, full: bool) -> Graph:
        graph = Graph()
        # Primaries and transfer are told, the same on both sides, so that they stay as they are.
        same = "iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709"
        matrices = f"ispace={_NAMES[int(frame.colorspace)]}:space={_NAMES[self._matrix]}"
        levels = {1: "tv", 2: "pc"}
        ranges = f"irange={levels[2 if full else 1]}:range={levels[self._wanted(full)]}"
        nodes = (
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=Fraction(1, 1000),  # of no meaning; times are set by who encodes
            ),
            graph.add("colorspace", f"{same}:{matrices}:{ranges}"),
            graph.add("buffersink"),
        )
        graph.link_nodes(*nodes).configure()
        return graph
