"""The demo's speech: known phonemes, the same each time, with and without espeak-ng."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest

from syncfix.demo import Phoneme, Speech, espeak, formants, mouth_track, synthesise
from syncfix.demo.espeak import say as say_by_espeak
from syncfix.demo.sounds import SAMPLE_RATE_HZ

needs_espeak = pytest.mark.skipif(not espeak.available(), reason="espeakng-loader is not installed")
ENGINES = [pytest.param(say_by_espeak, marks=needs_espeak), formants.say]


@pytest.fixture(scope="module")
def speech() -> Speech:
    return synthesise()


def test_speech_is_six_to_ten_seconds_within_range(speech: Speech) -> None:
    assert 6 <= speech.duration_seconds <= 10
    assert speech.samples.dtype == np.float32
    assert 0.5 < np.abs(speech.samples).max() <= 1


def test_phonemes_cover_the_speech_without_gaps(speech: Speech) -> None:
    ends = [p.end_seconds for p in speech.phonemes]
    starts = [p.start_seconds for p in speech.phonemes]
    assert starts[0] == 0
    assert starts[1:] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(speech.duration_seconds, abs=1e-3)


@pytest.mark.parametrize("say", ENGINES)
def test_the_same_text_gives_the_same_samples(say: Callable[[str], Speech]) -> None:
    first = say("A warm bay.")
    time.sleep(1.1)  # espeak-ng would take the time, in seconds, for a seed
    second = say("A warm bay.")
    np.testing.assert_array_equal(first.samples, second.samples)
    assert first.phonemes == second.phonemes


@pytest.mark.parametrize("say", ENGINES)
def test_an_open_vowel_is_louder_than_closed_lips(say: Callable[[str], Speech]) -> None:
    speech = say("papa papa papa")

    def loudness(symbols: set[str]) -> float:
        pieces = [
            # Only the first half: a p ends in its burst.
            speech.samples[
                round(p.start_seconds * SAMPLE_RATE_HZ) : round(
                    (p.start_seconds + p.end_seconds) / 2 * SAMPLE_RATE_HZ
                )
            ]
            for p in speech.phonemes[1:]
            if p.symbol in symbols
        ]
        return float(np.sqrt(np.mean(np.concatenate(pieces) ** 2)))

    assert loudness({"A:", "a", "A"}) > 5 * loudness({"p"})


def test_silence_can_be_said() -> None:
    assert formants.say("").phonemes == ()
    speech = formants.say("").lasting(1.0)
    assert len(speech.samples) == SAMPLE_RATE_HZ
    assert mouth_track(speech.phonemes, np.array([0.5]))[0, 0] < 0.05


def _syllables(*symbols: str) -> tuple[Phoneme, ...]:
    edges = 0.12 * np.arange(len(symbols) + 1)
    pairs = itertools.pairwise(float(e) for e in edges)
    return tuple(Phoneme(s, a, b) for s, (a, b) in zip(symbols, pairs, strict=True))


TIMES = np.arange(-0.5, 1.2, 0.01)


@pytest.mark.parametrize("consonant", ["p", "b", "m"])
def test_lips_shut_for_bilabials_between_open_vowels(consonant: str) -> None:
    track = mouth_track(_syllables("A:", consonant, "A:"), TIMES)
    opened = np.flatnonzero(track[:, 0] > 0.6)
    assert track[opened[0] : opened[-1], 0].min() < 0.02


def test_mouth_is_narrow_and_round_for_u_and_wide_for_i() -> None:
    u = mouth_track(_syllables("u:", "u:", "u:"), TIMES)
    i = mouth_track(_syllables("i:", "i:", "i:"), TIMES)
    assert u[:, 2].max() > 0.8 > 0.1 > i[:, 2].max()
    assert i[:, 1].max() > 0.8 > 0 > u[:, 1].min()


def test_track_is_bounded_smooth_and_rests_outside(speech: Speech) -> None:
    times = np.arange(-1, speech.duration_seconds + 1, 0.005)
    track = mouth_track(speech.phonemes, times)
    assert track.shape == (len(times), 3)
    assert (np.abs(track) <= 1).all() and (track[:, 0] >= 0).all()
    assert np.abs(np.diff(track, axis=0)).max() < 0.32
    assert track[0, 0] < 0.05 and track[-1, 0] < 0.05


def test_an_unknown_symbol_is_taken_by_its_first_letters() -> None:
    known = mouth_track(_syllables("A:", "m", "A:"), TIMES)
    np.testing.assert_array_equal(mouth_track(_syllables("A:", "m^x", "A:"), TIMES), known)
