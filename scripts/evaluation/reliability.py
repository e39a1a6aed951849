"""Whether the confidence tells the truth, on pieces it was fitted on and on pieces apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from training.pieces import Pieces, cut_pieces, fit_confidence
from training.seen import Seen

from syncfix.syncnet.calibration import Calibration

from .clips import answer, clip_is_right, constants
from .intervals import wilson

EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


def told_confidence(pieces: Pieces, calibration: Calibration) -> NDArray[np.float64]:
    """``[n]``, the confidence that ``measure`` would tell for each piece."""
    if calibration.confidence_weights is None:
        return pieces.agreement
    bias, *weights = calibration.confidence_weights
    logit = bias + pieces.features @ np.array(weights)
    told: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(logit, -50.0, 50.0)))
    return told


def curve(told: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Mean confidence told and share right, in bins of the confidence."""
    rows = []
    place = np.clip(np.digitize(told, EDGES) - 1, 0, len(EDGES) - 2)
    for index in range(len(EDGES) - 1):
        inside = place == index
        share = wilson(right[inside])
        mean = round(float(told[inside].mean()), 4) if inside.any() else None
        rows.append({"from": EDGES[index], "to": EDGES[index + 1], "told": mean, **share.to_dict()})
    return rows


def on_pieces(pieces: Pieces, calibration: Calibration) -> dict[str, Any]:
    """The curve over pieces, how often it can tell, and how often it is right then."""
    told = told_confidence(pieces, calibration)
    sure = told >= calibration.can_tell
    return {
        "pieces": len(told),
        "can tell": round(float(sure.mean()), 4),
        "right where it can tell": wilson(pieces.right[sure]).to_dict(),
        "curve": curve(told, pieces.right),
    }


def speaker_halves(seen: Sequence[Seen]) -> tuple[list[Seen], list[Seen]]:
    """Two sides of about the same length that share no speaker."""
    ticks: dict[str, int] = defaultdict(int)
    for each in seen:
        ticks[each.talker.speaker] += each.talker.ticks
    sides: tuple[set[str], set[str]] = (set(), set())
    total = [0, 0]
    for speaker in sorted(ticks, key=lambda name: (-ticks[name], name)):
        side = int(total[1] < total[0])
        sides[side].add(speaker)
        total[side] += ticks[speaker]
    return (
        [each for each in seen if each.talker.speaker in sides[0]],
        [each for each in seen if each.talker.speaker in sides[1]],
    )


def crossed(
    seen: Sequence[Seen], calibration: Calibration, apart: int, min_ticks: int
) -> dict[str, Any]:
    """The confidence fitted on half of the speakers and tried on the other half, both ways.

    The truth of a clip (a trusted source's constant) is that of all clips; clips under
    ``min_ticks`` are only cut into pieces.
    """
    sides = speaker_halves(seen)
    truth = constants([answer(each, calibration, apart) for each in seen])
    told_all, right_all, sure_all, clip_sure, clip_right = [], [], [], [], []
    for fitted, tried in (sides, sides[::-1]):
        confidence = fit_confidence(cut_pieces(fitted))
        bias, *weights = confidence.weights
        fresh = replace(
            calibration,
            confidence_weights=(bias, weights[0], weights[1], weights[2]),
            can_tell=confidence.can_tell,
        )
        pieces = cut_pieces(tried)
        told = told_confidence(pieces, fresh)
        told_all.append(told)
        right_all.append(pieces.right)
        sure_all.append(told >= fresh.can_tell)
        whole = [one for one in tried if one.talker.ticks >= min_ticks]
        for each in (answer(one, fresh, apart) for one in whole):
            clip_sure.append(each.can_tell)
            if each.can_tell and (right := clip_is_right(each, truth)) is not None:
                clip_right.append(right)
    told, right = np.concatenate(told_all), np.concatenate(right_all)
    sure = np.concatenate(sure_all)
    return {
        "pieces": len(told),
        "can tell": round(float(sure.mean()), 4),
        "right where it can tell": wilson(right[sure]).to_dict(),
        "curve": curve(told, right),
        "clips it can tell": wilson(clip_sure).to_dict(),
        "clips right where it can tell": wilson(clip_right).to_dict(),
    }
