"""One pass through a clip's pictures: what each network sees of each face at every tick."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.rows import RowFile
from syncfix.face.mouths import TickFaces
from syncfix.syncnet.checkpoint import Network

__all__ = ["Watched", "watch"]


@dataclass(frozen=True)
class Watched:
    """What a pass has shown.

    Attributes:
        pictures: for each network and place ``[ticks, h, w, 3]`` uint8.
        found: ``[places, ticks]``, where each face is seen, and its mouth. A place stays with
            one face through a shot, and begins anew with each.
        centres_px: ``[places, ticks, 2]``, the mean of its landmarks, NaN where it is not seen.
        motion: ``[places, ticks]``, how much the picture changed there since the tick before, in
            gray levels a tick; NaN where that can't be told.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first.
        covered: ``[places, ticks]``, where something is in front of the mouth of a face.
    """

    pictures: tuple[tuple[RowFile, ...], ...]
    found: NDArray[np.bool_]
    centres_px: NDArray[np.float64]
    motion: NDArray[np.float64]
    cuts: NDArray[np.intp]
    covered: NDArray[np.bool_]

    @property
    def shots(self) -> list[slice]:
        """The ticks of each shot."""
        edges = [0, *self.cuts.tolist(), self.found.shape[1]]
        return [slice(a, b) for a, b in itertools.pairwise(edges)]

    def only(self, places: Sequence[int | None]) -> Watched:
        """The same with one place: in each shot the given one, or no face at all."""
        if all(place == 0 for place in places):
            pictures = tuple(each[:1] for each in self.pictures)
            return Watched(
                pictures,
                self.found[:1],
                self.centres_px[:1],
                self.motion[:1],
                self.cuts,
                self.covered[:1],
            )
        pictures = tuple((RowFile(len(each[0]), each[0].shape[1:]),) for each in self.pictures)
        found = np.zeros_like(self.found[:1])
        covered = np.zeros_like(found)
        centres = np.full_like(self.centres_px[:1], np.nan)
        motion = np.full_like(self.motion[:1], np.nan)
        for shot, place in zip(self.shots, places, strict=True):
            if place is None:
                continue
            found[0, shot] = self.found[place, shot]
            covered[0, shot] = self.covered[place, shot]
            centres[0, shot] = self.centres_px[place, shot]
            motion[0, shot] = self.motion[place, shot]
            for tick in range(shot.start, shot.stop):  # tick by tick: memory must not grow
                for ours, theirs in zip(pictures, self.pictures, strict=True):
                    ours[0][tick] = theirs[place][tick]
        return Watched(pictures, found, centres, motion, self.cuts, covered)


def watch(
    faces: Iterable[TickFaces], networks: Sequence[Network], places: int, ticks: int
) -> Watched:
    """Keep each network's picture of each mouth; where one is not seen its last one stays."""
    pictures = tuple(
        tuple(RowFile(ticks, (*n.embedder.front_end.picture_px, 3)) for _ in range(places))
        for n in networks
    )
    found = np.zeros((places, ticks), dtype=np.bool_)
    covered = np.zeros_like(found)
    centres = np.full((places, ticks, 2), np.nan)
    motion = np.full((places, ticks), np.nan)
    cuts: list[int] = []
    for seen in faces:
        tick = seen.tick
        if seen.begins_shot:
            cuts.append(tick)
        motion[:, tick] = seen.motions
        start = cuts[-1] if cuts else 0
        for place, points in enumerate(seen.landmarks):
            if points is not None:
                found[place, tick] = not seen.covered[place]
                covered[place, tick] = seen.covered[place]
                centres[place, tick] = points.mean(axis=0)
            elif place and np.isnan(centres[place, start:tick]).all():
                continue  # nobody there yet: nothing to keep, and no disk to take
            for shown, network in zip(pictures, networks, strict=True):
                front_end = network.embedder.front_end
                views = seen.wholes if front_end.sees == "face" else seen.halves
                view = views[place]
                if view is not None:
                    shown[place][tick] = front_end.picture(view)
                else:
                    shown[place][tick] = shown[place][tick - 1] if tick else 127
    return Watched(pictures, found, centres, motion, np.array(cuts, dtype=np.intp), covered)
