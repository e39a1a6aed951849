"""Natural clips of speakers never trained on, for benchmarks that read the files themselves."""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import islice, zip_longest
from pathlib import Path

__all__ = ["natural_clips", "spread"]


def natural_clips(data: Path, min_seconds: float = 0.0) -> list[tuple[Path, str]]:
    """The natural `val` clips of a length or more, with their sources, in the order of names."""
    with open(data / "manifest.csv", newline="", encoding="utf-8") as file:
        return sorted(
            (data / row["file"], row["source"])
            for row in csv.DictReader(file)
            if row["split"] == "val"
            and row["kind"] == "natural"
            and float(row["duration_s"]) >= min_seconds
        )


def spread(clips: list[tuple[Path, str]], count: int) -> list[tuple[Path, str]]:
    """So many of them: one of each source, then the next; sources in the order of their names."""
    by_source: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for clip in clips:
        by_source[clip[1]].append(clip)
    turns = zip_longest(*(by_source[source] for source in sorted(by_source)))
    return list(islice((each for turn in turns for each in turn if each is not None), count))
