"""Open a local media file, and nothing else: no URL, no playlist, no picture sequence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer

from syncfix.clip.limits import MAX_PIXELS
from syncfix.errors import InputError, reason_of

# A playlist is a text file that makes ffmpeg open other files, so formats are allowed by name.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,live_flv,asf,ogg,nut,mxf,"
    "gif,ivf,h264,hevc,m4v,av1,obu,dv,rm,wtv,"
    "wav,w64,rf64,mp3,mp2,mp1,flac,aac,ac3,eac3,aiff,caf,amr,au,dts,opus,wv,tta,ape"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
# A picture may grow in the middle of a stream too.
_CODEC_OPTIONS = {"max_pixels": str(MAX_PIXELS)}


def check_file(path: Path) -> None:
    """Raise `InputError` unless `path` is a file on this machine, of one byte or more."""
    text = str(path)
    # A Path has made "http://x" into "http:/x"; a drive, as in "C:/x", has one letter only.
    if text.find(":/") > 1 and text.split(":/")[0].isalpha() and not path.exists():
        raise InputError(f"{text}: only local files can be read; download it first")
    try:
        if path.is_dir():
            raise InputError(f"{path}: this is a folder; give a media file")
        if not path.exists():
            raise InputError(f"{path}: no such file; check the path")
        if not path.is_file():
            raise InputError(f"{path}: this is not a regular file; give a media file")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty; make or download it again")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the path can't be read ({reason_of(error)})") from error


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open `path` for reading; an `InputError` says in one line why that can't be done."""
    check_file(path)
    try:
        # The "file:" in front keeps a name such as "concat:a" from being taken for a protocol.
        container = av.open(
            f"file:{path.absolute()}",
            "r",
            container_options=dict(_OPTIONS),
            options=dict(_CODEC_OPTIONS),
            metadata_errors="replace",
        )
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it; change its permissions") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"{path}: not a media file that can be read ({reason_of(error)}); "
            "give a video or audio file that is whole"
        ) from error
    with container:
        # What `options` says holds while the streams are looked over, not for these decoders.
        for stream in container.streams.video:
            if stream.codec_context is not None:
                stream.codec_context.options = dict(_CODEC_OPTIONS)
        yield container
