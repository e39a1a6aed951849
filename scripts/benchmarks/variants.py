"""The clips that people really have, made from one rendered talker: a list of recipes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.ffmpeg import ffmpeg
from syncfix.demo import render_clip

SECONDS = 4.0
MASTER_FPS = 60
SIZE_PX = 320

Arguments = tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """How ffmpeg makes one clip of the master.

    Attributes:
        name: unique.
        extension: of the file.
        fps: rate, as ffmpeg writes it; "" leaves the filters to choose frames.
        filters: of the picture, after the rate.
        video, audio, container: options of the output; no `audio` is a clip without sound.
        late: "video" or "audio", and by how many seconds that stream begins late.
        extra_inputs: further inputs ("{folder}" is where sidecar files lie).
        sound: the file given as --audio: "", "speech.wav", "short.wav" or "long.wav".
        track: --audio-track.
        again: if given, options before and after -i of a second pass that copies packets.
        output_extension: of the rewrite, where the clip's own container is not written.
        sound_is_encoded: no container that is written holds its sound.
        expected_ticks: the offset that the recipe itself brings in.
        refusal: words of the refusal, where the clip can't be used as it is.
    """

    name: str
    extension: str = "mp4"
    fps: str = "25"
    filters: str = ""
    video: Arguments = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16")
    audio: Arguments = ("-c:a", "aac", "-ac", "1")
    container: Arguments = ()
    late: tuple[Literal["", "video", "audio"], float] = ("", 0.0)
    extra_inputs: Arguments = ()
    sound: str = ""
    track: int = 0
    again: tuple[Arguments, Arguments] | None = None
    output_extension: str = ""
    sound_is_encoded: bool = False
    expected_ticks: int = 0
    refusal: str = ""


def _x264(*more: str, pixels: str = "yuv420p") -> Arguments:
    return ("-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", pixels, *more)


def _x265(*more: str, pixels: str = "yuv420p") -> Arguments:
    quiet = ("-x265-params", "log-level=error:pools=none:frame-threads=1")
    return ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", pixels) + (
        more or quiet
    )


def _turned(name: str, degrees: int, before: str, *flips: str) -> Variant:
    turn = ("-display_rotation", str(degrees), *flips)
    return Variant(name, filters=before, again=(turn, ()))


_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "20", "-b:v", "0")
_AV1 = ("-c:v", "libsvtav1", "-preset", "12", "-crf", "20", "-svtav1-params", "lp=1")
_OPUS = ("-c:a", "libopus", "-b:a", "64k")
_PCM = ("-c:a", "pcm_s16le", "-ac", "1")
_MP2 = ("-c:a", "mp2", "-ar", "48000", "-ac", "1")
_B_FRAMES = _x264("-bf", "3", "-g", "24")
# Frames 33, 50 and 17 ms apart in turn.
_VFR = "select='eq(mod(n,6),0)+eq(mod(n,6),2)+eq(mod(n,6),5)'"
_MS = ("-enc_time_base", "1/1000")
_FIVE = ("-c:a", "aac", "-ar", "48000", "-ac", "6")


def _colour(space: str, range_: str = "tv", transfer: str = "") -> Arguments:
    primaries = {"smpte170m": "smpte170m", "bt709": "bt709", "bt2020nc": "bt2020"}[space]
    return (
        "-color_range", range_, "-colorspace", space,
        "-color_primaries", primaries, "-color_trc", transfer or space.removesuffix("nc"),
    )  # fmt: skip


_HDR = _colour("bt2020nc", transfer="smpte2084")

VARIANTS: tuple[Variant, ...] = (
    Variant("h264 25 mp4"),
    # frame rates
    *(
        Variant(f"h264 {label} mp4", fps=rate)
        for label, rate in (
            ("23.976", "24000/1001"), ("24", "24"), ("29.97", "30000/1001"), ("30", "30"),
            ("50", "50"), ("59.94", "60000/1001"), ("60", "60"), ("15", "15"),
        )
    ),
    Variant("vfr mp4", fps="", filters=_VFR, container=_MS),
    Variant("vfr mkv", "mkv", fps="", filters=_VFR, container=_MS),
    Variant("vfr webm", "webm", fps="", filters=_VFR, video=_VP9, audio=_OPUS, container=_MS),
    Variant("29.97 mkv", "mkv", fps="30000/1001"),
    Variant("29.97 b-frames mov", "mov", fps="30000/1001", video=_B_FRAMES),
    # how the picture lies
    _turned("rotated 90", 90, "transpose=clock"),
    _turned("rotated 180", 180, "hflip,vflip"),
    _turned("rotated 270", 270, "transpose=cclock"),
    _turned("mirrored", 0, "hflip", "-display_hflip"),
    _turned("rotated 90 mirrored", 90, "hflip,transpose=clock", "-display_hflip"),
    Variant("wide pixels", filters="scale=240:320,setsar=4/3"),
    # sizes
    Variant("odd vp9 webm", "webm", filters="scale=319:321", video=_VP9, audio=_OPUS),
    Variant("odd vp9 mp4", filters="scale=319:321", video=_VP9),
    Variant("odd av1 mkv", "mkv", filters="scale=319:321", video=_AV1, audio=_OPUS),
    Variant("odd mjpeg avi", "avi", filters="scale=319:321",
            video=("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"), audio=_PCM),
    Variant("odd h264 4:4:4", filters="scale=319:321", video=_x264(pixels="yuv444p")),
    Variant("odd mpeg4 mp4", filters="scale=319:321", video=("-c:v", "mpeg4", "-q:v", "2")),
    Variant("portrait 1:2", filters="pad=320:640:0:160"),
    # codecs and depths
    Variant("h264 10 bit", video=_x264(pixels="yuv420p10le")),
    Variant("h264 4:2:2", video=_x264(pixels="yuv422p")),
    Variant("h264 baseline", video=_x264("-profile:v", "baseline")),
    Variant("hevc mp4", video=_x265()),
    Variant("hevc 10 bit mp4", video=_x265(pixels="yuv420p10le")),
    Variant("hevc 10 bit mkv", "mkv", video=_x265(pixels="yuv420p10le")),
    Variant("hevc hvc1 mov", "mov", video=(*_x265(), "-tag:v", "hvc1")),
    Variant("vp9 webm", "webm", video=_VP9, audio=_OPUS),
    Variant("vp9 10 bit webm", "webm", audio=_OPUS,
            video=(*_VP9, "-pix_fmt", "yuv420p10le", "-profile:v", "2")),
    Variant("vp9 vorbis mkv", "mkv", video=_VP9, audio=("-c:a", "libvorbis", "-ar", "44100")),
    Variant("vp8 webm", "webm", audio=_OPUS,
            video=("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M")),
    Variant("av1 mp4", video=_AV1),
    Variant("av1 webm", "webm", video=_AV1, audio=_OPUS),
    Variant("av1 10 bit mkv", "mkv", video=(*_AV1, "-pix_fmt", "yuv420p10le")),
    Variant("mjpeg avi", "avi", audio=_PCM,
            video=("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p")),
    Variant("mjpeg mov", "mov", audio=_PCM,
            video=("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj422p")),
    Variant("mpeg1 mpg", "mpg", video=("-c:v", "mpeg1video", "-q:v", "2"), audio=_MP2),
    Variant("mpeg2 mpg", "mpg", audio=_MP2,
            video=("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")),
    Variant("mpeg2 29.97 mpg", "mpg", fps="30000/1001", audio=_MP2,
            video=("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")),
    Variant("mpeg2 ts", "ts", audio=_MP2,
            video=("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")),
    Variant("mpeg2 interlaced mkv", "mkv", filters="setfield=tff", audio=_MP2,
            video=("-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ildct+ilme")),
    Variant("mpeg4 avi", "avi", video=("-c:v", "mpeg4", "-q:v", "2"),
            audio=("-c:a", "libmp3lame", "-ac", "1")),
    Variant("mpeg4 b-frames avi", "avi", video=("-c:v", "mpeg4", "-q:v", "2", "-bf", "2"),
            audio=_PCM),
    Variant("h264 avi", "avi", video=_x264("-bf", "0"), audio=_PCM),
    Variant("prores 422 mov", "mov", video=("-c:v", "prores_ks", "-profile:v", "2"), audio=_PCM),
    Variant("prores 4444 mov", "mov", audio=_PCM,
            video=("-c:v", "prores_ks", "-profile:v", "4", "-pix_fmt", "yuv444p10le")),
    Variant("ffv1 flac mkv", "mkv", video=("-c:v", "ffv1"), audio=("-c:a", "flac")),
    Variant("theora ogv", "ogv", video=("-c:v", "libtheora", "-q:v", "9"),
            audio=("-c:a", "libvorbis"), output_extension="mkv"),
    Variant("wmv", "wmv", video=("-c:v", "wmv2", "-b:v", "2M"), audio=("-c:a", "wmav2"),
            output_extension="mkv", sound_is_encoded=True),
    Variant("h264 flv", "flv", video=_x264("-bf", "0"), audio=("-c:a", "aac", "-ar", "44100")),
    # the order of frames
    Variant("b-frames mp4", video=_B_FRAMES),
    Variant("b-frames mkv", "mkv", video=_B_FRAMES),
    Variant("b-frames ts", "ts", video=_B_FRAMES),
    Variant("b-pyramid 60 mp4", fps="60", video=_x264("-bf", "5", "-b_strategy", "2")),
    Variant("open gop h264 mp4", video=_x264("-bf", "3", "-x264-params", "open-gop=1:keyint=20")),
    Variant("open gop hevc mkv", "mkv",
            video=_x265("-x265-params", "open-gop=1:keyint=20:bframes=3:log-level=error:"
                        "pools=none:frame-threads=1")),
    Variant("fragmented mp4", container=("-movflags", "frag_keyframe+empty_moov")),
    # colour
    Variant("full range", filters="scale=out_range=full,format=yuvj420p",
            video=("-c:v", "libx264", "-crf", "16", "-color_range", "pc")),
    Variant("bt.601", video=_x264(*_colour("smpte170m"))),
    Variant("bt.709", video=_x264(*_colour("bt709"))),
    Variant("bt.709 full mkv", "mkv", filters="scale=out_range=full",
            video=_x264(*_colour("bt709", "pc"))),
    Variant("bt.2020 pq 10 bit", video=(*_x265(pixels="yuv420p10le"), *_HDR)),
    Variant("rgb mkv", "mkv", video=("-c:v", "libx264rgb", "-crf", "10", "-preset", "ultrafast"),
            audio=_PCM),
    # clocks
    Variant("audio 200 ms late mp4", late=("audio", 0.2), expected_ticks=-5),
    Variant("audio 200 ms late mkv", "mkv", late=("audio", 0.2), expected_ticks=-5),
    Variant("video 240 ms late mp4", late=("video", 0.24), expected_ticks=6),
    Variant("video 240 ms late b-frames mov", "mov", video=_B_FRAMES, late=("video", 0.24),
            expected_ticks=6),
    Variant("video 200 ms late ts", "ts", late=("video", 0.2), expected_ticks=5),
    Variant("edit list, cut in a gop", video=_x264("-bf", "2", "-g", "100"),
            again=(("-ss", "0.52"), ())),
    Variant("starts at 10 s ts", "ts", container=("-output_ts_offset", "10")),
    Variant("starts at 10 s mkv", "mkv", container=("-output_ts_offset", "10")),
    # sound
    Variant("stereo 44.1 kHz", audio=("-c:a", "aac", "-ar", "44100", "-ac", "2")),
    Variant("5.1", audio=_FIVE),
    Variant("ac3 mkv", "mkv", audio=("-c:a", "ac3", "-ac", "2", "-ar", "48000")),
    Variant("mp3 mp4", audio=("-c:a", "libmp3lame", "-ac", "1")),
    Variant("pcm 24 bit mov", "mov", audio=("-c:a", "pcm_s24le", "-ar", "48000", "-ac", "2")),
    Variant("8 kHz", audio=("-c:a", "pcm_s16le", "-ar", "8000", "-ac", "1"), extension="mov"),
    Variant("second track speaks", extra_inputs=("-i", "{folder}/quiet.wav"),
            container=("-map", "0:v", "-map", "2:a", "-map", "1:a"), track=1),
    Variant("no sound", audio=(), refusal="--audio"),
    Variant("no sound, --audio", audio=(), sound="speech.wav"),
    Variant("no sound webm, --audio", "webm", video=_VP9, audio=(), sound="speech.wav"),
    Variant("no sound avi, --audio", "avi", video=("-c:v", "mpeg4", "-q:v", "2"), audio=(),
            sound="speech.wav"),
    Variant("--audio shorter", sound="short.wav"),
    Variant("--audio longer", sound="long.wav"),
    Variant("track that is not there", track=3, refusal="choose one from 0 to 0"),
    Variant("own sound shorter", audio=("-c:a", "aac", "-af", "atrim=end=2.6")),
    Variant("own sound longer", audio=("-c:a", "aac", "-af", "apad=pad_dur=2")),
    # what travels along
    Variant("subtitles, chapters mp4",
            extra_inputs=("-i", "{folder}/said.srt", "-i", "{folder}/chapters.txt"),
            container=("-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:s", "mov_text",
                       "-map_metadata", "3", "-map_chapters", "3")),
    Variant("subtitles, chapters mkv", "mkv",
            extra_inputs=("-i", "{folder}/said.srt", "-i", "{folder}/chapters.txt"),
            container=("-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:s", "srt",
                       "-map_metadata", "3", "-map_chapters", "3")),
    Variant("too short", container=("-t", "0.5"), refusal="0.64 s or more"),
)  # fmt: skip


def make_master(
    folder: Path, seconds: float = SECONDS, fps: int = MASTER_FPS, size_px: int = SIZE_PX
) -> None:
    """The talker, its speech and the sidecar files that recipes name, into `folder`."""
    rendered = folder / "master.mp4"
    render_clip(rendered, fps=fps, seconds=seconds, size_px=size_px)
    ffmpeg("-i", rendered, "-vn", "-c:a", "pcm_s16le", folder / "speech.wav")
    ffmpeg("-i", folder / "speech.wav", "-t", "2.6", folder / "short.wav")
    ffmpeg("-i", folder / "speech.wav", "-af", "apad=pad_dur=3", folder / "long.wav")
    ffmpeg("-f", "lavfi", "-i", f"anullsrc=r=16000:cl=mono:d={seconds}", folder / "quiet.wav")
    (folder / "said.srt").write_text(
        "1\n00:00:00,500 --> 00:00:01,500\nHello\n\n2\n00:00:02,000 --> 00:00:03,000\nthere\n"
    )
    (folder / "chapters.txt").write_text(
        ";FFMETADATA1\ntitle=A talker\n\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\n"
        "title=one\n\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=4000\ntitle=two\n"
    )


def make_variant(folder: Path, variant: Variant) -> Path:
    """Write one variant of the master in `folder`; return its path."""
    stem = "".join(c if c.isalnum() else "_" for c in variant.name)
    target = folder / f"{stem}.{variant.extension}"
    plain = folder / f"{stem}.plain.{variant.extension}" if variant.again else target
    kind, seconds = variant.late
    delay = ("-itsoffset", str(seconds))
    filters = ",".join(
        each for each in (f"fps={variant.fps}" if variant.fps else "", variant.filters) if each
    )
    arguments = [*(delay if kind == "video" else ()), "-i", str(folder / "master.mp4")]
    arguments += [*(delay if kind == "audio" else ()), "-i", str(folder / "speech.wav")]
    arguments += [each.format(folder=folder) for each in variant.extra_inputs]
    if "-map" not in variant.container:
        arguments += ["-map", "0:v"] + (["-map", "1:a"] if variant.audio else [])
    arguments += ["-vf", filters] if filters else []
    arguments += ["-fps_mode", "passthrough", "-threads", "1", *variant.video, *variant.audio]
    ffmpeg(*arguments, *variant.container, plain)
    if variant.again is not None:
        before, after = variant.again
        ffmpeg(*before, "-i", plain, "-map", "0", "-c", "copy", *after, target)
        plain.unlink()
    return target
