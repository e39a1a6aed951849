"""Means over clips with their intervals, and the table that a person reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from evaluation.intervals import mean_interval_over_clips
from numpy.typing import NDArray

from syncfix.report import columns

_SHOWN = (
    "lmd", "opening_error", "mouth_psnr_to_truth_db", "judge_lse_d", "judge_lse_c", "flicker",
    "flicker_to_truth", "head_stutter_ratio", "head_jolt_ratio", "seam_gradient", "identity",
    "psnr_inside_db", "ssim_inside", "ssim_outside", "composed", "skipped", "ms_a_frame",
)  # fmt: skip


def _interval(values: NDArray[np.float64]) -> dict[str, float]:
    """Mean over clips and its 95 % interval, by a bootstrap over clips; unknown ones left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {"mean": math.nan, "low": math.nan, "high": math.nan, "clips": 0}
    low, high = mean_interval_over_clips(known)
    median = float(np.median(known))
    return {
        "mean": float(known.mean()),
        "low": low,
        "high": high,
        "median": median,
        "clips": len(known),
    }


def _numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [k for k, v in rows[0].items() if isinstance(v, float)]


def means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out = []
    for plan, name in dict.fromkeys((r["plan"], r["row"]) for r in rows):
        group = [r for r in rows if (r["plan"], r["row"]) == (plan, name)]
        values = {k: _interval(np.array([r[k] for r in group])) for k in _numbers(rows)}
        out.append({"plan": plan, "row": name, "clips": len(group), **values})
    return out


def differences(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Default less the others, clip by clip, where less is better for most."""
    out = []
    keys = ("lmd", "opening_error", "judge_lse_d", "judge_lse_c", "flicker", "flicker_to_truth")
    by_clip = {(r["clip"], r["plan"], r["row"]): r for r in rows}
    for plan in dict.fromkeys(r["plan"] for r in rows if r["plan"] in ("true", "found")):
        for other in ("nothing", "retime", "seed"):
            pairs = [
                (r, by_clip[r["clip"], "-" if other == "nothing" else plan, other])
                for r in rows
                if (r["plan"], r["row"]) == (plan, "default")
            ]
            gaps = {k: _interval(np.array([a[k] - b[k] for a, b in pairs])) for k in keys}
            out.append({"plan": plan, "row": f"default - {other}", **gaps})
    return out


def finite(value: Any) -> Any:
    """The same with None for what is not a number; JSON has no other word for it."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(content: dict[str, Any]) -> str:
    def cell(row: dict[str, Any], key: str) -> str:
        each = row[key]
        return "-" if not math.isfinite(each["mean"]) else f"{each['mean']:.4g}"

    names = [f"{r['plan']} {r['row']}" for r in content["rows"]]
    lines = [["", *names]]
    for key in ("residual_ms", *_SHOWN):
        lines.append([key, *(cell(r, key) for r in content["rows"])])
    ratios = [f"{r['head_stutter_ratio'].get('median', math.nan):.3f}" for r in content["rows"]]
    lines.append(["head_stutter_ratio, median", *ratios])
    changed = [cell(r, "samples_changed_outside_mask") for r in content["rows"]]
    lines.append(["samples changed outside mask", *changed])
    gaps = [
        [
            "difference, mean [95 %]",
            *(k for k in content["differences"][0] if k not in ("plan", "row")),
        ]
    ]
    for row in content["differences"]:
        cells = [
            f"{v['mean']:+.4f} [{v['low']:+.4f}, {v['high']:+.4f}]"
            for k, v in row.items()
            if k not in ("plan", "row")
        ]
        gaps.append([f"{row['plan']}: {row['row']}", *cells])
    times = [f"{name}: {v:.1f} ms" for name, v in content["ms_for_1080x1920"].items()]
    return "\n\n".join(
        [
            f"{content['clips']} clips of {content['seconds']:g} s",
            columns(lines),
            columns(gaps),
            "one 1080×1920 frame: " + ", ".join(times),
        ]
    )
