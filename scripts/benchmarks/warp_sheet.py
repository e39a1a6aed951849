"""What a person looks at: target, source, results, truth and mask of one frame of each clip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.warp_case import Case, Row, Shown
from syncfix.warp import Composed

_CELL_PX = 224
_HEAD_PX = 22


def sheet_row(
    case: Case,
    plan: NDArray[np.intp],
    rows: Mapping[str, Row],
    lmd_of_tick: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """One line of the sheet: the tick whose mouth is farthest from the truth before the warp.

    Args:
        case: the clip.
        plan: the plan that the rows follow.
        rows: the warps to show, by name; the last one's mask is drawn.
        lmd_of_tick: ``[n]``, the mouth's distance to the truth's, doing nothing.
    """
    moves = np.where(np.abs(plan) > 1, lmd_of_tick, -1.0)
    tick = int(moves.argmax())
    target = int(case.shown[tick])
    source = int(case.shown[tick + plan[tick]])
    shown = {name: _at(row, tick) for name, row in rows.items()}
    last = list(shown.values())[-1]
    cells = {
        "target": case.pictures[target],
        "source": case.pictures[source],
        **{name: each.bgr for name, each in shown.items()},
        "truth": case.pictures[tick],
        "mask": _masked(case.pictures[target], last),
    }
    heads = {"source": source, "truth": tick}
    drawn = [_cell(name, bgr, case.boxes[heads.get(name, target)]) for name, bgr in cells.items()]
    line = np.hstack(drawn)
    caption = np.full((_HEAD_PX, line.shape[1], 3), 32, np.uint8)
    text = f"{case.name} ({case.source}), tick {tick}, plan {plan[tick]:+d}"
    cv2.putText(caption, text, (6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (220, 220, 220), 1)
    return np.vstack([caption, line])


def write_sheet(path: Path, lines: list[NDArray[np.uint8]]) -> None:
    """One line under the other, as PNG."""
    if lines and not cv2.imwrite(str(path), np.vstack(lines)):
        raise OSError(f"{path}: can't be written")


def _at(row: Row, tick: int) -> Shown:
    for place, shown in enumerate(row()):
        if place == tick:
            return shown
    raise IndexError(tick)


def _masked(bgr: NDArray[np.uint8], shown: Shown) -> NDArray[np.uint8]:
    out = bgr.copy()
    if isinstance(shown.result, Composed):
        part = out[shown.result.box.slices]
        red = np.zeros_like(part) + np.array([0, 0, 255], np.uint8)
        share = 0.6 * shown.result.mask[..., None]
        part[:] = (part * (1 - share) + red * share).astype(np.uint8)
    return out


def _cell(name: str, bgr: NDArray[np.uint8], box: tuple[float, ...]) -> NDArray[np.uint8]:
    """The lower part of the face, with a name over it."""
    left, _, right, bottom = box
    width = 1.1 * (right - left)
    middle, low = (left + right) / 2, bottom + 0.15 * width
    corner = (middle - width / 2, low - width)
    scale = _CELL_PX / width
    matrix = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    cell = cv2.warpAffine(bgr, matrix, (_CELL_PX, _CELL_PX), flags=cv2.INTER_CUBIC)
    for colour, at in (((0, 0, 0), (7, 17)), ((255, 255, 255), (6, 16))):
        cv2.putText(cell, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1)
    return cell  # type: ignore[return-value]
