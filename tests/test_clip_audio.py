"""Sound: 16 kHz mono, every sample where it belongs on the clip's clock."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from media import BEEP_SECONDS, clip, ffmpeg, folder, pieces_of_sound, sound

from syncfix.clip import SyncClock, probe, read_audio, read_timeline, speech_for
from syncfix.errors import InputError

MILLISECOND = 0.001


def beep_start(samples: np.ndarray) -> float:
    """When the beep begins, in seconds after the first sample."""
    return float(np.flatnonzero(np.abs(samples) > 0.3)[0]) / 16000


def clock_of(name: str) -> SyncClock:
    timeline = read_timeline(clip(name))
    return SyncClock(timeline.pts_seconds, timeline.end_seconds)


@pytest.mark.parametrize("name", ["mp4_25", "mov_25", "mkv_25", "webm_25", "webm_30", "avi_30"])
def test_the_beep_is_heard_when_it_sounds(name: str) -> None:
    samples = read_audio(clip(name), start_seconds=0.0, duration_seconds=2.0)
    assert samples.shape == (32000,) and samples.dtype == np.float32
    assert beep_start(samples) == pytest.approx(BEEP_SECONDS[0], abs=MILLISECOND)


def test_a_late_track_is_heard_late() -> None:
    samples = read_audio(clip("mp4_audio_late"), start_seconds=0.0, duration_seconds=2.0)
    assert beep_start(samples) == pytest.approx(1.2, abs=MILLISECOND)
    lossless = read_audio(clip("mkv_flac_late"), start_seconds=0.0, duration_seconds=2.0)
    assert np.all(lossless[:3200] == 0)
    assert beep_start(lossless) == pytest.approx(1.2, abs=MILLISECOND)


def test_speech_begins_with_the_first_frame() -> None:
    info = probe(clip("mp4_video_late"))
    samples = speech_for(info, clock_of("mp4_video_late"))[:]
    assert len(samples) == 640 * clock_of("mp4_video_late").tick_count
    wanted = BEEP_SECONDS[0] - info.video.start_seconds
    assert beep_start(samples) == pytest.approx(wanted, abs=MILLISECOND)


def test_a_start_before_and_an_end_after_the_sound_are_filled_with_silence() -> None:
    samples = read_audio(clip("mov_25"), start_seconds=-0.5, duration_seconds=4.0)
    assert len(samples) == 64000
    assert np.all(samples[:8000] == 0) and np.all(samples[-16000:] == 0)
    assert beep_start(samples) == pytest.approx(1.5, abs=MILLISECOND)


@pytest.mark.parametrize("name", ["speech.wav", "speech.mp3", "speech.m4a", "speech.opus"])
def test_an_audio_file_begins_where_the_clip_begins(name: str) -> None:
    for video in ("mp4_25", "mp4_video_late"):
        info = probe(clip(video))
        samples = speech_for(info, clock_of(video), sound(name))[:]
        wanted = BEEP_SECONDS[0] - (info.video.start_seconds - info.start_seconds)
        assert beep_start(samples) == pytest.approx(wanted, abs=MILLISECOND)


def test_resampling_neither_moves_nor_weakens_a_tone(tmp_path: Path) -> None:
    tone = tmp_path / "tone.wav"
    expression = "aevalsrc='0.5*sin(2*PI*1000*t)':s=44100:d=1"
    ffmpeg("-f", "lavfi", "-i", expression, "-c:a", "pcm_f32le", tone)
    samples = read_audio(tone, start_seconds=0.0, duration_seconds=1.0)
    wanted = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    np.testing.assert_allclose(samples[200:-200], wanted[200:-200], atol=0.002)


def test_a_voice_in_the_centre_of_six_channels_is_heard(tmp_path: Path) -> None:
    surround = tmp_path / "surround.wav"
    voice = "aevalsrc=0|0|0.5*sin(2*PI*440*t)|0|0|0:c=5.1:s=48000:d=1"
    ffmpeg("-f", "lavfi", "-i", voice, surround)
    samples = read_audio(surround, start_seconds=0.0, duration_seconds=1.0)
    assert 0.1 < np.abs(samples).max() < 0.6


def test_a_gap_in_the_sound_stays_a_gap() -> None:
    gap = folder() / "gap.mkv"
    drop = "aselect='not(between(t,0.3,0.6))'"  # frames are dropped, timestamps stay
    ffmpeg("-i", sound("speech.wav"), "-af", drop, "-c:a", "pcm_s16le", gap)
    samples = read_audio(gap, start_seconds=0.0, duration_seconds=2.0)
    assert beep_start(samples) == pytest.approx(BEEP_SECONDS[0], abs=2 * MILLISECOND)


def test_what_is_no_number_becomes_silence(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    ffmpeg("-i", sound("speech.wav"), "-c:a", "pcm_f32le", "-ar", "16000", bad)
    content = bytearray(bad.read_bytes())
    start = content.index(b"data") + 8
    broken = np.array([np.nan, np.inf, -np.inf] * 100, dtype="<f4").tobytes()
    content[start + 4000 : start + 4000 + len(broken)] = broken
    bad.write_bytes(content)
    samples = read_audio(bad, start_seconds=0.0, duration_seconds=2.0)
    assert np.all(np.isfinite(samples))
    assert beep_start(samples) == pytest.approx(BEEP_SECONDS[0], abs=MILLISECOND)


def test_a_second_track_can_be_chosen() -> None:
    two = folder() / "two_tracks.mkv"
    silence = ("-f", "lavfi", "-i", "anullsrc=r=48000:d=2")
    ffmpeg(*silence, "-i", sound("speech.wav"), "-map", "0", "-map", "1", "-c:a", "flac", two)
    assert np.abs(read_audio(two, start_seconds=0, duration_seconds=2, track=0)).max() < 1e-3
    assert np.abs(read_audio(two, start_seconds=0, duration_seconds=2, track=1)).max() > 0.9
    with pytest.raises(InputError, match="no audio track 2"):
        read_audio(two, start_seconds=0, duration_seconds=2, track=2)


def test_a_silent_clip_asks_for_audio() -> None:
    info = probe(clip("mp4_silent"))
    with pytest.raises(InputError, match="--audio"):
        speech_for(info, clock_of("mp4_silent"))
    assert np.abs(speech_for(info, clock_of("mp4_silent"), sound("speech.wav"))[:]).max() > 0.9


def test_bad_audio_files_are_named(tmp_path: Path) -> None:
    info, clock = probe(clip("mp4_25")), clock_of("mp4_25")
    (tmp_path / "words.wav").write_text("no sound here" * 100)
    for path, reason in [
        (tmp_path / "none.wav", "no such file"),
        (tmp_path / "words.wav", "not a media file"),
        (clip("mp4_silent"), "no sound in this file"),
    ]:
        with pytest.raises(InputError, match=reason):
            speech_for(info, clock, path)


def test_a_wave_file_with_no_samples_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "none.wav"), "wb") as none:
        none.setparams((1, 2, 16000, 0, "NONE", ""))
    with pytest.raises(InputError):
        speech_for(probe(clip("mp4_25")), clock_of("mp4_25"), tmp_path / "none.wav")


@pytest.mark.parametrize("channels", [9, 64])
def test_channels_without_names_are_mixed(channels: int, tmp_path: Path) -> None:
    data = np.zeros((48000, channels), dtype="<i2")
    data[24000:] = (16000 * np.sin(np.arange(24000) * 2 * np.pi * 440 / 48000))[:, None]
    with wave.open(str(tmp_path / "many.wav"), "wb") as many:
        many.setparams((channels, 2, 48000, 0, "NONE", ""))
        many.writeframes(data.tobytes())
    samples = read_audio(tmp_path / "many.wav", start_seconds=0.0, duration_seconds=1.0)
    assert beep_start(samples) == pytest.approx(0.5, abs=MILLISECOND)
    assert np.abs(samples).max() == pytest.approx(16000 / 32768, abs=0.02)


def test_channels_in_planes_are_mixed_too(tmp_path: Path) -> None:
    many = tmp_path / "many.mkv"
    beep = "if(gt(t,0.5),0.5*sin(2*PI*440*t),0)"
    expression = f"aevalsrc=exprs='{'|'.join([beep] * 11)}':s=48000:d=1"
    ffmpeg("-f", "lavfi", "-i", expression, "-c:a", "libopus", "-mapping_family", "255", many)
    samples = read_audio(many, start_seconds=0.0, duration_seconds=1.0)
    assert beep_start(samples) == pytest.approx(0.5, abs=5 * MILLISECOND)


def test_one_packet_from_far_in_the_future_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "jump.mka"
    pieces_of_sound(path, np.full(160, 8000, "<i2").tobytes(), 16000, range(0, 1000, 10))
    # A block begins with its size, its track, and its time in its cluster: half a second is
    # made 30.
    head, content = b"\xa3\x41\x44\x81", path.read_bytes()
    assert content.count(head + (500).to_bytes(2, "big")) == 1
    path.write_bytes(
        content.replace(head + (500).to_bytes(2, "big"), head + (30000).to_bytes(2, "big"))
    )
    samples = read_audio(path, start_seconds=0.0, duration_seconds=1.0)
    assert np.abs(samples[:7900]).min() > 0.1  # before the packet
    assert np.abs(samples[8300:15900]).min() > 0.1  # after it
