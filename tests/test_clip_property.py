"""Whatever frame rate, length, start and plan: times stay, the right pictures show."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from media import packets

from syncfix.clip import SyncClock, probe, read_frames, read_timeline, rewrite, shift
from syncfix.retime import retimed_frames

RATES = [Fraction(n * 1000, 1001) for n in (24, 30, 60)] + [Fraction(n) for n in (24, 25, 30, 50)]
EXTENSIONS = (".mp4", ".mov", ".mkv")


def make_numbered(path: Path, times: list[int], base: Fraction, late_ms: int) -> None:
    """A clip whose pictures are known by their brightness; its sound starts at `late_ms`."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"qp": "0", "preset": "ultrafast"})
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = base
        sound = output.add_stream("aac", rate=16000, layout="mono")
        for number, pts in enumerate(times):
            frame = av.VideoFrame.from_ndarray(
                np.full((96, 64), level(number), np.uint8), "yuv420p"
            )
            frame.pts, frame.time_base = pts, base
            output.mux(video.encode(frame))
        for at in range(0, 16 * 1024, 1024):
            piece = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            piece.sample_rate, piece.time_base = 16000, Fraction(1, 16000)
            piece.pts = at + 16 * late_ms
            output.mux(sound.encode(piece))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))


def level(number: int) -> int:
    return 16 + 37 * number % 220


@st.composite
def clips(draw: st.DrawFn) -> tuple[str, list[int], Fraction, int]:
    """Extension, times of the frames and their unit, and how late the sound is."""
    rate = draw(st.sampled_from(RATES))
    count = draw(st.integers(5, 40))
    start = draw(st.integers(0, 3))
    # Variable rate: whole steps of the rate, some of them long.
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5]), min_size=count, max_size=count))
    base = Fraction(1, 1000) if draw(st.booleans()) else 1 / rate
    unit = float(1 / rate / base)
    times = [round(unit * (start + sum(steps[:i]))) for i in range(count)]
    return draw(st.sampled_from(EXTENSIONS)), times, base, draw(st.integers(0, 300))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(clip=clips(), data=st.data())
def test_a_rewrite_keeps_times_and_shows_the_planned_pictures(
    clip: tuple[str, list[int], Fraction, int], data: st.DataObject
) -> None:
    extension, times, base, late_ms = clip
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / f"in{extension}", Path(folder) / f"out{extension}"
        make_numbered(source, times, base, late_ms)
        before = read_timeline(source)
        assert len(before.pts) == len(times)
        clock = SyncClock(before.pts_seconds, before.end_seconds)
        moves = data.draw(
            st.lists(st.integers(-1, 2), min_size=clock.tick_count, max_size=clock.tick_count)
        )
        plan = np.clip(np.cumsum(moves), -6, 6)
        sources = clock.source_frames(plan)
        rewrite(probe(source), output, retimed_frames(source, before, sources))
        after = read_timeline(output)
        np.testing.assert_array_equal(after.pts_seconds, before.pts_seconds)
        assert after.end_seconds == before.end_seconds
        assert packets(output, "audio") == packets(source, "audio")
        shown = [float(f.native.to_ndarray(format="gray")[:64].mean()) for f in read_frames(output)]
        wanted = [
            float(f.native.to_ndarray(format="gray")[:64].mean()) for f in read_frames(source)
        ]
        np.testing.assert_allclose(shown, np.array(wanted)[sources], atol=3)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(clip=clips(), offset_ms=st.integers(-600, 600))
def test_a_shift_moves_one_stream_by_the_offset_and_loses_nothing(
    clip: tuple[str, list[int], Fraction, int], offset_ms: int
) -> None:
    extension, times, base, late_ms = clip
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / f"in{extension}", Path(folder) / f"out{extension}"
        make_numbered(source, times, base, late_ms)
        shift(probe(source), output, offset_ms)
        for kind in ("video", "audio"):
            one, other = packets(source, kind), packets(output, kind)
            assert [h for _, h in one] == [h for _, h in other]
        gaps = [
            packets(path, "audio")[0][0] - read_timeline(path).pts_seconds[0]
            for path in (source, output)
        ]
        # One unit of Matroska's clock for each stream.
        assert abs(1000 * (gaps[1] - gaps[0]) - offset_ms) <= 2.0
