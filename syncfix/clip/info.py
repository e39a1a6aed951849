"""What is known of a clip: plain values, with all times on the file's own presentation clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from syncfix.clip.display import Orientation, rotation_degrees


@dataclass(frozen=True)
class Colour:
    """The colour description, as ffmpeg's numbers (ITU-T H.273); 2 is unspecified, range 0 too."""

    range: int
    primaries: int
    transfer: int
    matrix: int


@dataclass(frozen=True)
class VideoInfo:
    """The clip's video stream. `width` and `height` are as stored, before rotation."""

    index: int
    codec: str
    width: int
    height: int
    pixel_format: str
    time_base: Fraction
    average_fps: Fraction | None
    start_seconds: float
    duration_seconds: float
    display_matrix: tuple[int, ...] | None
    colour: Colour
    sample_aspect_ratio: Fraction | None
    bit_rate: int | None

    @property
    def rotation(self) -> int:
        """Degrees clockwise that the stored picture is turned for the screen, 0 to 359."""
        return rotation_degrees(self.display_matrix)

    @property
    def orientation(self) -> Orientation:
        """The turn and mirror from the stored to the upright picture."""
        return Orientation.of(self.display_matrix)

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) in pixels of the picture as a viewer sees it."""
        turned = self.orientation.transpose
        return (self.height, self.width) if turned else (self.width, self.height)


@dataclass(frozen=True)
class AudioInfo:
    """One audio stream; `start_seconds` is its first sample that is heard, priming left out."""

    index: int
    codec: str
    sample_rate_hz: int
    channels: int
    start_seconds: float
    duration_seconds: float


@dataclass(frozen=True)
class ClipInfo:
    """A clip; all seconds are on the file's own presentation clock."""

    path: Path
    container: str
    start_seconds: float
    duration_seconds: float
    video: VideoInfo
    audio: tuple[AudioInfo, ...]


@dataclass(frozen=True)
class SoundInfo:
    """A file that is used for its sound alone; `start_seconds` is that of its earliest stream."""

    path: Path
    start_seconds: float
    audio: tuple[AudioInfo, ...]
