"""The sync clock: 25 ticks a second from the first video timestamp, and the way back to frames."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.shots import shot_limits

TICK_SECONDS = 0.04

# Containers round timestamps: Matroska to 1 ms, so two of them can be 1 ms apart from the truth.
_ROUNDING_SECONDS = 0.002


class SyncClock:
    """Ties ticks to the frames of a clip.

    Args:
        pts_seconds: float [n], when each frame appears, strictly increasing.
        end_seconds: when the last frame disappears.
    """

    tick_seconds = TICK_SECONDS

    def __init__(self, pts_seconds: np.ndarray, end_seconds: float) -> None:
        pts = np.asarray(pts_seconds, dtype=np.float64)
        if pts.ndim != 1 or len(pts) == 0 or np.any(np.diff(pts) <= 0):
            raise ValueError("pts_seconds must be one or more times that increase strictly")
        self.start_seconds = float(pts[0])
        self.end_seconds = float(max(end_seconds, pts[-1]))
        self._pts = pts - pts[0]
        ticks = (self.end_seconds - self.start_seconds - _ROUNDING_SECONDS) / TICK_SECONDS
        self.tick_count = max(1, math.ceil(ticks))
        times = np.arange(self.tick_count) * TICK_SECONDS
        # A tick within the rounding of a frame's time belongs to that frame.
        self.tick_to_frame = _last_at_or_before(self._onsets(_ROUNDING_SECONDS, 0.1), times)

    @property
    def frame_count(self) -> int:
        """Number of native frames, n."""
        return len(self._pts)

    @property
    def frame_seconds(self) -> np.ndarray:
        """float64 [n], when each native frame appears, from the first one on."""
        return self._pts

    @property
    def tick_times(self) -> np.ndarray:
        """float64 [ticks], the ticks on the file's presentation clock, in seconds."""
        return self.start_seconds + np.arange(self.tick_count) * TICK_SECONDS

    def source_frames(
        self, offset_ticks: np.ndarray, cuts: NDArray[np.intp] | None = None
    ) -> np.ndarray:
        """Which native frame to show in place of each.

        The frame that appears at t is replaced by the one whose picture belongs to t + δ(t), where
        δ is `offset_ticks`, linear between ticks and constant after the last. Native frames are
        points in time, so the nearest one is taken; a frame counts from half a tick before its
        time, or half a frame when frames follow each other faster. (Rounding down instead would
        show every picture half a frame early on average wherever the frame rate is not 25.)

        Args:
            offset_ticks: int [ticks], how many ticks ahead the picture comes from.
            cuts: int [shots - 1], first ticks of the shots other than the first. Nothing is
                interpolated across a cut, and no shot shows a frame of another. Above 25 fps the
                cut may lie at any frame between two ticks: these frames stay as they are, and no
                other frame shows them.

        Returns:
            int64 [n], each in 0..n-1. All zeros give 0..n-1; at 25 fps frame i gets
            i + offset_ticks[i], kept in its shot; it never decreases when within each shot
            offset_ticks never falls by more than 1 from one tick to the next.

        Raises:
            ValueError: not one offset a tick, or cuts that are not increasing ticks of the clip.
        """
        offsets = np.asarray(offset_ticks, dtype=np.float64)
        if offsets.shape != (self.tick_count,):
            raise ValueError(f"{offsets.shape} offsets for {self.tick_count} ticks")
        frames = np.arange(self.frame_count)
        first_ticks, last_ticks = shot_limits(cuts, self.tick_count)
        for first, last in zip(np.unique(first_ticks), np.unique(last_ticks), strict=True):
            start = 0 if first == 0 else int(self.tick_to_frame[first])
            final = last == self.tick_count - 1
            end = self.frame_count - 1 if final else int(self.tick_to_frame[last])
            own = slice(start, end + 1)
            frames[own] = self._within(offsets, own, first, last)
        return frames

    def _within(
        self, offsets: np.ndarray, own: slice, first_tick: int, last_tick: int
    ) -> np.ndarray:
        """Source frames of one shot: the frames `own`, by the offsets of its ticks alone."""
        ticks = np.arange(first_tick, last_tick + 1)
        offsets, pts = offsets[ticks], self._pts[own]
        delta = np.interp(pts, ticks * TICK_SECONDS, offsets) * TICK_SECONDS
        frames = _last_at_or_before(self._onsets(TICK_SECONDS / 2, 0.5), pts + delta)
        if np.all(np.diff(offsets) >= -1):
            # Where time stands still the sum may fall by a rounding error; it must not go back.
            frames = np.maximum.accumulate(frames)
        return np.clip(frames, own.start, own.stop - 1)

    def _onsets(self, lead_seconds: float, lead_share: float) -> np.ndarray:
        """From when each frame counts: somewhat before its time, but after the frame before it."""
        leads = np.minimum(lead_seconds, lead_share * np.diff(self._pts))
        return self._pts - np.concatenate([[0.0], leads])


def _last_at_or_before(onsets: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Index of the last onset at or before each time, kept in range."""
    found = np.searchsorted(onsets, times, side="right") - 1
    return np.clip(found, 0, len(onsets) - 1).astype(np.int64)
