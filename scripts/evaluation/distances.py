"""Distances of ticks in sync and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from training.seen import Seen

from syncfix.syncnet.observation import OFFSETS_TICKS

OUT_OF_SYNC_TICKS = 8
_BINS = 40


def spread(seen: Sequence[Seen]) -> dict[str, Any]:
    """Distances of speech ticks at shift 0, as the files are, and 8 ticks or more away.

    Shift 0 is no network's choice, so it flatters none; files that are a tick or two off blur
    the distances in sync.
    """
    away = np.flatnonzero(np.abs(OFFSETS_TICKS) >= OUT_OF_SYNC_TICKS)[::3]
    zero = int(np.flatnonzero(OFFSETS_TICKS == 0)[0])
    near = np.concatenate([each.distances[each.counts, zero] for each in seen])
    far = np.concatenate([each.distances[each.counts][:, away].ravel() for each in seen])
    near, far = near[np.isfinite(near)], far[np.isfinite(far)]
    label = np.concatenate([np.ones(len(near)), np.zeros(len(far))])
    edges = np.linspace(0.0, max(float(near.max()), float(far.max())), _BINS + 1)
    return {
        "in sync": _moments(near),
        "out of sync": _moments(far),
        "auc": round(float(roc_auc_score(label, -np.concatenate([near, far]))), 4),
        "histogram": {
            "edges": np.round(edges, 4).tolist(),
            "in sync": np.round(np.histogram(near, edges)[0] / len(near), 5).tolist(),
            "out of sync": np.round(np.histogram(far, edges)[0] / len(far), 5).tolist(),
        },
    }


def _moments(values: np.ndarray) -> dict[str, float | int]:
    return {
        "mean": round(float(values.mean()), 4),
        "sd": round(float(values.std()), 4),
        "count": len(values),
    }
