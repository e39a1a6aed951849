"""Untrained networks, reliability and groups of the evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from evaluation.clips import answer, clip_is_right, constants, shares
from evaluation.groups import language_of, speaker_of
from evaluation.network import untrained, window_apart
from evaluation.reliability import curve, speaker_halves, told_confidence
from training.data import Talker
from training.pieces import Pieces
from training.seen import Seen
from training.validate import TRUSTED

from syncfix.syncnet.calibration import UNCALIBRATED, Calibration
from syncfix.syncnet.checkpoint import load_network
from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.registry import bundled_folder
from syncfix.syncnet.scores import offset_distances

WINDOW = 5


def seen(name: str, source: str, offset: int, ticks: int = 120, speaker: str = "s") -> Seen:
    """A clip whose audio leads by ``offset``, as a perfect network sees it."""
    windows = ticks - WINDOW + 1
    rng = np.random.default_rng(len(name) + ticks)
    vectors = rng.standard_normal((windows + 40, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    audio, vision = vectors[20 : 20 + windows], vectors[20 - offset : 20 - offset + windows]
    yes = np.ones(ticks, bool)
    talker = Talker(name, speaker, source, "natural", Path(), np.zeros((80, 9), "f4"), yes, yes)
    distances = offset_distances(audio, vision, OFFSETS_TICKS, WINDOW)
    return Seen(talker, vision, audio, yes, distances, WINDOW)


def test_shares_of_a_perfect_network() -> None:
    clips = [seen(str(i), TRUSTED[0], 2) for i in range(4)]
    clips += [seen("far", TRUSTED[0], 7), seen("wild", "elsewhere", 5)]
    answers = [answer(each, UNCALIBRATED, WINDOW) for each in clips]
    constant = constants(answers)
    assert constant == {TRUSTED[0]: 2.0}
    told = shares(answers, constant)
    assert told["split halves, one move"].share == 1.0
    assert told["split halves, 5 moves"].count == 30
    assert told["clips, trusted, about constant"].share == pytest.approx(0.8)
    assert told["clips, trusted, about 0"].share == 0.0
    assert told["windows about reference"].share == 1.0
    assert told["windows about 0"].share == 0.0
    assert told["clips it can tell"].share == 1.0
    # The wild clip has no truth but its halves, which agree.
    assert told["right where it can tell"].share == pytest.approx(5 / 6)
    short = answer(seen("short", "elsewhere", 0, ticks=80), UNCALIBRATED, WINDOW)
    assert short.halves == ()
    assert clip_is_right(short, constant) is None


def test_an_untrained_network_has_other_weights_and_always_the_same() -> None:
    network = load_network(bundled_folder() / "judge.safetensors")
    before = {k: v.clone() for k, v in network.embedder.model.state_dict().items()}
    one, other = untrained(network), untrained(network)
    for (name, mine), theirs in zip(
        one.embedder.model.state_dict().items(),
        other.embedder.model.state_dict().values(),
        strict=True,
    ):
        assert (mine == theirs).all()
        if name.endswith("weight") and mine.ndim > 1:
            assert not (mine == before[name]).any(), name
        if name.endswith("running_mean"):
            assert (mine == 0).all()
    after = network.embedder.model.state_dict()
    assert all((before[name] == after[name]).all() for name in before)
    assert one.calibration == UNCALIBRATED
    assert window_apart(network.embedder) == 5


def test_confidence_is_the_one_that_measure_tells() -> None:
    calibration = Calibration(confidence_weights=(-1.0, 0.5, 3.0, 0.2))
    features, agreement = np.array([[1.2, 0.1, 3.9], [-2.0, 0.4, 5.0]]), np.array([0.77, 0.12])
    pieces = Pieces(features, agreement, np.array([True, False]), np.array([0, 1]))
    told = told_confidence(pieces, calibration)
    assert told[0] == pytest.approx(1 / (1 + np.exp(-(-1.0 + 0.6 + 0.3 + 0.78))))
    assert (told_confidence(pieces, UNCALIBRATED) == agreement).all()


def test_bins_of_the_curve_hold_every_piece_once() -> None:
    told = np.array([0.0, 0.05, 0.5, 0.95, 1.0])
    rows = curve(told, np.array([False, True, True, True, False]))
    assert [row["count"] for row in rows] == [2, 0, 0, 1, 0, 0, 0, 2]
    assert rows[0]["share"] == rows[-1]["share"] == 0.5
    assert rows[-1]["told"] == 0.975


def test_the_sides_of_the_cross_validation_share_no_speaker() -> None:
    clips = [seen(str(i), "x", 0, speaker=f"s{i % 7}") for i in range(20)]
    one, other = speaker_halves(clips)
    assert len(one) + len(other) == 20
    assert not {e.talker.speaker for e in one} & {e.talker.speaker for e in other}
    assert abs(len(one) - len(other)) <= 3


def test_what_is_not_known_is_called_so() -> None:
    assert language_of("rizkiarm/LipNet") == "English"
    assert language_of("Essa-Ramzy/Arabic-Lip-Reading") == "Arabic"
    assert language_of("somebody/else") == speaker_of("clip-12ab") == "unknown"
    assert speaker_of("p022") == "p022"
