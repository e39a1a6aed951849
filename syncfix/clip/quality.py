"""What a user may ask of the one encoding: a codec, a quality, or no loss at all."""

from __future__ import annotations

from dataclasses import dataclass

from syncfix.errors import InputError

DEFAULT_CRF = 17
"""Visually lossless for H.264; the others use the value that looks the same."""

CODECS: dict[str, frozenset[str]] = {
    "h264": frozenset({"mp4", "mov", "matroska", "mpegts", "flv"}),
    "hevc": frozenset({"mp4", "mov", "matroska", "mpegts"}),
    "vp9": frozenset({"mp4", "matroska", "webm"}),
    "av1": frozenset({"mp4", "matroska", "webm"}),
    "prores": frozenset({"mov", "matroska"}),
    "mjpeg": frozenset({"mov", "matroska", "avi"}),
    "mpeg4": frozenset({"mp4", "mov", "matroska", "avi"}),
    "mpeg2": frozenset({"mpeg", "mpegts", "matroska"}),
    "ffv1": frozenset({"matroska", "avi"}),
}
"""The codecs that can be asked for, and the containers (ffmpeg's muxers) that each is put in."""

LOSSLESS = ("h264", "hevc", "vp9", "ffv1")
"""Those that can keep every bit of the decoded picture."""

WITHOUT_CRF = ("prores", "ffv1")
"""Those that have one quality only."""

MAX_CRF = 51


@dataclass(frozen=True)
class Quality:
    """How the video is encoded.

    Attributes:
        crf: 0 to 51, smaller is better and larger on disk; None for visually lossless.
        codec: one of `CODECS`; None for the one that suits clip and container.
        lossless: keep every bit of the decoded pictures.
    """

    crf: int | None = None
    codec: str | None = None
    lossless: bool = False

    def check(self, muxer: str) -> None:
        """Raise `InputError` if this can't be had in a container."""
        if self.crf is not None and not 0 <= self.crf <= MAX_CRF:
            raise InputError(f"--crf {self.crf}: give a number from 0 to {MAX_CRF}")
        if self.codec is not None and self.codec not in CODECS:
            raise InputError(f"--codec {self.codec}: not known; use one of {', '.join(CODECS)}")
        if self.codec is not None and muxer not in CODECS[self.codec]:
            good = [name for name, muxers in CODECS.items() if muxer in muxers]
            raise InputError(
                f"--codec {self.codec}: {muxer} does not hold it; use one of {', '.join(good)}, "
                "or write .mkv"
            )
        if self.lossless:
            if self.crf is not None:
                raise InputError("--lossless and --crf exclude each other; give one of them")
            good = [name for name in LOSSLESS if muxer in CODECS[name]]
            if self.codec is not None and self.codec not in LOSSLESS:
                told = ", ".join(good) or ", ".join(LOSSLESS)
                raise InputError(f"--lossless: {self.codec} always loses; use one of {told}")
            if not good:
                raise InputError(f"--lossless: nothing in {muxer} keeps every bit; write .mkv")
        elif self.crf is not None and self.codec in WITHOUT_CRF:
            raise InputError(f"--crf: {self.codec} has one quality only; leave it out")
