"""Any clip a user has: variants of one talker, each measured, rewritten and looked at again."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import av
import click
import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import syncfix
from benchmarks.variants import VARIANTS, Variant, make_master, make_variant
from syncfix.clip import (
    ClipInfo,
    Frame,
    Picture,
    Timeline,
    can_shift,
    probe,
    read_frames,
    read_timeline,
)
from syncfix.clip import rewrite as write_again
from syncfix.clip import shift as delay_stream
from syncfix.errors import InputError
from syncfix.models import Models
from syncfix.observe import open_clip
from syncfix.report import columns
from syncfix.retime import retimed_frames

# Mean levels of luma by which an encoding at the default quality may differ from its source.
PICTURE_LEVELS = 3.0
# A picture counts as the planned one if no neighbour in time fits it better by more than this, or
# by more than the second if the two are nearer to each other than the encoded one is to either:
# at 60 frames a second a frame moves by 0.8 levels, and the last one is encoded 1.6 away.
PICTURE_SLACK = 0.1
NEAR_SLACK = 0.2
SHIFT_MS = 80.0


@dataclass
class Row:
    """What came of one variant; `faults` is empty where all is well."""

    name: str
    offset_ticks: int | None = None
    confidence: float | None = None
    frames: int | None = None
    times_ms: float | None = None
    end_ms: float | None = None
    audio_packets: int | None = None
    picture_levels: float | None = None
    refusal: str = ""
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder for media.json and media.txt.")
@click.option("--only", multiple=True, help="Variants whose name holds this text.")
@click.option("--quick", is_flag=True, help="Measure with the frame-wise network alone.")
def media(out: Path | None, only: tuple[str, ...], quick: bool) -> None:
    """Variants of a rendered talker: offset, frames, times, sound and pictures."""
    models = Models.load()
    if quick and models.judge is not None:
        models = Models(models.judge, None, models.landmarks)
    chosen = [v for v in VARIANTS if not only or v is VARIANTS[0] or any(o in v.name for o in only)]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="syncfix-media-") as name:
        folder = Path(name)
        make_master(folder)
        reference: int | None = None
        for variant in tqdm(chosen, disable=None):
            begin = time.monotonic()
            row = Row(variant.name)
            rows.append(row)
            clip = make_variant(folder, variant)
            try:
                _measure(row, variant, clip, folder, models, reference)
                _rewrite(row, variant, clip, folder)
            except InputError as error:
                row.refusal = str(error)
                row.expect(bool(variant.refusal), f"refused: {error}")
                row.expect(variant.refusal in str(error), "the refusal says something else")
            else:
                row.expect(not variant.refusal, "was not refused")
            if reference is None:
                reference = row.offset_ticks
            row.seconds = time.monotonic() - begin
            clip.unlink()
            tqdm.write(f"{row.name}: {'; '.join(row.faults) or 'ok'}", file=sys.stderr)
    text = _table(rows)
    click.echo(text)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "media.json").write_text(json.dumps([asdict(r) for r in rows], indent=1))
        (out / "media.txt").write_text(text + "\n")
    if any(row.faults for row in rows):
        raise SystemExit(1)


def _measure(
    row: Row, variant: Variant, clip: Path, folder: Path, models: Models, reference: int | None
) -> None:
    audio = folder / variant.sound if variant.sound else None
    result = syncfix.measure(clip, audio=audio, track=variant.track, models=models)
    row.offset_ticks = result.chooser.scores.offset_ticks
    row.confidence = result.chooser.scores.confidence
    wanted = (0 if reference is None else reference) + variant.expected_ticks
    row.expect(
        row.offset_ticks is not None and abs(row.offset_ticks - wanted) <= 1,
        f"offset {row.offset_ticks} for {wanted}",
    )


def known_path(ticks: int) -> NDArray[np.intp]:
    """A plan that skips two ticks a third through, and shows them again at two thirds."""
    path = np.zeros(ticks, np.intp)
    path[ticks // 3 : 2 * ticks // 3] = 2
    path[2 * ticks // 3] = 1
    return path


def _rewrite(row: Row, variant: Variant, clip: Path, folder: Path) -> None:
    """Force a known plan through the writer, and look at what was written."""
    audio = folder / variant.sound if variant.sound else None
    opened = open_clip(clip, audio, variant.track)
    sources = opened.clock.source_frames(known_path(opened.clock.tick_count))
    handed: list[NDArray[np.float32]] = []
    extension = variant.output_extension or variant.extension
    output = folder / f"out.{extension}"
    write_again(
        opened.info,
        output,
        _noted(retimed_frames(clip, opened.timeline, sources), handed),
        audio=audio,
        track=variant.track,
        overwrite=True,
    )
    info = probe(output)
    timeline = read_timeline(output)
    _compare_clocks(row, opened.info, opened.timeline, info, timeline)
    _compare_descriptions(row, opened.info, info)
    if audio is None:
        _compare_tracks(row, clip, output, opened.info, info, variant.sound_is_encoded)
    _compare_pictures(row, clip, output, sources, handed)
    output.unlink()
    if can_shift(output) and audio is None and not variant.sound_is_encoded:
        delay_stream(opened.info, output, SHIFT_MS, track=variant.track, overwrite=True)
        _compare_shift(row, clip, output)
        output.unlink()


def _compare_clocks(
    row: Row, before: ClipInfo, old: Timeline, after: ClipInfo, new: Timeline
) -> None:
    row.frames = len(new.pts)
    row.expect(len(old.pts) == len(new.pts), f"{len(new.pts)} frames for {len(old.pts)}")
    if len(old.pts) != len(new.pts):
        return
    step = float(np.median(np.diff(old.pts_seconds)))
    # Another kind of container may begin at nought: times count from the clip's start.
    apart = (new.pts_seconds - after.start_seconds) - (old.pts_seconds - before.start_seconds)
    end = (new.end_seconds - after.start_seconds) - (old.end_seconds - before.start_seconds)
    row.times_ms = 1000 * float(np.abs(apart).max())
    row.end_ms = 1000 * abs(end)
    # Containers that count frames round to one; all others keep times to a millisecond.
    counted = after.container.split(",")[0] in ("avi", "mpeg")
    row.expect(row.times_ms <= (1000 * step / 2 if counted else 1.01), "times differ")
    row.expect(row.end_ms <= 1000 * step, "duration differs by more than a frame")


def _compare_descriptions(row: Row, before: ClipInfo, after: ClipInfo) -> None:
    one, other = before.video, after.video
    row.expect((one.width, one.height) == (other.width, other.height), "size differs")
    row.expect(one.display_matrix == other.display_matrix, "rotation differs")
    # Matroska keeps whole pixels of the shown size, not the ratio itself.
    shapes = [float(v.sample_aspect_ratio or 1) for v in (one, other)]
    row.expect(abs(shapes[0] / shapes[1] - 1) < 0.01, f"pixel shape differs: {shapes}")
    # x264 leaves a limited range out where nothing else is told: it is what is meant by nothing.
    ranges = [2 if v.colour.range == 2 else 0 for v in (one, other)]
    if one.colour.matrix == 0 and other.colour.matrix != 0:
        ranges[0] = 0  # RGB has full range, and the YUV that it becomes a limited one
    row.expect(ranges[0] == ranges[1], f"range differs {ranges}")
    tags = [(one.colour.matrix, other.colour.matrix)]
    tags += [(one.colour.primaries, other.colour.primaries)]
    tags += [(one.colour.transfer, other.colour.transfer)]
    told = [(a, b) for a, b in tags if a not in (0, 2) and a != b]
    # MPEG-1, MPEG-4 and MJPEG have no place for some of it; what is told must not be told wrong.
    if other.codec in ("h264", "hevc", "vp9", "av1"):
        row.expect(not told, f"colour differs {told}")
    deep = "10" in one.pixel_format
    row.expect(not deep or "10" in other.pixel_format, f"10 bits became {other.pixel_format}")
    halves = [p for p in ("420", "422", "444") if p in one.pixel_format]
    row.expect(
        all(p in other.pixel_format for p in halves),
        f"{one.pixel_format} became {other.pixel_format}",
    )


def packet_hashes(path: Path, kind: str) -> dict[int, list[tuple[float, str]]]:
    """By stream of a kind, counted from 0: time and hash of each of its packets.

    PCM is one packet: containers cut it as they like.
    """
    with av.open(str(path)) as container:
        chosen = [s for s in container.streams if s.type == kind]
        packets: dict[int, list[tuple[float, bytes]]] = {i: [] for i in range(len(chosen))}
        order = {s.index: i for i, s in enumerate(chosen)}
        for packet in container.demux(chosen) if chosen else ():
            if packet.size and packet.pts is not None:
                at = float(packet.pts * packet.time_base)
                packets[order[packet.stream_index]].append((at, bytes(packet)))
        for index, stream in enumerate(chosen):
            if stream.codec_context is not None and stream.codec_context.name.startswith("pcm"):
                whole = b"".join(data for _, data in packets[index])
                packets[index] = [(packets[index][0][0], whole)]
    return {
        index: [(at, hashlib.sha256(data).hexdigest()) for at, data in track]
        for index, track in packets.items()
    }


def _compare_tracks(
    row: Row, clip: Path, output: Path, before: ClipInfo, after: ClipInfo, encoded: bool
) -> None:
    for kind in ("audio", "subtitle"):
        one, other = packet_hashes(clip, kind), packet_hashes(output, kind)
        row.expect(len(one) == len(other), f"{len(other)} {kind} tracks for {len(one)}")
        for track in one:
            old, new = one[track], other.get(track, [])
            same = [h for _, h in old] == [h for _, h in new]
            if kind == "audio" and encoded:
                row.expect(len(new) > 0, "the sound is lost")
                continue
            row.expect(same, f"{kind} packets differ ({len(old)}, {len(new)})")
            if same and old:
                moved = [
                    (b - after.start_seconds) - (a - before.start_seconds)
                    for (a, _), (b, _) in zip(old, new, strict=True)
                ]
                worst = 1000 * max(map(abs, moved))
                row.expect(worst <= 1.01, f"{kind} packets moved by {worst:.1f} ms")
            if kind == "audio":
                row.audio_packets = (row.audio_packets or 0) + len(new)
    with av.open(str(clip)) as one_file, av.open(str(output)) as other_file:
        row.expect(len(one_file.chapters()) == len(other_file.chapters()), "chapters are lost")
        title = one_file.metadata.get("title")
        row.expect(other_file.metadata.get("title") == title, "the title is lost")


def _small(frame: av.VideoFrame) -> NDArray[np.float32]:
    gray = frame.to_ndarray(format="gray")
    return cv2.resize(gray, (160, 160), interpolation=cv2.INTER_AREA).astype(np.float32)  # type: ignore[return-value]


def _noted(frames: Iterable[Picture], into: list[NDArray[np.float32]]) -> Iterator[Picture]:
    """The frames, and a small copy of each that goes by."""
    for each in frames:
        picture = each[0] if isinstance(each, tuple) else each
        into.append(_small(picture.native if isinstance(picture, Frame) else picture))
        yield each


def _compare_pictures(
    row: Row,
    clip: Path,
    output: Path,
    sources: NDArray[np.int64],
    handed: list[NDArray[np.float32]],
) -> None:
    """The encoder was handed the planned pictures, bit by bit; and each frame that was written
    shows the planned one, none of whose neighbours fits better."""
    old = [_small(frame.native) for frame in read_frames(clip)]
    new = [_small(frame.native) for frame in read_frames(output)]
    planned = [old[source] for source in sources.tolist()]
    same = len(handed) == len(planned) and all(map(np.array_equal, handed, planned))
    row.expect(same, "the encoder was handed another picture than the planned one")
    if len(new) != len(sources):
        return
    worst, wrong = 0.0, 0
    for picture, source in zip(new, sources.tolist(), strict=True):
        near = range(max(0, source - 2), min(len(old), source + 3))
        levels = {k: float(np.abs(picture - old[k]).mean()) for k in near}
        worst = max(worst, levels[source])
        slacks = {
            k: PICTURE_SLACK
            if float(np.abs(old[k] - old[source]).mean()) > levels[k]
            else NEAR_SLACK
            for k in near
        }
        wrong += any(levels[source] > levels[k] + slacks[k] for k in near)
    row.picture_levels = worst
    row.expect(worst <= PICTURE_LEVELS, f"a picture differs by {worst:.1f} levels")
    row.expect(wrong == 0, f"{wrong} pictures are not the planned ones")


def _compare_shift(row: Row, clip: Path, output: Path) -> None:
    """All packets are there, and sound is later by the shift."""
    files = [
        (packet_hashes(path, "video")[0], packet_hashes(path, "audio")) for path in (clip, output)
    ]
    hashes = [[h for track in (video, *audio.values()) for _, h in track] for video, audio in files]
    row.expect(hashes[0] == hashes[1], "shift: packets differ")
    (old_video, old_audio), (new_video, new_audio) = files
    for track in old_audio:
        begins = [audio[track][0][0] for audio in (old_audio, new_audio)]
        moved = (begins[1] - new_video[0][0]) - (begins[0] - old_video[0][0])
        row.expect(abs(1000 * moved - SHIFT_MS) <= 1.5, f"shift: moved by {1000 * moved:.1f} ms")


def _table(rows: list[Row]) -> str:
    def shown(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    head = ("variant", "offset", "frames", "times ms", "end ms", "audio", "levels", "s", "result")
    cells = [
        (
            row.name,
            shown(row.offset_ticks, "+d"),
            shown(row.frames, "d"),
            shown(row.times_ms, ".2f"),
            shown(row.end_ms, ".1f"),
            shown(row.audio_packets, "d"),
            shown(row.picture_levels, ".2f"),
            f"{row.seconds:.1f}",
            "; ".join(row.faults) or ("refused" if row.refusal else "ok"),
        )
        for row in rows
    ]
    good = sum(not row.faults for row in rows)
    return f"{columns([head, *cells])}\n\n{good} of {len(rows)} variants are as they should be"
