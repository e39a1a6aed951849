"""Frames: all of them, in order, at their own times, and pictures that survive the way back."""

from __future__ import annotations

import logging
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from media import clip, ffmpeg, folder

from syncfix.clip import read_frames, read_timeline, read_timestamps, to_upright
from syncfix.clip.pixels import bgr_of
from syncfix.errors import InputError


@pytest.mark.parametrize(
    ("name", "fps"),
    [
        ("mp4_25", 25.0),
        ("mp4_23976", 24000 / 1001),
        ("mp4_2997", 30000 / 1001),
        ("mp4_60", 60.0),
        ("webm_30", 30.0),
        ("avi_30", 30.0),
    ],
)
def test_frames_come_at_the_clips_own_rate(name: str, fps: float) -> None:
    times = read_timestamps(clip(name))
    np.testing.assert_allclose(times - times[0], np.arange(len(times)) / fps, atol=0.0011)


def test_a_variable_rate_is_kept() -> None:
    steps = np.diff(read_timestamps(clip("mkv_vfr")))
    np.testing.assert_allclose(steps[:4], [0.02, 0.06, 0.04, 0.02], atol=0.0011)
    assert steps.max() > 0.5


def test_timestamps_are_those_of_the_frames() -> None:
    frames = list(read_frames(clip("mp4_b_frames")))
    np.testing.assert_array_equal(
        read_timestamps(clip("mp4_b_frames")), [f.pts_seconds for f in frames]
    )
    assert [f.index for f in frames] == list(range(50))


def test_the_timeline_ends_when_the_last_frame_does() -> None:
    assert read_timeline(clip("mp4_25")).end_seconds == pytest.approx(2.0)
    assert read_timeline(clip("mkv_25")).end_seconds == pytest.approx(2.0)


def test_an_edit_list_hides_frames() -> None:
    cut = folder() / "edit_list.mp4"
    # Copying from between two key frames keeps the frames before, hidden by an edit list.
    ffmpeg("-ss", "0.7", "-i", clip("mp4_b_frames"), "-c", "copy", cut)
    times = read_timestamps(cut)
    assert len(times) == 50 - 18
    assert times[0] == pytest.approx(0.02, abs=0.021)


def test_a_broken_frame_is_skipped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bytes_ = bytearray(clip("avi_30").read_bytes())
    spot = len(bytes_) // 2
    start = bytes_.index(b"\xff\xd8", spot)  # a JPEG picture in the middle
    bytes_[start : start + 600] = b"\0" * 600
    broken = tmp_path / "broken.avi"
    broken.write_bytes(bytes_)
    with caplog.at_level(logging.WARNING):
        count = sum(1 for _ in read_frames(broken))
    assert count == 59
    assert "broken frame" in caplog.text


def test_a_file_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    whole = clip("mkv_25").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    assert 10 < sum(1 for _ in read_frames(tmp_path / "cut.mkv")) < 50


@pytest.mark.parametrize("name", ["mp4_25", "mp4_colour", "mp4_full_range", "mp4_mirrored"])
def test_a_picture_put_in_comes_out(name: str) -> None:
    frame = next(read_frames(clip(name)))
    height, width = frame.upright_bgr().shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    soft = np.stack([60 + x / 2, 80 + y / 2, 200 - x / 3], axis=-1).astype(np.uint8)
    again = frame.with_picture(soft)
    assert again.format.name == frame.native.format.name
    assert again.colorspace == frame.native.colorspace
    error = to_upright(bgr_of(again), frame.video).astype(int) - soft
    assert abs(error.mean()) < 0.5, "the picture as a whole got darker or brighter"
    assert np.percentile(np.abs(error), 99) <= 2


def test_reading_a_missing_file_fails_at_once() -> None:
    with pytest.raises(InputError, match="no such file"):
        read_frames("/nowhere/clip.mp4")


def test_a_picture_that_grows_beyond_the_limit_is_not_decoded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two transport streams in a row: after ten seconds, pictures of 36 million pixels."""
    parts = []
    for size, frames in (("160x120", 250), ("8200x4400", 2)):
        part = tmp_path / f"{size}.ts"
        coded = ("-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "threads=1")
        ffmpeg("-f", "lavfi", "-i", f"color=size={size}", "-frames:v", str(frames), *coded, part)
        parts.append(part.read_bytes())
    growing = tmp_path / "growing.ts"
    growing.write_bytes(b"".join(parts))
    frames = list(read_frames(growing))
    assert [frame.native.width for frame in frames] == [160] * 250
    assert len(read_timeline(growing).pts) == 250
    assert "broken frame(s) are skipped" in caplog.text


def test_a_last_frame_that_is_shown_for_years_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "still.mkv"
    with (
        av.open(str(clip("mp4_25"))) as source,
        av.open(str(path), "w", format="matroska") as out,
    ):
        copy = out.add_stream_from_template(source.streams.video[0])
        packets = [p for p in source.demux(source.streams.video[0]) if p.size]
        packets[-1].duration = int(10 * 365 * 24 * 3600 / packets[-1].time_base)
        for packet in packets:
            packet.stream = copy
            out.mux_one(packet)
    # What the header says of the length is made short: only the last block's own length is wrong.
    content = bytearray(path.read_bytes())
    at = content.index(b"\x44\x89\x88") + 3
    content[at : at + 8] = struct.pack(">d", 2000.0)
    path.write_bytes(content)
    with pytest.raises(InputError, match="it lasts 876"):
        read_timeline(path)
