"""What the manifest's sources are: the language that is spoken there."""

from __future__ import annotations

# Corpora of one language. The other sources mix or do not say.
_LANGUAGES = {
    "Essa-Ramzy/Arabic-Lip-Reading": "Arabic",  # LRW-AR
    "rizkiarm/LipNet": "English",  # GRID
    "arielephrat/vid2speech": "English",  # GRID
    "dr-pato/audio-visual-speech-inpainting": "English",  # GRID
    "lordmartian/deep_avsr": "English",  # LRS2, BBC
    "choijeongsoo/lip2speech-unit": "English",  # LRS3, TED
    "filby89/spectre": "English",  # MEAD, LRS3
}
UNKNOWN = "unknown"


def language_of(source: str) -> str:
    """The language spoken in a source's clips, or "unknown"."""
    return _LANGUAGES.get(source, UNKNOWN)


def speaker_of(speaker: str) -> str:
    """A talker's speaker; those without a face cluster are put together."""
    return UNKNOWN if speaker.startswith("clip-") else speaker
