"""What a container can't hold is encoded, refused or told of; it is never lost without a word."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from media import VP9, ffmpeg

from syncfix.clip import copy_through, probe, read_audio, read_frames, rewrite, shift
from syncfix.clip.holds import holds
from syncfix.errors import InputError

SECONDS = 2.5
TONES_HZ = (440.0, 1000.0)


def clip(folder: Path, name: str, *arguments: str) -> Path:
    """A small film with a tone that swells."""
    path = folder / name
    sound = "aevalsrc=exprs='sin(2*PI*(300+200*t)*t)*(0.2+0.2*t)':s=48000"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25", "-f", "lavfi", "-i", sound)
    video = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-pix_fmt", "yuv420p")
    ffmpeg(*inputs, "-t", str(SECONDS), *video, *arguments, path)
    return path


def heard(path: Path) -> np.ndarray:
    start = probe(path).video.start_seconds
    return read_audio(path, start_seconds=start, duration_seconds=SECONDS - 0.2)


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """The same sound at the same time, to a millisecond."""
    spectrum = np.fft.rfft(one, 1 << 17).conj() * np.fft.rfft(other, 1 << 17)
    match = np.fft.irfft(spectrum)
    late = int(np.argmax(match))
    late = late if late < 1 << 16 else late - (1 << 17)
    norm = np.sqrt((one**2).sum() * (other**2).sum())
    return abs(late) <= 16 and float(match.max()) > 0.95 * float(norm)


@pytest.mark.parametrize(
    ("sound", "source", "muxer"),
    [
        ("pcm_s16le", "mov", "ts"),
        ("pcm_s16be", "mov", "mp4"),
        ("pcm_s16le", "avi", "mp4"),
        ("flac", "mkv", "ts"),
        ("libopus", "mkv", "mov"),
        ("aac", "mp4", "mpg"),
        ("aac", "mp4", "avi"),
        ("eac3", "mkv", "avi"),
        ("libmp3lame", "mkv", "webm"),
    ],
)
def test_sound_is_heard_in_every_container(
    tmp_path: Path, sound: str, source: str, muxer: str
) -> None:
    path = clip(tmp_path, f"in.{source}", "-c:a", sound)
    output = rewrite(probe(path), tmp_path / f"out.{muxer}", read_frames(path))
    assert alike(heard(path), heard(output))


@pytest.mark.parametrize("muxer", ["mp4", "mov", "mkv", "ts", "mpg", "webm", "avi"])
def test_a_stereo_wav_that_names_no_layout_is_taken(tmp_path: Path, muxer: str) -> None:
    path = clip(tmp_path, "in.mp4", "-c:a", "aac")
    times = np.arange(round(48000 * SECONDS)) / 48000
    tones = np.stack([np.sin(2 * np.pi * hertz * times) for hertz in TONES_HZ], axis=1)
    speech = tmp_path / "speech.wav"
    with wave.open(str(speech), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((9000 * tones).astype("<i2").tobytes())
    output = tmp_path / f"out.{muxer}"
    rewrite(probe(path), output, read_frames(path), audio=speech)
    with av.open(str(output)) as container:
        assert container.streams.audio[0].codec_context.channels == 2
        planes = [
            frame.to_ndarray().reshape(-1, 2 if not frame.format.is_planar else 1)
            for frame in container.decode(audio=0)
        ]
        rate, planar = container.streams.audio[0].rate, planes[0].shape[1] == 1
    both = [p.reshape(2, -1) if planar else p.T for p in planes]
    for side, hertz in zip(np.concatenate(both, axis=1), TONES_HZ, strict=True):
        middle = side[rate // 2 : rate // 2 + rate].astype(np.float64)
        assert np.argmax(np.abs(np.fft.rfft(middle))) == pytest.approx(hertz, abs=2)


@pytest.mark.parametrize("sound", ["ac3", "pcm_s24le"])  # one names its layout, one does not
@pytest.mark.parametrize(
    ("layout", "muxer", "channels"),
    [("5.1(side)", "webm", 6), ("4.0", "webm", 5), ("5.0(side)", "webm", 5), ("2.1", "webm", 6)],
)
def test_no_channel_is_left_out_where_the_encoder_has_room(
    tmp_path: Path, layout: str, muxer: str, channels: int, sound: str
) -> None:
    filters = f"aformat=channel_layouts={layout}"
    path = clip(tmp_path, "in.mkv", "-af", filters, "-c:a", sound)
    output = tmp_path / f"out.{muxer}"
    rewrite(probe(path), output, read_frames(path))
    assert probe(output).audio[0].channels == channels
    assert alike(heard(path), heard(output))


def test_pictures_that_no_reader_would_find_are_refused(tmp_path: Path) -> None:
    path = clip(tmp_path, "in.webm", "-c:a", "libopus", *VP9)
    with pytest.raises(InputError, match=r"can't hold its video \(vp9\)"):
        copy_through(probe(path), tmp_path / "out.ts")
    path = clip(tmp_path, "in.mkv", "-c:a", "ac3")
    with pytest.raises(InputError, match=r"can't hold its video \(h264\)"):
        copy_through(probe(path), tmp_path / "out.mpg")
    assert not list(tmp_path.glob("out.*")) and not list(tmp_path.glob(".*"))


def test_subtitles_that_are_left_out_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,900\nHello\n")
    plain, path = clip(tmp_path, "plain.mkv", "-c:a", "aac"), tmp_path / "in.mkv"
    ffmpeg("-i", plain, "-i", words, "-map", "0", "-map", "1", "-c", "copy", "-c:s", "srt", path)
    shift(probe(path), tmp_path / "out.ts", 40.0)
    assert "subtitle stream 2" in caplog.text and "left out" in caplog.text


def test_a_track_of_an_unknown_kind_neither_stops_the_writing_nor_moves_the_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tones = [x for hertz in (200, 440, 1000) for x in ("-f", "lavfi", "-i", f"sine={hertz}:d=2")]
    tracks = ("-map", "0", "-map", "1", "-map", "2", "-c:a:0", "ac3", "-c:a:1", "flac")
    speech, film = tmp_path / "three.mka", tmp_path / "film.mkv"
    ffmpeg(*tones, *tracks, "-c:a:2", "flac", speech)
    speech.write_bytes(speech.read_bytes().replace(b"A_AC3", b"A_XYZ", 1))
    plain = clip(tmp_path, "plain.mkv", "-an")
    for track, hertz in ((1, 440), (2, 1000)):
        output = tmp_path / f"{track}.mp4"
        rewrite(probe(plain), output, read_frames(plain), audio=speech, track=track)
        sound = read_audio(output, start_seconds=0.0, duration_seconds=1.0)
        assert np.argmax(np.abs(np.fft.rfft(sound))) == pytest.approx(hertz, abs=2)
    with pytest.raises(InputError, match="unknown"):
        rewrite(probe(plain), tmp_path / "0.mp4", read_frames(plain), audio=speech, track=0)

    two = ("-c:v", "copy", "-map", "0:v", "-map", "1", "-map", "0:a")
    known = clip(tmp_path, "known.mkv", "-c:a", "ac3")
    ffmpeg("-i", known, "-f", "lavfi", "-i", "sine=1000:d=2", *two, "-c:a", "flac", film)
    film.write_bytes(film.read_bytes().replace(b"A_FLAC", b"A_XYZW", 1))
    shift(probe(film), tmp_path / "film.mp4", 40.0)
    assert "unknown kind" in caplog.text
    assert len(probe(tmp_path / "film.mp4").audio) == len(probe(film).audio) == 1


def test_packets_shorter_than_the_clock_keep_their_times(tmp_path: Path) -> None:
    """TrueHD in Matroska: 0.83 ms a packet, counted in milliseconds."""
    path = clip(tmp_path, "in.mkv", "-c:a", "truehd", "-strict", "-2")
    shift(probe(path), tmp_path / "out.mkv", 80.0)

    def times(name: str) -> np.ndarray:
        with av.open(str(tmp_path / name)) as container:
            packets = container.demux(audio=0)
            return np.array([float(p.pts * p.time_base) for p in packets if p.size])

    np.testing.assert_allclose(times("out.mkv"), times("in.mkv") + 0.08, atol=1e-6)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("muxer", ["mp4", "mov", "matroska", "mpegts", "flv"])
def test_what_every_container_holds_is_copied(tmp_path: Path, muxer: str, index: int) -> None:
    assert holds(clip(tmp_path, "in.mp4", "-c:a", "aac"), index, muxer, keep_tag=False)
