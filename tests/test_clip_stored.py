"""What is written looks as before, also where a codec can't say how its pixels are to be read."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from media import B_FRAMES, VP9, clip, ffmpeg, folder

from syncfix.clip import Quality, probe, read_frames, rewrite, shift
from syncfix.clip.encoder import choose_encoding
from syncfix.errors import InputError

SIZE = "96x64"
BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
SOURCES = {
    "full.mp4": ("scale=out_range=full,format=yuvj420p", (*B_FRAMES[:2], "-color_range", "pc")),
    "bt709.mp4": (
        "scale=out_range=tv:out_color_matrix=bt709,format=yuv420p",
        (*B_FRAMES[:2], "-color_range", "tv", *BT709),
    ),
    "bt709_full.mp4": (
        "scale=out_range=full:out_color_matrix=bt709,format=yuv420p",
        (*B_FRAMES[:2], "-color_range", "pc", *BT709),
    ),
    "bgr0.mkv": ("format=bgr0", ("-c:v", "ffv1")),
    "gbrp.mkv": ("format=gbrp", ("-c:v", "ffv1")),
    "gray.mkv": ("format=gray", ("-c:v", "ffv1")),
    "alpha.mkv": ("format=yuva420p", ("-c:v", "ffv1")),
    "odd.mkv": ("scale=95:63,format=yuv420p", ("-c:v", "ffv1")),
    "odd_rgb.mkv": ("scale=95:63,format=bgr0", ("-c:v", "ffv1")),
}


def source(name: str) -> Path:
    """A few frames in which colour and brightness change slowly, so that 4:2:0 costs little."""
    path = folder() / f"stored_{name}"
    if not path.exists():
        filters, codec = SOURCES[name]
        slow = (
            f"color=black:s={SIZE}:r=25:d=0.2,format=gbrp,"
            "geq=r=128+100*sin(X/30+N/4):g=128+100*cos(Y/27):b=128+90*sin((X+Y)/45)"
        )
        ffmpeg("-f", "lavfi", "-i", slow, "-vf", filters, *codec, path)
    return path


def seen(path: Path) -> np.ndarray:
    """As this package shows it: float [n, h, w, 3], RGB."""
    return np.stack([f.upright_bgr()[..., ::-1] for f in read_frames(path)]).astype(float)


def seen_by_ffmpeg(path: Path) -> np.ndarray:
    """As ffmpeg's own decoder and scaler show it: float [n, h, w, 3], RGB."""
    video = probe(path).video
    told = subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-fps_mode", "passthrough",
            "-vf", "scale=flags=accurate_rnd+full_chroma_int+bilinear", "-pix_fmt", "rgb24",
            "-f", "rawvideo", "-",
        ],
        capture_output=True, check=True,
    )  # fmt: skip
    pixels = np.frombuffer(told.stdout, np.uint8).reshape(-1, video.height, video.width, 3)
    return pixels.astype(float)


@pytest.mark.parametrize(
    ("name", "extension", "codec"),
    [
        (name, extension, codec)
        for name in ("full.mp4", "bt709.mp4", "bt709_full.mp4", "bgr0.mkv", "gbrp.mkv", "gray.mkv")
        for extension, codec in (
            (".avi", None), (".mpg", None), (".mp4", None), (".webm", None),
            (".mov", "prores"), (".mp4", "mpeg4"), (".mkv", "mjpeg"), (".mp4", "av1"),
            (".mkv", "hevc"), (".mkv", "vp9"),
        )
    ]
    + [("alpha.mkv", ".mkv", "hevc"), ("odd.mkv", ".mkv", "hevc"), ("odd_rgb.mkv", ".mov", "h264"),
       ("odd_rgb.mkv", ".mkv", "hevc")],
)  # fmt: skip
def test_a_viewer_sees_the_same_colours(
    name: str, extension: str, codec: str | None, tmp_path: Path
) -> None:
    path = source(name)
    output = tmp_path / f"out{extension}"
    rewrite(probe(path), output, read_frames(path), quality=Quality(codec=codec))
    for see in (seen, seen_by_ffmpeg):
        difference = see(output) - see(path)
        # With stretched levels, or read by another matrix, it is 4 and more.
        assert abs(difference.mean(axis=(0, 1, 2))).max() < 1.5
        assert abs(difference).mean() < 2.5


@pytest.mark.parametrize("name", ["bgr0.mkv", "gbrp.mkv"])
@pytest.mark.parametrize("extension", [".mp4", ".webm", ".ts"])
def test_rgb_that_becomes_yuv_says_so(name: str, extension: str, tmp_path: Path) -> None:
    path = source(name)
    video = probe(rewrite(probe(path), tmp_path / f"out{extension}", read_frames(path))).video
    assert video.pixel_format == "gbrp" or (video.colour.matrix, video.colour.range) == (1, 1)


@pytest.mark.parametrize(
    ("pixel_format", "codec"),
    [("nv12", "libvpx-vp9"), ("yuv410p", "libvpx-vp9"), ("yuv420p", "libvpx-vp9"),
     ("yuv420p10le", "libsvtav1"), ("p010le", "libsvtav1"), ("yuv420p12le", "libsvtav1")],
)  # fmt: skip
def test_webm_takes_av1_for_deep_pictures_alone(pixel_format: str, codec: str) -> None:
    video = replace(probe(source("full.mp4")).video, pixel_format=pixel_format)
    assert choose_encoding(video, "webm").codec == codec


def test_odd_nv12_is_not_deep() -> None:
    video = replace(probe(source("odd.mkv")).video, pixel_format="nv12")
    assert choose_encoding(video, "mov").pixel_format == "yuv444p"


@pytest.mark.parametrize("crf", [-1, 52])
def test_crf_has_bounds(crf: int) -> None:
    with pytest.raises(InputError, match="0 to 51"):
        Quality(crf=crf).check("mp4")


def test_crf_that_does_not_count_is_told(caplog: pytest.LogCaptureFixture) -> None:
    video = replace(probe(source("full.mp4")).video, codec="prores", pixel_format="yuv422p10le")
    assert choose_encoding(video, "mov").codec == "prores_ks"
    assert caplog.text == ""
    choose_encoding(video, "mov", Quality(crf=30))
    assert "--crf 30" in caplog.text
    assert "prores" in caplog.text


@pytest.mark.parametrize("extension", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv"])
@pytest.mark.parametrize("name", ["mp4_rotated", "mp4_mirrored"])
def test_how_a_picture_lies_is_kept_or_told(
    name: str, extension: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = probe(clip(name))
    after = probe(rewrite(before, tmp_path / f"out{extension}", read_frames(clip(name))))
    kept = after.video.display_matrix == before.video.display_matrix
    assert kept == (extension in (".mp4", ".mov", ".mkv", ".webm"))
    assert kept != ("turned or mirrored" in caplog.text)


@pytest.mark.parametrize("ratio", ["4/3", "16/11"])
@pytest.mark.parametrize(
    ("extension", "codec"),
    [(".mp4", "vp9"), (".mkv", "vp9"), (".webm", "av1"), (".mkv", "ffv1"), (".avi", "ffv1"),
     (".mov", "prores"), (".mkv", "prores"), (".mkv", "mjpeg"), (".mkv", "mpeg4"),
     (".avi", "mpeg4"), (".mpg", "mpeg2"), (".mkv", "hevc"), (".ts", "h264")],
)  # fmt: skip
def test_the_shape_of_pixels_is_kept_or_told(
    ratio: str, extension: str, codec: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "wide.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2", "-vf", f"setsar={ratio}", path)
    before = probe(path)
    output = tmp_path / f"out{extension}"
    after = probe(rewrite(before, output, read_frames(path), quality=Quality(codec=codec)))
    kept = after.video.sample_aspect_ratio == before.video.sample_aspect_ratio
    assert kept != ("squeezed" in caplog.text)


@pytest.mark.parametrize("extension", [".mp4", ".mkv", ".webm"])
def test_a_copy_keeps_the_shape_that_the_container_tells(
    extension: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "wide.mp4"
    filters = ("-vf", "setsar=4/3")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2", *filters, *VP9, path)
    before = probe(path)
    after = probe(shift(before, tmp_path / f"out{extension}", -40.0))
    kept = after.video.sample_aspect_ratio == before.video.sample_aspect_ratio
    assert kept == (extension == ".mp4")
    assert kept != ("squeezed" in caplog.text)


@pytest.mark.parametrize(
    ("name", "told"), [("full.mp4", True), ("bt709.mp4", True), ("gray.mkv", False),
                       ("bgr0.mkv", False), ("odd.mkv", False)],
)  # fmt: skip
def test_lossless_avi_tells_what_its_readers_can_not_know(
    name: str, told: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, output = source(name), tmp_path / "out.avi"
    rewrite(probe(path), output, read_frames(path), quality=Quality(lossless=True))
    wrong = abs(seen_by_ffmpeg(output) - seen_by_ffmpeg(path)).mean() > 1
    assert wrong == told == ("how they are to be read" in caplog.text)


@pytest.mark.parametrize("name", ["gray.mkv", "full.mp4"])
def test_lossless_keeps_full_range_to_the_level(name: str, tmp_path: Path) -> None:
    path = source(name)
    output = rewrite(
        probe(path), tmp_path / "out.mp4", read_frames(path), quality=Quality(lossless=True)
    )
    np.testing.assert_array_equal(seen(output), seen(path))


def test_painted_pictures_get_the_matrix_too(tmp_path: Path) -> None:
    path = source("bt709.mp4")
    painted = ((f.with_picture(f.upright_bgr()), f.pts) for f in read_frames(path))
    output = rewrite(probe(path), tmp_path / "out.avi", painted)
    assert abs((seen_by_ffmpeg(output) - seen_by_ffmpeg(path)).mean(axis=(0, 1, 2))).max() < 1.5
