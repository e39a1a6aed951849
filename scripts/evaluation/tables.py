"""The evaluation for a person."""

from __future__ import annotations

from typing import Any

from syncfix.report import columns

_BROKEN_DOWN = (
    "split halves, 5 moves",
    "clips, all, about 0",
    "windows about reference",
    "windows about 0",
)


def cell(share: dict[str, Any]) -> str:
    """``85.1 % [72–93] of 47``; windows and moves with the clips they come from."""
    if share["share"] is None:
        return "-"
    interval = ""
    if share["low"] is not None:
        interval = f" [{100 * share['low']:.0f}–{100 * share['high']:.0f}]"
    of = f"{share['count']}"
    if share["count"] != share["clips"]:
        of += f" in {share['clips']}"
    return f"{100 * share['share']:.1f} %{interval} of {of}"


def shares_table(results: list[dict[str, Any]]) -> str:
    rows = [["within a tick, over ±15", *(r["name"] for r in results)]]
    for name in results[0]["shares"]:
        rows.append([name, *(cell(r["shares"][name]) for r in results)])
    for which, title in (("pieces", "pieces"), ("crossed", "pieces, cross-validated")):
        some = [r["reliability"][which] for r in results]
        rows.append([f"{title}: can tell", *(f"{100 * s['can tell']:.1f} %" for s in some)])
        rows.append([f"{title}: right then", *(cell(s["right where it can tell"]) for s in some)])
    some = [r["reliability"]["crossed"] for r in results]
    for key in ("clips it can tell", "clips right where it can tell"):
        rows.append([f"{key}, cross-validated", *(cell(s[key]) for s in some)])
    for which in ("all", "trusted"):
        spreads = [r["distances"][which] for r in results]
        for part in ("in sync", "out of sync"):
            told = [f"{s[part]['mean']:.3f} ± {s[part]['sd']:.3f}" for s in spreads]
            rows.append([f"distance {part}, {which}", *told])
        rows.append([f"AUC, {which}", *(f"{s['auc']:.3f}" for s in spreads)])
    return columns(rows)


def groups_table(result: dict[str, Any]) -> str:
    """A network's shares by source, speaker and language."""
    rows = [[result["name"], "clips", *_BROKEN_DOWN]]
    for by, groups in result["by"].items():
        for name, shares in groups.items():
            count = str(shares["clips it can tell"]["clips"])
            rows.append([f"{by} {name}", count, *(cell(shares[key]) for key in _BROKEN_DOWN)])
    return columns(rows)


def curve_table(result: dict[str, Any]) -> str:
    """A network's reliability curve, as calibrated and cross-validated."""
    rows = [[result["name"], "told", "right", "told, crossed", "right, crossed"]]
    pieces, crossed = (result["reliability"][k]["curve"] for k in ("pieces", "crossed"))
    for one, other in zip(pieces, crossed, strict=True):
        row = [f"confidence {one['from']:.2f} to {one['to']:.2f}"]
        for each in (one, other):
            row += ["-" if each["told"] is None else f"{each['told']:.2f}", cell(each)]
        rows.append(row)
    return columns(rows)
