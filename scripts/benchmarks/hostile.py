"""Files that mean harm, or have come to it: made from a talker with a fixed seed."""

from __future__ import annotations

import os
import pickle
import struct
import wave
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from safetensors.numpy import save_file

from benchmarks.ffmpeg import ffmpeg
from benchmarks.variants import SIZE_PX, Variant, make_variant
from syncfix.syncnet.registry import bundled_folder

_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "30", "-b:v", "0")
_B_FRAMES = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "12")
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-bf", "2")
BASES = (
    Variant("base mp4", video=_B_FRAMES),
    Variant("base mkv", "mkv", video=_B_FRAMES),
    Variant("base mov", "mov", video=("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")),
    Variant("base webm", "webm", video=_VP9, audio=("-c:a", "libopus", "-b:a", "48k")),
    Variant("base avi", "avi", video=("-c:v", "mpeg4", "-q:v", "3"), audio=("-c:a", "pcm_s16le")),
    Variant("base ts", "ts", video=_B_FRAMES),
    Variant("base mpg", "mpg", video=_MPEG2, audio=("-c:a", "mp2", "-ar", "48000")),
)


_SIZE, _HUGE_SIZE = struct.pack(">HH", SIZE_PX, SIZE_PX), struct.pack(">HH", 20000, 20000)


@dataclass(frozen=True)
class Attack:
    """One hostile input.

    Attributes:
        name: what was done.
        clip: the path given as the clip; it need not exist.
        options: further options of the command.
        refused: it has to be refused; else a result is as good.
    """

    name: str
    clip: Path | str
    options: tuple[str, ...] = ()
    refused: bool = False


class _Malice:
    """A pickle that touches a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch '{self._marker}'",)


def make_bases(folder: Path) -> list[Path]:
    """The clips that are then damaged, one for each container."""
    return [make_variant(folder, variant) for variant in BASES]


def attacks(folder: Path, bases: list[Path], marker: Path, seed: int) -> Iterator[Attack]:
    """All attacks, each made when it is asked for; the random ones never end.

    Args:
        folder: where they are written.
        bases: whole clips.
        marker: a file that code in a checkpoint would make.
        seed: of what is random.
    """
    yield from _paths(folder, bases)
    yield from _texts(folder)
    yield from _streams(folder, bases)
    yield from _checkpoints(folder, bases[0], marker)
    for base in bases:
        data = base.read_bytes()
        for tenth in range(1, 10):
            target = folder / f"cut{tenth}{base.suffix}"
            target.write_bytes(data[: len(data) * tenth // 10])
            yield Attack(f"{base.suffix} cut at {tenth}/10", target)
    rng = np.random.default_rng(seed)
    count = 0
    while True:
        count += 1
        yield _flipped(folder, bases[int(rng.integers(len(bases)))], rng, count)


def _flipped(folder: Path, base: Path, rng: np.random.Generator, count: int) -> Attack:
    data = bytearray(base.read_bytes())
    number = int(rng.choice([1, 4, 16, 64, 256, 1024]))
    region = str(rng.choice(["anywhere", "head", "tail", "zeros", "moved"]))
    size = len(data)
    if region == "zeros":
        at = int(rng.integers(size))
        end = min(size, at + number * 16)
        data[at:end] = bytes(end - at)
    elif region == "moved":
        at, to = (int(v) for v in rng.integers(size, size=2))
        piece = data[at : at + number * 16]
        del data[at : at + number * 16]
        data[to:to] = piece
    else:
        low, high = {"head": (0, min(size, 2048)), "tail": (max(0, size - 4096), size)}.get(
            region, (0, size)
        )
        for at in rng.integers(low, high, size=number).tolist():
            data[at] = int(rng.integers(256))
    target = folder / f"flip{count}{base.suffix}"
    target.write_bytes(data)
    return Attack(f"{base.suffix} {region} {number} #{count}", target)


def _paths(folder: Path, bases: list[Path]) -> Iterator[Attack]:
    """Things that are no files, and names that mislead."""
    for url in (
        "http://127.0.0.1:9/x.mp4", "https://localhost/x.mp4", "rtmp://localhost/x", "pipe:0",
        f"concat:{bases[0]}|{bases[1]}", f"subfile,,start,0,end,0,,:{bases[0]}", "data:video/mp4,",
        f"file://{bases[0]}", "tcp://127.0.0.1:9", "-", "",
    ):  # fmt: skip
        yield Attack(f"as a path: {url[:20]!r}", url, refused=True)
    yield Attack("a folder", folder, refused=True)
    fifo = folder / "fifo.mp4"
    os.mkfifo(fifo)
    yield Attack("a pipe that nobody fills", fifo, refused=True)
    loop = folder / "loop.mp4"
    loop.symlink_to(loop)
    yield Attack("a link to itself", loop, refused=True)
    yield Attack("/dev/zero", "/dev/zero", refused=True)
    yield Attack("a name too long", folder / ("x" * 300 + ".mp4"), refused=True)
    for name in (
        "-o.mp4",
        "new\nline.mp4",
        "100%d.mp4",
        "concat:a.mp4",
        "ümläut 🙂.mp4",
        "a'b.mp4",
    ):
        target = folder / name
        target.write_bytes(bases[0].read_bytes())
        yield Attack(f"whole, named {name!r}", target)
    for base, extension in ((bases[0], ".avi"), (bases[1], ".mp4"), (bases[4], ".mkv")):
        target = folder / f"wrong{base.suffix[1:]}{extension}"
        target.write_bytes(base.read_bytes())
        yield Attack(f"{base.suffix} named {extension}", target)


def _texts(folder: Path) -> Iterator[Attack]:
    """Files of another kind, and playlists that would have others opened."""
    secret = folder / "speech.wav"
    kinds = {
        "empty": b"",
        "text": b"no film at all\n" * 50,
        "one byte": b"\0",
        "zeros": bytes(100_000),
        "noise": np.random.default_rng(1).bytes(100_000),
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n".encode(),
        "ffconcat": f"ffconcat version 1.0\nfile '{secret}'\n".encode(),
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "mpd": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "srt": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n",
        "ftyp only": struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0),
        "moov of 4 GB": struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
        + struct.pack(">I4s", 0xFFFFFFFF, b"moov"),
        "ebml only": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01",
        "riff only": b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffhdrl",
    }
    for name, content in kinds.items():
        for extension in (".mp4", ".mkv"):
            target = folder / f"{name.replace(' ', '_')}{extension}"
            target.write_bytes(content)
            yield Attack(f"{name} named {extension}", target, refused=True)


def _streams(folder: Path, bases: list[Path]) -> Iterator[Attack]:
    """Containers that are well made, with streams that are not."""
    nothing = folder / "no_frames.mp4"
    with av.open(str(nothing), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        output.start_encoding()
    yield Attack("no frames", nothing, refused=True)
    sound = folder / "sound_only.mp4"
    ffmpeg("-i", bases[0], "-vn", "-c", "copy", sound)
    yield Attack("sound only", sound, refused=True)
    cover = folder / "cover.mp4"
    picture = folder / "cover.png"
    ffmpeg("-i", bases[0], "-frames:v", "1", picture)
    ffmpeg("-i", sound, "-i", picture, "-map", "0", "-map", "1", "-c", "copy",
           "-disposition:v:0", "attached_pic", cover)  # fmt: skip
    yield Attack("cover art only", cover, refused=True)
    yield Attack("a picture", picture, refused=True)
    yield Attack("huge pictures, as said by JPEG", _huge_mjpeg(folder, bases[2]))
    yield Attack("huge pictures, as said by Matroska", _huge_matroska(folder, bases[1]))
    yield Attack("huge pictures, as said by QuickTime", _huge_quicktime(folder, bases[2]), (), True)
    for label, value in (("NaN", np.nan), ("infinity", np.inf), ("1e30", 1e30)):
        wild = folder / f"{label}.wav"
        samples = np.full(32000, 0.1, np.float32)
        samples[4000:20000] = value
        _float_wav(wild, samples)
        yield Attack(f"--audio of {label}", bases[0], ("--audio", str(wild)))
        inside = folder / f"{label}.mkv"
        ffmpeg("-i", bases[0], "-i", wild, "-map", "0:v", "-map", "1:a", "-c", "copy", inside)
        yield Attack(f"sound of {label}", inside)
    yield Attack("--audio with no sound", bases[0], ("--audio", str(picture)), refused=True)
    yield Attack("--audio-track -1", bases[0], ("--audio-track", "-1"), refused=True)
    yield Attack("no such track", bases[0], ("--audio-track", "9"), refused=True)
    for label, jump in (("a day", 86400), ("a century", 3_153_600_000)):
        yield Attack(f"times jump by {label}", _jumping(folder, jump))
    yield Attack("times stand still", _jumping(folder, 0))
    empty = folder / "no_samples.wav"
    with wave.open(str(empty), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
    yield Attack("--audio without samples", bases[0], ("--audio", str(empty)), refused=True)


def _huge_mjpeg(folder: Path, base: Path) -> Path:
    """Each JPEG frame claims 20,000 x 20,000."""
    head = b"\xff\xc0\x00\x11\x08"
    return _patched(base, folder / "huge_jpeg.mov", {head + _SIZE: head + _HUGE_SIZE})


def _huge_quicktime(folder: Path, base: Path) -> Path:
    """The description of the stream claims it, and the pictures do."""
    return _patched(base, folder / "huge.mov", {_SIZE: _HUGE_SIZE})


def _huge_matroska(folder: Path, base: Path) -> Path:
    """The container claims it; the H.264 in it knows better, and that is what counts."""
    width, height = b"\xb0\x82", b"\xba\x82"
    pairs = {tag + _SIZE[:2]: tag + _HUGE_SIZE[:2] for tag in (width, height)}
    return _patched(base, folder / "huge.mkv", pairs)


def _patched(base: Path, target: Path, pairs: dict[bytes, bytes]) -> Path:
    """A copy with bytes replaced; each of them must be there."""
    data = base.read_bytes()
    for old, new in pairs.items():
        if old not in data:
            raise RuntimeError(f"{base}: {old!r} is not in it")
        data = data.replace(old, new)
    target.write_bytes(data)
    return target


def _float_wav(path: Path, samples: np.ndarray) -> None:
    data = samples.astype("<f4").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1,
                       16000, 64000, 4, 32, b"data", len(data))  # fmt: skip
    path.write_bytes(head + data)


def _jumping(folder: Path, jump_seconds: int) -> Path:
    """A film of which the second half comes much later, or all at once."""
    path = folder / f"jump{jump_seconds}.mkv"
    with av.open(str(folder / "base_mp4.mp4")) as source, av.open(str(path), "w") as output:
        old = source.streams.video[0]
        new = output.add_stream("mjpeg", rate=25)
        new.width, new.height, new.pix_fmt = old.width, old.height, "yuvj420p"
        new.codec_context.time_base = Fraction(1, 1000)
        for index, frame in enumerate(source.decode(old)):
            if not jump_seconds:
                frame.pts = index // 8
            else:
                frame.pts = index * 40 + (jump_seconds * 1000 if index > 25 else 0)
            frame.time_base = Fraction(1, 1000)
            picture = frame.reformat(format="yuvj420p")
            picture.pts, picture.time_base, picture.pict_type = frame.pts, frame.time_base, 0
            try:
                output.mux(new.encode(picture))
            except av.error.FFmpegError:
                continue  # time that stands still, says the encoder: fewer frames, then
    return path


def _checkpoints(folder: Path, clip: Path, marker: Path) -> Iterator[Attack]:
    """Files given as --checkpoint, --judge or --landmarks."""
    bundled = bundled_folder() / "judge.safetensors"
    whole = bundled.read_bytes()
    files: dict[str, bytes] = {
        "pickle.pt": pickle.dumps(_Malice(marker)),
        "pickle.safetensors": pickle.dumps(_Malice(marker)),
        "cut.safetensors": whole[: len(whole) // 2],
        "head.safetensors": whole[:100],
        "long_head.safetensors": struct.pack("<Q", 1 << 60) + whole[8:],
        "empty.pt": b"",
        "noise.pt": np.random.default_rng(2).bytes(5000),
        "text.safetensors": b"weights, honestly",
    }
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content)
        for option in ("--checkpoint", "--judge"):
            yield Attack(f"{option} {name}", clip, (option, str(path)), refused=True)
    zipped = folder / "zipped.pt"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Malice(marker)))
        archive.writestr("archive/version", "3")
    other = folder / "other.safetensors"
    save_file({"weight": np.zeros((3, 3), np.float32)}, other)
    nan = folder / "noise.dat"
    nan.write_bytes(np.random.default_rng(3).bytes(5000))
    yield Attack("--checkpoint zipped.pt", clip, ("--checkpoint", str(zipped)), refused=True)
    yield Attack("--checkpoint of another", clip, ("--checkpoint", str(other)), refused=True)
    yield Attack("--checkpoint a clip", clip, ("--checkpoint", str(clip)), refused=True)
    yield Attack("--checkpoint a folder", clip, ("--checkpoint", str(folder)), refused=True)
    yield Attack("--checkpoint nowhere", clip, ("--checkpoint", "/nowhere.pt"), refused=True)
    yield Attack("--landmarks noise", clip, ("--landmarks", str(nan)), refused=True)
    yield Attack("--landmarks nowhere", clip, ("--landmarks", "/nowhere.dat"), refused=True)
