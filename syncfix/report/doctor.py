"""What is installed, what it runs on, which networks are found, and what is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from syncfix.errors import SyncfixError

__all__ = ["PACKAGES", "Finding", "all_there", "doctor_table", "examine"]

# What is installed under which name, and the module it brings; None for one that is data alone.
PACKAGES: dict[str, str | None] = {
    "torch": "torch",
    "numpy": "numpy",
    "scipy": "scipy",
    "opencv-python-headless": "cv2",
    "dlib-bin": "dlib",
    "face-recognition-models": None,
    "av": "av",
    "imageio-ffmpeg": "imageio_ffmpeg",
    "ffmpeg-python": "ffmpeg",
    "webrtcvad-wheels": "webrtcvad",
    "safetensors": "safetensors",
    "matplotlib": "matplotlib",
    "click": "click",
    "tqdm": "tqdm",
}
# What the writer encodes with, and for what.
_ENCODERS = {
    "libx264": "mp4, mov, mkv",
    "libx265": "HEVC of 10 bits",
    "libvpx-vp9": "webm",
    "mpeg4": "avi",
    "aac": "mp4, mov, mkv",
    "libopus": "webm",
}
_LEAST_FREE_GB = 1.0

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        group: what it belongs to.
        name: what it is.
        state: ``ok``; ``note`` for what is only good to know; ``missing`` for what is needed and
            not there, or broken.
        detail: version, place, or what to do.
    """

    group: str
    name: str
    state: State
    detail: str

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything; nothing here raises, what fails is a finding."""
    groups: dict[str, Callable[[], Iterator[Finding]]] = {
        "system": _system,
        "packages": _packages,
        "ffmpeg": _ffmpeg,
        "devices": _devices,
        "networks": _networks,
        "landmarks": _landmarks,
    }
    found = []
    for group, look in groups.items():
        try:
            found += list(look())
        except Exception as error:  # what is broken here must not hide the rest
            found.append(Finding(group, group, "missing", _words(error)))
    return found


def all_there(findings: list[Finding]) -> bool:
    """Whether nothing is missing that is needed."""
    return all(each.state != "missing" for each in findings)


def doctor_table(findings: list[Finding]) -> str:
    """The findings for a person."""
    lines: list[str] = []
    group = ""
    marks = {"ok": " ", "note": " ", "missing": "!"}
    for each in findings:
        if each.group != group:
            group = each.group
            lines += ["", group] if lines else [group]
        lines.append(f"{marks[each.state]} {each.name:24} {each.detail}")
    missing = [f"{each.name}: {each.detail}" for each in findings if each.state == "missing"]
    lines += ["", "nothing is missing" if not missing else "missing or broken:"]
    return "\n".join([*lines, *(f"! {each}" for each in missing)])


def _words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _system() -> Iterator[Finding]:
    try:
        version = importlib.metadata.version("syncfix")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed, run from its folder"
    yield Finding("system", "syncfix", "ok", version)
    yield Finding("system", "Python", "ok", f"{platform.python_version()}, {platform.platform()}")
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free / 1e9
    # The pictures of each face lie there while a clip is measured.
    state: State = "ok" if free >= _LEAST_FREE_GB else "missing"
    todo = "" if state == "ok" else "; make room, or set TMPDIR to another folder"
    yield Finding("system", "temporary folder", state, f"{folder}, {free:.1f} GB free{todo}")


def _packages() -> Iterator[Finding]:
    for name, module in PACKAGES.items():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding("packages", name, "missing", f"not installed: pip install {name}")
            continue
        try:
            if module is not None:
                importlib.import_module(module)
        except Exception as error:  # a wheel for another machine fails in many ways
            detail = f"{version}, can't be loaded ({_words(error)})"
            yield Finding("packages", name, "missing", detail)
        else:
            yield Finding("packages", name, "ok", version)


def _ffmpeg() -> Iterator[Finding]:
    import av
    import av.codec

    for name, version in av.library_versions.items():
        yield Finding("ffmpeg", name, "ok", ".".join(map(str, version)))
    for name, purpose in _ENCODERS.items():
        try:
            av.codec.Codec(name, "w")
        except ValueError:
            yield Finding("ffmpeg", name, "missing", f"no such encoder; it is needed for {purpose}")
        else:
            yield Finding("ffmpeg", name, "ok", f"encodes for {purpose}")


def _devices() -> Iterator[Finding]:
    import torch

    from syncfix.syncnet.device import bfloat16_pays, choose_device

    used = choose_device()
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        detail = f"{about.name}, {about.total_memory / 1e9:.0f} GB"
        yield Finding("devices", f"cuda:{index}", "ok", detail)
    threads = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads of torch"
    yield Finding("devices", "cpu", "ok", threads)
    precision = "bfloat16" if bfloat16_pays(used) else "float32"
    yield Finding("devices", "networks run on", "ok", f"{used}, {precision}")


def _networks() -> Iterator[Finding]:
    from syncfix.report.checkpoints import checkpoint_entries

    entries = checkpoint_entries()
    for entry in entries:
        name = f"{entry['role']}, {entry['origin']}"
        if entry["path"] is None:
            yield Finding("networks", name, "note", "not set")
        elif not entry["found"]:
            yield _absent(name, entry)
        elif entry["fault"]:
            state: State = "missing" if entry["used"] else "note"
            yield Finding("networks", name, state, f"{entry['path']}: {entry['fault']}")
        else:
            yield _present(name, entry)
    for role in ("chooser", "judge"):
        if not any(entry["used"] and entry["role"] == role for entry in entries):
            yield Finding("networks", role, "missing", "none is found: reinstall syncfix")


def _absent(name: str, entry: dict[str, Any]) -> Finding:
    # One that is named has to be there; in the working folder there may be one.
    state: State = "note" if entry["origin"] == "working folder" else "missing"
    return Finding("networks", name, state, f"{entry['path']}: not there")


def _present(name: str, entry: dict[str, Any]) -> Finding:
    from pathlib import Path

    from syncfix.syncnet.checkpoint import load_network

    known = "the hash it should have" if entry["hash_known"] else "no hash to compare with"
    detail = f"{entry['path']}, sha256 {entry['sha256'][:16]}, {known}"
    if not entry["used"]:
        return Finding("networks", name, "ok", f"{detail}; not used")
    try:
        load_network(Path(entry["path"]))
    except SyncfixError as error:
        return Finding("networks", name, "missing", " ".join(str(error).split()))
    return Finding("networks", name, "ok", f"{detail}; used")


def _landmarks() -> Iterator[Finding]:
    from syncfix.face.landmarks import LandmarkModel, landmark_model_path

    try:
        path = landmark_model_path()
        LandmarkModel(path)
    except SyncfixError as error:
        yield Finding("landmarks", "68 points", "missing", " ".join(str(error).split()))
    else:
        yield Finding("landmarks", "68 points", "ok", str(path))
