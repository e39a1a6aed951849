"""Small real clips for the tests, made with ffmpeg: a moving test picture, a beep at 1 s."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
from benchmarks.ffmpeg import ffmpeg

BEEP_SECONDS = (1.0, 1.2)
SOUND = f"aevalsrc=exprs='if(between(t,{BEEP_SECONDS[0]},{BEEP_SECONDS[1]}),sin(2*PI*440*t),0)'"


@dataclass(frozen=True)
class Recipe:
    """How a clip is made; `late` delays one stream ("video" or "audio") by `late_seconds`."""

    extension: str = "mp4"
    fps: str = "25"
    size: str = "160x120"
    seconds: float = 2.0
    video: tuple[str, ...] = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0")
    audio: tuple[str, ...] = ("-c:a", "aac", "-ar", "44100", "-ac", "2")
    filters: str = ""
    late: str = ""
    late_seconds: float = 0.0
    container: tuple[str, ...] = ()
    rotation: int = 0
    mirrored: bool = False


B_FRAMES = ("-c:v", "libx264", "-preset", "fast", "-bf", "3", "-g", "12", "-pix_fmt", "yuv420p")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k")
# Frames 40, 20 and 60 ms apart in turn, and one hole of half a second.
VFR = "settb=1/1000,setpts='(N*0.04+if(eq(mod(N,3),1),-0.02,0)+if(gte(N,20),0.5,0))/TB'"

VARIANTS: dict[str, Recipe] = {
    "mp4_25": Recipe(),
    "mp4_23976": Recipe(fps="24000/1001"),
    "mp4_2997": Recipe(fps="30000/1001", video=B_FRAMES),
    "mp4_30": Recipe(fps="30", video=B_FRAMES),
    "mp4_60": Recipe(fps="60"),
    "mp4_vfr": Recipe(filters=VFR, container=("-enc_time_base", "1/1000")),
    "mp4_b_frames": Recipe(video=B_FRAMES),
    "mp4_silent": Recipe(audio=()),
    "mp4_audio_late": Recipe(late="audio", late_seconds=0.2),
    "mp4_video_late": Recipe(video=B_FRAMES, late="video", late_seconds=0.3),
    "mp4_surround": Recipe(audio=("-c:a", "aac", "-ar", "48000", "-ac", "6")),
    "mp4_rotated": Recipe(rotation=90),
    "mp4_mirrored": Recipe(rotation=90, mirrored=True),
    "mp4_colour": Recipe(
        video=(
            *B_FRAMES, "-color_range", "tv", "-colorspace", "bt709",
            "-color_primaries", "bt709", "-color_trc", "bt709",
        )
    ),
    "mp4_full_range": Recipe(
        filters="scale=out_range=full,format=yuv420p", video=(*B_FRAMES, "-color_range", "pc")
    ),
    "mp4_wide_pixels": Recipe(filters="setsar=4/3"),
    "mov_25": Recipe(extension="mov", audio=("-c:a", "pcm_s16le", "-ar", "48000", "-ac", "1")),
    "mov_2997": Recipe(extension="mov", fps="30000/1001", video=B_FRAMES),
    "mkv_25": Recipe(extension="mkv", video=B_FRAMES),
    "mkv_2997": Recipe(extension="mkv", fps="30000/1001", video=B_FRAMES),
    "mkv_vfr": Recipe(extension="mkv", filters=VFR, container=("-enc_time_base", "1/1000")),
    "mkv_flac_late": Recipe(
        extension="mkv", audio=("-c:a", "flac", "-ac", "1"), late="audio", late_seconds=0.2
    ),
    "webm_25": Recipe(extension="webm", video=VP9, audio=("-c:a", "libopus", "-b:a", "64k")),
    "webm_30": Recipe(
        extension="webm", fps="30", video=VP9, audio=("-c:a", "libvorbis", "-ar", "44100")
    ),
    "avi_25": Recipe(
        extension="avi", video=("-c:v", "mpeg4", "-q:v", "3"), audio=("-c:a", "libmp3lame")
    ),
    "avi_30": Recipe(
        extension="avi", fps="30", video=("-c:v", "mjpeg", "-q:v", "3"), audio=("-c:a", "pcm_s16le")
    ),
}  # fmt: skip


def make_clip(folder: Path, name: str, recipe: Recipe) -> Path:
    """Write the clip `name` into `folder` and return its path."""
    target = folder / f"{name}.{recipe.extension}"
    plain = folder / f".{name}.plain.{recipe.extension}" if recipe.rotation else target
    picture = f"testsrc2=size={recipe.size}:rate={recipe.fps}:duration={recipe.seconds}"
    sound = f"{SOUND}:sample_rate=48000:duration={recipe.seconds}"
    delay = {recipe.late: ("-itsoffset", str(recipe.late_seconds))}
    arguments: list[str | Path] = [*delay.get("video", ()), "-f", "lavfi", "-i", picture]
    if recipe.audio:
        arguments += [*delay.get("audio", ()), "-f", "lavfi", "-i", sound]
    if recipe.filters:
        arguments += ["-vf", recipe.filters]
    arguments += ["-fps_mode", "passthrough", "-threads", "1", *recipe.video]
    if "-pix_fmt" not in recipe.video:
        arguments += ["-pix_fmt", "yuvj420p" if "mjpeg" in recipe.video else "yuv420p"]
    ffmpeg(*arguments, *recipe.audio, "-metadata", "title=A test", *recipe.container, plain)
    if recipe.rotation:
        turn: list[str] = ["-display_rotation", str(recipe.rotation)]
        turn += ["-display_hflip"] if recipe.mirrored else []
        ffmpeg(*turn, "-i", plain, "-c", "copy", target)
        plain.unlink()
    return target


@cache
def folder() -> Path:
    """Where the clips of this test run lie; removed at its end."""
    path = Path(tempfile.mkdtemp(prefix="syncfix-media-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def clip(name: str) -> Path:
    """The path of one of `VARIANTS`, made when it is first asked for. Tests must not change it."""
    return make_clip(folder(), name, VARIANTS[name])


@cache
def sound(name: str, *options: str) -> Path:
    """A sound file of 2.5 s with the beep; the extension of `name` chooses the codec."""
    path = folder() / name
    ffmpeg("-f", "lavfi", "-i", f"{SOUND}:sample_rate=48000:duration=2.5", *options, path)
    return path


def packets(path: Path, kind: str, track: int = 0) -> list[tuple[float, str]]:
    """(presentation time in seconds, hash of the bytes) of each packet of one stream."""
    with av.open(str(path)) as container:
        streams = [s for s in container.streams if s.type == kind]
        if len(streams) <= track:
            return []
        return [
            (float((packet.pts or 0) * packet.time_base), hashlib.sha256(bytes(packet)).hexdigest())
            for packet in container.demux(streams[track])
            if packet.size
        ]


def hashes(path: Path, kind: str, track: int = 0) -> list[str]:
    """The hashes alone, in file order."""
    return [digest for _, digest in packets(path, kind, track)]


def pieces_of_sound(
    path: Path, piece: bytes, rate_hz: int, times_ms: Iterable[int], duration_ms: int = 0
) -> None:
    """Matroska with the same piece of 16-bit mono sound at each of some times."""
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("pcm_s16le", rate=rate_hz, layout="mono")
        out.start_encoding()
        for time_ms in times_ms:
            packet = av.Packet(piece)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 1000), True
            packet.pts = packet.dts = time_ms
            packet.duration = duration_ms
            out.mux_one(packet)
