"""Writing: new pictures at the old times, and everything else as it was."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from media import (
    B_FRAMES,
    BEEP_SECONDS,
    VARIANTS,
    VP9,
    clip,
    ffmpeg,
    folder,
    hashes,
    packets,
    pieces_of_sound,
    sound,
)

from syncfix.clip import (
    ClipInfo,
    Quality,
    copy_through,
    probe,
    read_audio,
    read_frames,
    read_timeline,
    rewrite,
    shift,
)
from syncfix.clip.audio import decoded_audio
from syncfix.clip.sound import _unbroken
from syncfix.errors import InputError

ALL = sorted(VARIANTS)
SHARED = Path(__file__).resolve().parents[2] / "shared"


def output_for(source: Path, folder_: Path, extension: str | None = None) -> Path:
    return folder_ / f"out{extension or source.suffix}"


def beep_start(path: Path, start_seconds: float = 0.0) -> float:
    samples = read_audio(path, start_seconds=start_seconds, duration_seconds=3.0)
    return float(np.flatnonzero(np.abs(samples) > 0.3)[0]) / 16000


def assert_same_times(one: Path, other: Path) -> None:
    before, after = read_timeline(one), read_timeline(other)
    np.testing.assert_array_equal(after.pts_seconds, before.pts_seconds)
    assert after.end_seconds == before.end_seconds


def assert_same_description(before: ClipInfo, after: ClipInfo) -> None:
    one, other = before.video, after.video
    assert (other.width, other.height, other.pixel_format) == (
        one.width, one.height, one.pixel_format,
    )  # fmt: skip
    assert other.display_matrix == one.display_matrix
    assert other.colour == one.colour
    assert other.sample_aspect_ratio == one.sample_aspect_ratio
    assert other.time_base == one.time_base
    assert len(after.audio) == len(before.audio)
    assert after.start_seconds == before.start_seconds
    for a, b in zip(before.audio, after.audio, strict=True):
        assert (b.codec, b.start_seconds, b.channels) == (a.codec, a.start_seconds, a.channels)


@pytest.mark.parametrize("name", ALL)
def test_a_rewrite_keeps_all_but_the_pictures(name: str, tmp_path: Path) -> None:
    source = clip(name)
    output = rewrite(probe(source), output_for(source, tmp_path), read_frames(source))
    assert_same_times(source, output)
    assert_same_description(probe(source), probe(output))
    assert packets(output, "audio") == packets(source, "audio")


@pytest.mark.parametrize("name", [n for n in ALL if n != "mp4_silent"])
def test_a_rewrite_sounds_the_same(name: str, tmp_path: Path) -> None:
    source = clip(name)
    output = rewrite(probe(source), output_for(source, tmp_path), read_frames(source))
    one, other = (read_audio(p, start_seconds=0, duration_seconds=2.2) for p in (source, output))
    np.testing.assert_array_equal(other, one)


@pytest.mark.parametrize("name", ["mp4_b_frames", "webm_25", "avi_25", "mp4_full_range"])
def test_an_unchanged_picture_looks_unchanged(name: str, tmp_path: Path) -> None:
    source = clip(name)
    output = rewrite(probe(source), output_for(source, tmp_path), read_frames(source))
    errors = [
        np.mean((a.upright_bgr().astype(float) - b.upright_bgr()) ** 2)
        for a, b in zip(read_frames(source), read_frames(output), strict=True)
    ]
    assert 10 * np.log10(255**2 / np.mean(errors)) > 34  # test pattern: the hardest of pictures


def test_any_frame_can_be_shown_at_any_time(tmp_path: Path) -> None:
    source = clip("mp4_25")
    frames = list(read_frames(source))
    order = [max(0, i - 3) for i in range(len(frames))]
    pictures = ((frames[j].native, frames[i].pts) for i, j in enumerate(order))
    output = rewrite(probe(source), tmp_path / "out.mp4", pictures)
    assert_same_times(source, output)
    for frame, j in zip(read_frames(output), order, strict=True):
        wanted = frames[j].upright_bgr().astype(int)
        assert np.abs(frame.upright_bgr() - wanted).mean() < 4
        if j + 5 < len(frames):
            other = frames[j + 5].upright_bgr().astype(int)
            assert np.abs(frame.upright_bgr() - other).mean() > 6


def test_a_painted_picture_is_written_upright(tmp_path: Path) -> None:
    source = clip("mp4_mirrored")
    picture = np.zeros((160, 120, 3), dtype=np.uint8)
    picture[:40, :30] = (0, 0, 255)  # red, top left as the viewer sees it
    frames = ((f.with_picture(picture), f.pts) for f in read_frames(source))
    output = rewrite(probe(source), tmp_path / "out.mp4", frames)
    seen = next(read_frames(output)).upright_bgr()
    assert seen.shape == picture.shape
    assert np.abs(seen.astype(int) - picture).mean() < 3


def test_times_that_run_backwards_are_a_mistake(tmp_path: Path) -> None:
    frames = list(read_frames(clip("mp4_25")))[:3]
    with pytest.raises(ValueError, match="must increase"):
        rewrite(probe(clip("mp4_25")), tmp_path / "out.mp4", reversed(frames))


def test_tags_chapters_and_all_tracks_are_kept(tmp_path: Path) -> None:
    words, notes = folder() / "words.srt", folder() / "notes.txt"
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nhello\n")
    notes.write_text(
        ";FFMETADATA1\ntitle=Two words\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n"
    )
    rich = folder() / "rich.mkv"
    ffmpeg(
        "-i", clip("mp4_b_frames"), "-i", words, "-i", sound("second.flac"), "-i", notes,
        "-map", "0", "-map", "2", "-map", "1", "-map_metadata", "3", "-c", "copy",
        "-metadata:s:a:0", "language=fre", rich,
    )  # fmt: skip
    output = rewrite(probe(rich), tmp_path / "out.mkv", read_frames(rich))
    for kind, track in [("audio", 0), ("audio", 1), ("subtitle", 0)]:
        assert hashes(output, kind, track) == hashes(rich, kind, track)
    with av.open(str(output)) as container:
        assert container.metadata["title"] == "Two words"
        assert container.chapters()[0]["metadata"]["title"] == "One"
        assert container.streams.audio[0].metadata["language"] == "fre"


def test_ten_bit_hevc_stays_ten_bit_hevc(tmp_path: Path) -> None:
    deep = folder() / "deep.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=0.4", "-c:v", "libx265",
        "-preset", "ultrafast", "-x265-params", "log-level=error:pools=1",
        "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", deep,
    )  # fmt: skip
    output = rewrite(probe(deep), tmp_path / "out.mp4", read_frames(deep))
    assert_same_times(deep, output)
    assert_same_description(probe(deep), probe(output))
    with av.open(str(output)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_an_odd_size_is_kept(tmp_path: Path) -> None:
    odd = folder() / "odd.webm"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=161x121:duration=0.2", *VP9,
           "-pix_fmt", "yuv420p", odd)  # fmt: skip
    for extension in (".webm", ".mkv", ".mp4", ".avi"):
        output = rewrite(probe(odd), tmp_path / f"out{extension}", read_frames(odd))
        assert (probe(output).video.width, probe(output).video.height) == (161, 121)


@pytest.mark.parametrize(
    ("source", "extension"), [("ts", ".mp4"), ("ts", ".ts"), ("mpg", ".mpg"), ("mpg", ".mkv")]
)
def test_mpeg_streams_keep_sound_and_picture_together(
    source: str, extension: str, tmp_path: Path
) -> None:
    made = folder() / f"mpeg.{source}"
    codecs = ("-c", "copy") if source == "ts" else ("-c:v", "mpeg2video", "-q:v", "3")
    ffmpeg("-i", clip("mp4_b_frames"), *codecs, made)
    output = rewrite(probe(made), tmp_path / f"out{extension}", read_frames(made))
    one, other = probe(made), probe(output)
    for info, path in ((one, made), (other, output)):
        assert beep_start(path, info.video.start_seconds) == pytest.approx(
            beep_start(made, one.video.start_seconds), abs=0.0015
        )
    assert len(read_timeline(output).pts) == len(read_timeline(made).pts)


@pytest.mark.parametrize("video", ["mp4_silent", "mp4_video_late", "mkv_25", "webm_25", "avi_25"])
@pytest.mark.parametrize("name", ["other.wav", "other.mp3", "other.m4a"])
def test_another_sound_begins_where_the_clip_begins(video: str, name: str, tmp_path: Path) -> None:
    source = clip(video)
    info = probe(source)
    output = rewrite(info, output_for(source, tmp_path), read_frames(source), audio=sound(name))
    made = probe(output)
    assert len(made.audio) == 1
    lead = info.video.start_seconds - info.start_seconds
    wanted = BEEP_SECONDS[0] - lead
    assert beep_start(output, made.video.start_seconds) == pytest.approx(wanted, abs=0.001)
    length = made.audio[0].duration_seconds
    assert length == pytest.approx(2.5, abs=0.06) or made.container == "avi"
    before, after = read_timeline(source), read_timeline(output)
    np.testing.assert_allclose(np.diff(after.pts_seconds), np.diff(before.pts_seconds), atol=0.0011)


def test_another_sound_is_copied_where_it_fits(tmp_path: Path) -> None:
    source = clip("mp4_25")
    song = sound("other.m4a")
    output = rewrite(probe(source), tmp_path / "out.mp4", read_frames(source), audio=song)
    assert hashes(output, "audio") == hashes(song, "audio")


@pytest.mark.parametrize("offset_ms", [200.0, -120.0])
@pytest.mark.parametrize(
    "name",
    ["mp4_b_frames", "mp4_video_late", "mp4_audio_late", "mp4_rotated", "mov_25", "mkv_2997",
     "mkv_flac_late", "webm_30"],
)  # fmt: skip
def test_a_shift_delays_the_stream_that_leads(name: str, offset_ms: float, tmp_path: Path) -> None:
    source = clip(name)
    output = shift(probe(source), output_for(source, tmp_path), offset_ms)
    assert hashes(output, "video") == hashes(source, "video")
    assert hashes(output, "audio") == hashes(source, "audio")
    before, after = read_timeline(source), read_timeline(output)
    sound_moved = beep_start(output) - beep_start(source)
    picture_moved = after.pts_seconds - before.pts_seconds
    np.testing.assert_allclose(picture_moved, max(0, -offset_ms) / 1000, atol=1e-6)
    assert sound_moved == pytest.approx(max(0, offset_ms) / 1000, abs=1e-3)
    assert probe(output).video.display_matrix == probe(source).video.display_matrix


def test_avi_can_not_be_shifted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"write \.mp4"):
        shift(probe(clip("avi_25")), tmp_path / "out.avi", 80.0)


def test_a_copy_is_the_same_bytes(tmp_path: Path) -> None:
    source = clip("mp4_b_frames")
    assert copy_through(probe(source), tmp_path / "out.mp4").read_bytes() == source.read_bytes()


def test_a_copy_into_another_container_has_the_same_packets(tmp_path: Path) -> None:
    source = clip("mp4_25")
    output = copy_through(probe(source), tmp_path / "out.mkv")
    assert hashes(output, "audio") == hashes(source, "audio")
    assert len(read_timeline(output).pts) == 50


def test_a_copy_with_another_sound_keeps_the_pictures(tmp_path: Path) -> None:
    source = clip("mp4_b_frames")
    output = copy_through(probe(source), tmp_path / "out.mp4", audio=sound("other.wav"))
    assert hashes(output, "video") == hashes(source, "video")
    assert_same_times(source, output)
    assert beep_start(output) == pytest.approx(BEEP_SECONDS[0], abs=0.001)


def test_a_clip_behind_an_edit_list_keeps_its_times(tmp_path: Path) -> None:
    cut = folder() / "cut_for_writing.mp4"
    ffmpeg("-ss", "0.7", "-i", clip("mp4_b_frames"), "-c", "copy", cut)
    output = rewrite(probe(cut), tmp_path / "out.mp4", read_frames(cut))
    assert_same_times(cut, output)
    assert beep_start(output) == pytest.approx(beep_start(cut), abs=1e-4)


def test_sound_that_a_container_can_not_hold_is_encoded(tmp_path: Path) -> None:
    source = clip("mp4_25")
    output = rewrite(probe(source), tmp_path / "out.webm", read_frames(source))
    assert [track.codec for track in probe(output).audio] == ["opus"]
    assert beep_start(output) == pytest.approx(BEEP_SECONDS[0], abs=0.01)


def test_mp3_in_avi_keeps_its_times(tmp_path: Path) -> None:
    source = clip("avi_25")
    output = rewrite(probe(source), tmp_path / "out.avi", read_frames(source))
    assert packets(output, "audio") == packets(source, "audio")


def test_avi_whose_pictures_begin_a_frame_late_keeps_that(tmp_path: Path) -> None:
    source = tmp_path / "in.avi"
    ffmpeg("-i", clip("mp4_25"), "-c:v", "mpeg4", "-bf", "2", "-c:a", "pcm_s16le", source)
    assert read_timeline(source).pts_seconds[0] == pytest.approx(0.04)
    output = rewrite(probe(source), tmp_path / "out.avi", read_frames(source))
    assert_same_times(source, output)


@pytest.mark.parametrize(
    ("quality", "extension", "codec"),
    [
        (Quality(codec="hevc"), ".mp4", "hevc"),
        (Quality(codec="prores"), ".mov", "prores"),
        (Quality(codec="mpeg4"), ".mp4", "mpeg4"),
        (Quality(codec="mpeg2"), ".mkv", "mpeg2video"),
        (Quality(codec="mjpeg", crf=30), ".mkv", "mjpeg"),
        (Quality(codec="av1", crf=30), ".mp4", "av1"),
        (Quality(lossless=True), ".mp4", "h264"),
        (Quality(lossless=True), ".avi", "ffv1"),
        (Quality(lossless=True, codec="hevc"), ".mkv", "hevc"),
    ],
)
def test_codec_and_quality(tmp_path: Path, quality: Quality, extension: str, codec: str) -> None:
    source = clip("mp4_30" if extension != ".avi" else "mp4_25")
    output = tmp_path / f"out{extension}"
    rewrite(probe(source), output, read_frames(source), quality=quality)
    assert probe(output).video.codec == codec
    before, after = read_timeline(source), read_timeline(output)
    assert len(after.pts) == len(before.pts)
    np.testing.assert_allclose(np.diff(after.pts_seconds), np.diff(before.pts_seconds), atol=2e-3)
    pairs = zip(read_frames(source), read_frames(output), strict=True)
    # The stored numbers: a container that does not tell the matrix changes their meaning alone.
    same = [
        np.array_equal(a.native.to_ndarray(format="yuv420p"), b.native.to_ndarray(format="yuv420p"))
        for a, b in pairs
    ]
    assert all(same) == quality.lossless


@pytest.mark.parametrize(
    ("quality", "extension", "words"),
    [
        (Quality(codec="wax"), ".mp4", "not known"),
        (Quality(codec="prores"), ".mp4", "does not hold it"),
        (Quality(lossless=True), ".mpg", "keeps every bit"),
        (Quality(lossless=True, crf=20), ".mp4", "exclude each other"),
        (Quality(lossless=True, codec="av1"), ".mp4", "always loses"),
        (Quality(codec="ffv1", crf=20), ".mkv", "one quality only"),
    ],
)
def test_a_quality_that_can_not_be_had_is_refused(
    tmp_path: Path, quality: Quality, extension: str, words: str
) -> None:
    source = clip("mp4_25")
    with pytest.raises(InputError, match=words):
        rewrite(probe(source), tmp_path / f"o{extension}", read_frames(source), quality=quality)
    assert list(tmp_path.iterdir()) == []


def test_odd_sizes_keep_their_chroma(tmp_path: Path) -> None:
    source = tmp_path / "odd.mp4"
    ffmpeg("-i", clip("mp4_25"), "-vf", "scale=159:121", *VP9, "-c:a", "copy", source)
    output = rewrite(probe(source), tmp_path / "out.mp4", read_frames(source))
    video = probe(output).video
    assert (video.width, video.height, video.pixel_format) == (159, 121, "yuv420p")


@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "talkers" / "val").is_dir(), reason="no ../shared here")
def test_real_talkers_keep_times_and_sound(tmp_path: Path) -> None:
    for source in sorted((SHARED / "talkers" / "val").glob("*.mp4"))[:3]:
        output = rewrite(probe(source), tmp_path / source.name, read_frames(source))
        assert_same_times(source, output)
        assert packets(output, "audio") == packets(source, "audio")


def test_b_frames_are_in_the_test_clips() -> None:
    assert "-bf" in B_FRAMES
    with av.open(str(clip("mp4_b_frames"))) as container:
        order = [p.pts or 0 for p in container.demux(container.streams.video[0]) if p.size]
    assert order != sorted(order)


@pytest.mark.parametrize("name", ["mp4_25", "mp4_b_frames", "mkv_25"])
@pytest.mark.parametrize("stretch", [29.97 / 25, 24 / 25])
def test_a_stretch_moves_the_pictures_and_nothing_else(
    name: str, stretch: float, tmp_path: Path
) -> None:
    source = clip(name)
    output = shift(probe(source), output_for(source, tmp_path), 80.0, stretch=stretch)
    assert hashes(output, "video") == hashes(source, "video")
    assert hashes(output, "audio") == hashes(source, "audio")
    before, after = read_timeline(source), read_timeline(output)
    moved = after.pts_seconds - after.pts_seconds[0]
    stayed = before.pts_seconds - before.pts_seconds[0]
    np.testing.assert_allclose(moved, stayed * stretch, atol=0.0011)
    assert after.pts_seconds[0] == pytest.approx(before.pts_seconds[0], abs=1e-3)
    lasts = (before.end_seconds - before.pts_seconds[0]) * stretch
    assert after.end_seconds - after.pts_seconds[0] == pytest.approx(lasts, abs=0.003)
    assert beep_start(output) - beep_start(source) == pytest.approx(0.08, abs=1e-3)


def test_silence_in_gaps_has_a_limit_in_all(tmp_path: Path) -> None:
    """Gaps of 3.9 hours, each allowed by itself; MPEG streams need their sound without gaps."""
    path = tmp_path / "gaps.mka"
    times_ms = (int(k * 3.9 * 3600 * 1000) for k in range(3))
    pieces_of_sound(path, bytes(1600), 8000, times_ms, duration_ms=100)
    with av.open(str(path)) as container, pytest.raises(InputError, match=r"it lasts 7\.8 h"):
        frames = decoded_audio(path, container, container.streams.audio[0])
        silence = sum(frame.samples for _, frame in _unbroken(path, frames))
        raise AssertionError(f"{silence / 8000 / 3600} hours of silence were made")
