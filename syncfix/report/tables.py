"""Scores as a table of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from syncfix.results import Measurement, NetworkReading, Rewrite
from syncfix.syncnet.scores import TICK_MS

__all__ = ["columns", "measurement_table", "rewrite_table"]

_HEAD = ("", "LSE-D", "least", "LSE-C", "cosine", "SyncAcc", "offset", "confidence")


def measurement_table(result: Measurement) -> str:
    """The scores of one clip, a row for each network."""
    rows = [("chooser", result.chooser), ("judge", result.judge)]
    lines = [
        f"{result.clip}",
        f"{result.chooser.speech_ticks} of {result.chooser.ticks} ticks hold speech and a face",
        "",
        _score_rows(rows),
        *(["", _verdict(result.chooser)] if result.chooser.curve is not None else []),
        *result.reasons,
    ]
    return "\n".join(lines)


def rewrite_table(result: Rewrite) -> str:
    """What became of a clip: the decision, the scores before and after, the reasons."""
    rows = [
        ("chooser before", result.before.chooser),
        ("chooser after", result.after.chooser),
        ("judge before", result.before.judge),
        ("judge after", result.after.judge),
    ]
    lines = [f"{result.output}: {result.decision}", "", _score_rows(rows), "", _plan(result)]
    if result.frames_composed is not None:
        lines.append(
            f"{result.frames_composed} frames got another mouth, {result.frames_skipped} "
            "should have but could not"
        )
    return "\n".join([*lines, *(f"- {reason}" for reason in result.reasons)])


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Lay out cells in columns: the first to the left, the others to the right."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _score_rows(rows: Iterable[tuple[str, NetworkReading | None]]) -> str:
    table: list[Sequence[str]] = [_HEAD]
    for name, reading in rows:
        if reading is None:
            continue
        s = reading.scores
        table.append(
            (
                name,
                _number(s.lse_d),
                _number(s.lse_d_min),
                _number(s.lse_c),
                _number(s.cosine),
                "-" if s.sync_acc is None else f"{100 * s.sync_acc:.1f} %",
                "-" if s.offset_ms is None else f"{s.offset_ms:+.0f} ms",
                "-" if s.confidence is None else f"{s.confidence:.2f}",
            )
        )
    return columns(table)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _verdict(reading: NetworkReading) -> str:
    offset_ms = reading.scores.offset_ms
    if not reading.scores.can_tell or offset_ms is None:
        return "can't tell the offset: the confidence is too low"
    if offset_ms == 0:
        return "in sync, within a tick"
    leads, lags = ("audio", "video") if offset_ms > 0 else ("video", "audio")
    return f"the {leads} leads the {lags} by {abs(offset_ms):.0f} ms"


def _plan(result: Rewrite) -> str:
    plan, line = result.offset_ticks, result.line
    if not plan.any():
        return "plan: every picture stays where it is"
    if line is not None and line.is_constant:
        return f"plan: the whole clip moves by {TICK_MS * line.start_ticks:+.0f} ms"
    if line is not None:
        start_ms, end_ms = TICK_MS * line.start_ticks, TICK_MS * line.at(len(plan) - 1)
        return (
            f"plan: a drift of {100 * line.slope:+.2f} % is taken out, "
            f"{start_ms:+.0f} ms at the start, {end_ms:+.0f} ms at the end"
        )
    moved = float((plan != 0).mean())
    return (
        f"plan: {100 * moved:.0f} % of the ticks show another picture, "
        f"offsets {int(plan.min()):+d} to {int(plan.max()):+d} ticks, "
        f"{int((np.diff(plan) != 0).sum())} changes"
    )
