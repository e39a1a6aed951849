"""Probing: what a clip says about itself, and one clear line for every file that is no clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media import clip, ffmpeg, folder, sound

from syncfix.clip import from_upright, probe, read_frames, to_upright
from syncfix.errors import InputError


def refusal(path: Path | str) -> str:
    with pytest.raises(InputError) as caught:
        probe(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_clip_tells_its_size_rate_and_length() -> None:
    info = probe(clip("mp4_2997"))
    assert (info.video.width, info.video.height) == (160, 120)
    assert info.video.average_fps == Fraction(30000, 1001)
    assert info.video.duration_seconds == pytest.approx(2.0, abs=0.01)
    assert info.video.codec == "h264"
    assert info.audio[0].codec == "aac"
    assert info.audio[0].sample_rate_hz == 44100


def test_streams_that_start_at_different_times_keep_their_starts() -> None:
    info = probe(clip("mp4_video_late"))
    assert info.start_seconds == pytest.approx(0.0)
    assert info.video.start_seconds == pytest.approx(0.3, abs=0.021)  # on ffmpeg's frame grid
    assert probe(clip("mkv_flac_late")).audio[0].start_seconds == pytest.approx(0.2)


def test_priming_samples_are_not_the_start_of_the_sound() -> None:
    assert probe(clip("mp4_25")).audio[0].start_seconds == 0.0
    assert probe(clip("webm_25")).audio[0].start_seconds == pytest.approx(0.0, abs=0.001)


def test_a_rotated_clip_stands_upright() -> None:
    info = probe(clip("mp4_rotated"))
    assert info.video.rotation == 270  # ffmpeg counts against the clock
    assert info.video.upright_size == (120, 160)
    picture = next(read_frames(info.path)).upright_bgr()
    plain = next(read_frames(clip("mp4_25"))).upright_bgr()
    assert picture.shape == (160, 120, 3)
    np.testing.assert_allclose(picture, np.rot90(plain), atol=2)


@pytest.mark.parametrize("name", ["mp4_25", "mp4_rotated", "mp4_mirrored"])
def test_turning_upright_can_be_undone(name: str) -> None:
    video = probe(clip(name)).video
    stored = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    np.testing.assert_array_equal(from_upright(to_upright(stored, video), video), stored)


def test_a_mirrored_clip_is_not_just_a_rotated_one() -> None:
    turned, mirrored = (probe(clip(n)).video.orientation for n in ("mp4_rotated", "mp4_mirrored"))
    assert turned != mirrored
    assert turned.transpose and mirrored.transpose


def test_a_missing_file_is_named() -> None:
    assert "no such file" in refusal("/nowhere/clip.mp4")


def test_a_folder_is_not_a_clip(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path)


def test_an_empty_file_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert "empty" in refusal(tmp_path / "empty.mp4")


def test_a_text_file_is_not_a_media_file(tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("these are words, not pictures\n" * 50)
    assert "not a media file" in refusal(tmp_path / "words.mp4")


def test_sound_alone_is_not_a_clip() -> None:
    assert "no video" in refusal(sound("alone.wav"))


def test_cover_art_is_not_a_video() -> None:
    cover, song = folder() / "cover.png", folder() / "song.mp3"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", cover)
    ffmpeg("-i", sound("alone.wav"), "-i", cover, "-map", "0", "-map", "1", "-c:v", "copy", song)
    assert "cover art" in refusal(song)


@pytest.mark.parametrize("address", ["http://example.org/a.mp4", "rtsp://host/x", "https:/a/b.mp4"])
def test_an_address_on_the_net_is_refused(address: str) -> None:
    assert "only local files" in refusal(address)


@pytest.mark.parametrize("name", ["list.m3u8", "list.txt", "list.mp4"])
def test_a_playlist_opens_no_other_file(tmp_path: Path, name: str) -> None:
    listed = tmp_path / name
    if name == "list.m3u8":
        listed.write_text(f"#EXTM3U\n#EXTINF:2,\n{clip('mp4_25')}\n#EXT-X-ENDLIST\n")
    else:
        listed.write_text(f"ffconcat version 1.0\nfile '{clip('mp4_25')}'\n")
    assert "not a media file" in refusal(listed)


def test_a_file_cut_in_its_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(clip("mp4_25").read_bytes()[:2000])
    refusal(tmp_path / "cut.mp4")


def test_a_name_with_a_colon_is_just_a_name(tmp_path: Path) -> None:
    odd = tmp_path / "concat:a:b.mp4"
    odd.write_bytes(clip("mp4_25").read_bytes())
    assert probe(odd).video.width == 160


@pytest.mark.parametrize(
    ("name", "coded"),
    [
        ("large.mp4", ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1")),
        ("large.avi", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
    ],
)
def test_a_picture_that_is_too_large_is_told_as_such(
    name: str, coded: tuple[str, ...], tmp_path: Path
) -> None:
    large = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "color=size=9000x4400", "-frames:v", "1", *coded, large)
    with pytest.raises(InputError, match=r"35389440 pixels") as refused:
        probe(large)
    assert "scale" in str(refused.value)
