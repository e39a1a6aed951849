"""Pieces of clips, what they tell, and the probability of being right that is fitted on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from syncfix.syncnet.calibration import confidence_features
from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.scores import REACH_TICKS, mean_block_agreement, offset_distances

from .seen import Seen
from .validate import TRUSTED

PIECES_TICKS = (25, 40, 60, 100, 250)
PRECISION = 0.95


@dataclass(frozen=True)
class Pieces:
    """What pieces of clips tell.

    Attributes:
        features: ``[n, 3]``, what each piece's confidence is made of.
        agreement: ``[n]``, the bootstrap's agreement in [0, 1].
        right: ``[n]``, whether the offset it tells is right within a tick.
        speaker: ``[n]``, whose clip it is from, as a number.
    """

    features: NDArray[np.float64]
    agreement: NDArray[np.float64]
    right: NDArray[np.bool_]
    speaker: NDArray[np.intp]


@dataclass(frozen=True)
class Confidence:
    """A fitted confidence.

    Attributes:
        weights: bias and the weights of the features, see ``Calibration.confidence_weights``.
        can_tell: the least confidence from which on 95 % of the pieces were right, when the
            confidence of each speaker's pieces is fitted on the other speakers.
        told: ``[n]``, the confidence of the pieces it was fitted on.
    """

    weights: tuple[float, ...]
    can_tell: float
    told: NDArray[np.float64]


def _told(rows: NDArray[np.float64]) -> tuple[int, tuple[float, float, float], float]:
    """The offset that a piece's rows ``[n, 31]`` tell, its features and its agreement."""
    curve = rows.mean(axis=0)
    best = int(curve.argmin())
    lse_c = float(np.median(curve) - curve[best])
    agreement = mean_block_agreement(rows, best)
    return best - REACH_TICKS, confidence_features(agreement, lse_c, len(rows)), agreement


def cut_pieces(seen: Sequence[Seen]) -> Pieces:
    """Pieces of 1 to 10 s of two clips or more.

    The truth is the clips' common constant on the trusted sources (their median: a source may be
    a tick off as a whole), elsewhere the offset of the rest of the clip. About one piece in five
    is heard with another clip's pictures; it has no truth and is never right.
    """
    rng = np.random.default_rng(5)
    features, agreements, right, speakers = [], [], [], []
    names = {name: number for number, name in enumerate(sorted({s.talker.speaker for s in seen}))}
    constants = _constants(seen)

    def note(rows: NDArray[np.float64], truth: int | None, speaker: str) -> None:
        speakers.append(names[speaker])
        offset, feature, agreement = _told(rows)
        features.append(feature)
        agreements.append(agreement)
        right.append(truth is not None and abs(offset - truth) <= 1)

    for index, each in enumerate(seen):
        ticks = np.flatnonzero(each.counts)
        window = each.window_ticks
        other = seen[(index + 1 + rng.integers(len(seen) - 1)) % len(seen)]
        length = min(len(each.audio), len(other.vision))
        swapped = offset_distances(
            each.audio[:length], other.vision[:length], OFFSETS_TICKS, window
        )
        for size in PIECES_TICKS:
            for start in range(0, max(1, len(ticks) - size + 1), max(size // 2, 12)):
                chosen = ticks[start : start + size]
                if len(chosen) < min(size, 20):
                    continue
                truth = constants.get(each.talker.source, 0)
                if each.talker.source not in TRUSTED:
                    near = np.arange(chosen[0] - window, chosen[-1] + window)
                    rest = np.setdiff1d(ticks, near)
                    if len(rest) < 50:
                        continue
                    truth = int(each.distances[rest].mean(axis=0).argmin()) - REACH_TICKS
                note(each.distances[chosen], truth, each.talker.speaker)
                inside = chosen[chosen < len(swapped)]
                if rng.random() < 0.3 and len(inside) >= 20:
                    note(swapped[inside], None, each.talker.speaker)
    return Pieces(np.array(features), np.array(agreements), np.array(right), np.array(speakers))


def _constants(seen: Sequence[Seen]) -> dict[str, int]:
    """The median offset of each trusted source's clips, in whole ticks."""
    offsets: dict[str, list[int]] = {}
    for each in seen:
        if each.talker.source in TRUSTED and each.counts.any():
            best = int(each.distances[each.counts].mean(axis=0).argmin()) - REACH_TICKS
            offsets.setdefault(each.talker.source, []).append(best)
    return {source: int(np.sort(found)[len(found) // 2]) for source, found in offsets.items()}


def fit_confidence(pieces: Pieces) -> Confidence:
    """Fit the probability that a piece tells its offset rightly."""
    model = LogisticRegression(C=10.0, max_iter=2000)
    folds = GroupKFold(min(5, len(np.unique(pieces.speaker))))
    unseen = cross_val_predict(
        model, pieces.features, pieces.right, groups=pieces.speaker, cv=folds,
        method="predict_proba",
    )[:, 1]  # fmt: skip
    model.fit(pieces.features, pieces.right)
    told = model.predict_proba(pieces.features)[:, 1]
    order = np.argsort(-unseen, kind="stable")
    precision = np.cumsum(pieces.right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= PRECISION)
    level = float(unseen[order][enough[-1]]) if len(enough) else 0.99
    return Confidence((float(model.intercept_[0]), *map(float, model.coef_[0])), level, told)
