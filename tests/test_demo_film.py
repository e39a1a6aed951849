"""Films of the talker: sound and picture aligned in the file, timing broken as told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("skimage", reason="the portrait comes with scikit-image")

from syncfix.clip import probe, read_audio
from syncfix.demo import Speech, break_timing, render_clip, render_frames, write_film
from syncfix.demo.truth import residual_ticks
from syncfix.progress import RENDER, Stage

SIZE = 128


def _pictures(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        return [
            np.asarray(f.to_ndarray(format="bgr24"), np.uint8) for f in container.decode(video=0)
        ]


def _heard_late_samples(path: Path, samples: NDArray[np.float32]) -> int:
    """By how many samples the file's sound is later than ``samples``."""
    heard = read_audio(path, start_seconds=0.0, duration_seconds=len(samples) / 16000)
    spectrum = np.fft.rfft(heard, 2 * len(heard)) * np.conj(np.fft.rfft(samples, 2 * len(heard)))
    lag = int(np.fft.irfft(spectrum).argmax())
    return lag - 2 * len(heard) if lag > len(heard) else lag


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Speech]:
    path = tmp_path_factory.mktemp("film") / "talker.mp4"
    return path, render_clip(path, seconds=2.0, size_px=SIZE)


def test_both_streams_begin_at_nought_and_last_as_long(clip: tuple[Path, Speech]) -> None:
    info = probe(clip[0])
    assert info.video.start_seconds == info.audio[0].start_seconds == 0
    assert info.video.duration_seconds == pytest.approx(2.0)
    assert info.audio[0].duration_seconds == pytest.approx(2.0, abs=0.07)


def test_sound_lies_where_it_should_within_two_milliseconds(clip: tuple[Path, Speech]) -> None:
    path, speech = clip
    assert abs(_heard_late_samples(path, speech.samples)) <= 32


def test_pictures_lie_where_they_should(clip: tuple[Path, Speech]) -> None:
    path, speech = clip
    drawn = list(render_frames(speech.phonemes, np.arange(50) / 25, SIZE))
    shown = _pictures(path)
    assert len(shown) == 50
    for index in (14, 22, 31, 40):
        miss = [np.abs(shown[index].astype(int) - p).mean() for p in drawn]
        assert int(np.argmin(miss)) == index


def test_the_same_call_gives_the_same_file(clip: tuple[Path, Speech], tmp_path: Path) -> None:
    render_clip(tmp_path / "again.mp4", seconds=2.0, size_px=SIZE)
    assert (tmp_path / "again.mp4").read_bytes() == clip[0].read_bytes()


def test_sound_can_be_delayed(tmp_path: Path) -> None:
    speech = render_clip(tmp_path / "late.mp4", seconds=1.5, size_px=SIZE, audio_delay_seconds=0.08)
    assert abs(_heard_late_samples(tmp_path / "late.mp4", speech.samples) - 1280) <= 32


@pytest.mark.parametrize("fps", [24, Fraction(30000, 1001), 50])
def test_any_frame_rate(tmp_path: Path, fps: Fraction | int) -> None:
    render_clip(tmp_path / "clip.mp4", fps=fps, seconds=1.0, size_px=64)
    info = probe(tmp_path / "clip.mp4")
    assert info.video.average_fps == Fraction(fps)
    assert info.video.duration_seconds == pytest.approx(1.0, abs=float(1 / Fraction(fps)))


def test_offsets_show_the_talker_of_another_time(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    offsets = np.full(40, 2)
    speech = render_clip(path, seconds=1.4, size_px=SIZE, offset_ticks=offsets)
    drawn = list(render_frames(speech.phonemes, np.arange(40) / 25, SIZE))
    shown = _pictures(path)
    for index in (15, 22, 30):
        miss = [np.abs(shown[index].astype(int) - p).mean() for p in drawn]
        assert int(np.argmin(miss)) == index + 2


def test_a_film_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_film(tmp_path / "none.mp4", iter(()), np.zeros(100, np.float32), Fraction(25))


@pytest.mark.parametrize("seed", range(20))
def test_broken_timing_never_runs_backwards_nor_leaves_the_clip(seed: int) -> None:
    path = break_timing(200, seed)
    shown = np.arange(200) + path
    assert (np.diff(shown) >= 0).all()
    assert shown.min() >= 0 and shown.max() <= 199
    assert np.abs(path).max() <= 3
    assert len(np.unique(path)) > 2
    np.testing.assert_array_equal(residual_ticks(path, np.zeros(200, np.intp)), path)


def test_broken_timing_is_steady_for_most_of_the_time_and_follows_its_seed() -> None:
    steps = np.concatenate([np.diff(break_timing(200, seed)) for seed in range(20)])
    assert np.mean(steps == 0) > 0.8
    np.testing.assert_array_equal(break_timing(200, 3), break_timing(200, 3))
    assert (break_timing(200, 3) != break_timing(200, 4)).any()


def test_a_clip_of_no_ticks_has_no_path() -> None:
    assert break_timing(0, 0).shape == (0,)


def test_rendering_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[Stage, float]] = []
    render_clip(
        tmp_path / "short.mp4",
        seconds=0.4,
        size_px=64,
        progress=lambda stage, share: told.append((stage, share)),
    )
    assert {stage for stage, _ in told} == {RENDER}
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(set(shares)) == 11
