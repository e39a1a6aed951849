"""The command line: it parses, calls one function, and prints."""

from __future__ import annotations

import atexit
import functools
import gc
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncfix.errors import SyncfixError
from syncfix.interrupt import interruptible

if TYPE_CHECKING:
    from syncfix.models import Models
    from syncfix.results import Rewrite

__all__ = ["main"]

F = TypeVar("F", bound=Callable[..., Any])
# What can't be read is told in one line by what reads it; click would tell it in four.
_FILE = click.Path(path_type=Path, readable=False)
_QUIET = "syncfix.quiet"
# Leaving takes half as long when torch's objects are not walked through once more.
atexit.register(gc.freeze)


def _told(function: F) -> F:
    """One clear line and exit code 2 for what a user can mend; no traceback."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with interruptible():
                return function(*args, **kwargs)
        except SyncfixError as error:
            click.echo(f"syncfix: {' '.join(str(error).split())}", err=True)
            sys.exit(2)
        except BrokenPipeError:
            # The reader of our output is gone (`| head`); nothing is left to say.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    return run  # type: ignore[return-value]


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def _set_loudness(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    if given:
        quiet = parameter.name == "quiet"
        context.find_root().meta[_QUIET] = quiet
        logging.getLogger("syncfix").setLevel(logging.ERROR if quiet else logging.INFO)


# On the group and on every command: people write it in either place.
_loudness = _options(
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_set_loudness,
        help="Say what is being done.",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_set_loudness,
        help="Say nothing but the result and errors: no progress, no warnings.",
    ),
)
_listen = _options(
    _loudness,
    click.option("--audio", type=_FILE, help="The speech, instead of the clip's own sound."),
    click.option("--audio-track", "track", default=0, show_default=True, help="Which audio track."),
    click.option(
        "--face",
        default="largest",
        show_default=True,
        metavar="largest|speaking|X,Y",
        help="Whose mouth: the largest face, in each shot the one who speaks, or the nearest to "
        "a point of the picture in pixels.",
    ),
    click.option("--checkpoint", type=_FILE, help="Network to measure and choose with."),
    click.option("--judge", type=_FILE, help="Network that only looks at results."),
    click.option("--landmarks", type=_FILE, help="68-point landmark model (dlib)."),
    click.option("--json", "json_path", type=_FILE, help="Write the result as JSON; - prints it."),
)
_rewrite = _options(
    click.argument("clip", type=_FILE),
    click.option("-o", "--output", type=_FILE, required=True, help="The file to write."),
    _listen,
    click.option(
        "--window",
        "window_ticks",
        type=click.IntRange(0, 15),
        default=3,
        show_default=True,
        help="How far frames may move about the clip's offset, in ticks of 40 ms.",
    ),
    click.option(
        "--temporal-penalty",
        type=click.FloatRange(0),
        default=0.5,
        show_default=True,
        help="Weight of a jump between pictures.",
    ),
    click.option(
        "--change-penalty",
        "change_penalties",
        type=click.FloatRange(0),
        multiple=True,
        default=(1.5, 0.5),
        show_default=True,
        help="Cost of a tick's change of offset; given more than once, from the stiffest path on.",
    ),
    click.option(
        "--max-skip",
        type=click.IntRange(0, 15),
        default=2,
        show_default=True,
        help="Most ticks that may be skipped at once.",
    ),
    click.option(
        "--strategy",
        type=click.Choice(["viterbi", "greedy", "global"]),
        default="viterbi",
        show_default=True,
        help="The cheapest path; each tick by itself (the baseline); or no local path at all.",
    ),
    click.option(
        "--adaptive",
        is_flag=True,
        default=False,
        help="A narrower window in fast speech, a wider one in pauses.",
    ),
    click.option("--force", is_flag=True, help="Keep the rewrite whatever the scores say."),
    click.option("--overwrite", is_flag=True, help="Replace an output that exists."),
    click.option(
        "--crf", type=click.IntRange(0, 51), help="Quality of the video; smaller is better."
    ),
    click.option("--codec", help="Codec of the video, such as h264, hevc, vp9, av1, prores, ffv1."),
    click.option("--lossless", is_flag=True, help="Keep every bit of the pictures."),
    click.option(
        "--side-by-side", type=_FILE, help="Also write a video of before and after, with curves."
    ),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="syncfix")
@_loudness
def main() -> None:
    """Measure how well mouth and speech match in a clip, and mend what does not."""
    logging.basicConfig(format="syncfix: %(message)s")
    if _QUIET not in click.get_current_context().meta:
        logging.getLogger("syncfix").setLevel(logging.WARNING)


def _quiet() -> bool:
    return bool(click.get_current_context().find_root().meta.get(_QUIET, False))


@main.command("measure")
@click.argument("clip", type=_FILE)
@_listen
@_told
def measure_command(
    clip: Path, audio: Path | None, track: int, face: str, json_path: Path | None, **named: Any
) -> None:
    """Measure how well mouth and speech match in CLIP."""
    _check_paths(clip, json_path, audio=audio, **named)
    from syncfix.pipeline import measure
    from syncfix.report import measurement_table
    from syncfix.report.bar import progress_shown

    with progress_shown(_quiet()) as progress:
        models = _models(**named)
        result = measure(
            clip, audio=audio, track=track, face=face, models=models, progress=progress
        )
    _print(measurement_table(result), result.to_dict(), json_path)


@main.command("retime")
@_rewrite
@_told
def retime_command(clip: Path, output: Path, json_path: Path | None, **named: Any) -> None:
    """Show the frames of CLIP at the times at which they fit the speech best."""
    _check_paths(clip, json_path, output=output, **named)
    from syncfix.pipeline import retime
    from syncfix.report import rewrite_table
    from syncfix.report.bar import progress_shown

    show = _shower(clip, output, named)
    with progress_shown(_quiet()) as progress:
        result = retime(clip, output, **_arguments(named), progress=progress)
    show(result)
    _print(rewrite_table(result), result.to_dict(), json_path)


@main.command("warp")
@_rewrite
@click.option(
    "--recipe",
    type=click.Choice(["default", "seed"]),
    default="default",
    show_default=True,
    help="How the mouth is put in; seed is the proof of concept's way.",
)
@_told
def warp_command(clip: Path, output: Path, json_path: Path | None, **named: Any) -> None:
    """Keep the frames of CLIP, and give each the mouth that fits the speech."""
    _check_paths(clip, json_path, output=output, **named)
    from syncfix.pipeline import warp
    from syncfix.report import rewrite_table
    from syncfix.report.bar import progress_shown

    recipe = named.pop("recipe")
    show = _shower(clip, output, named)
    with progress_shown(_quiet()) as progress:
        result = warp(clip, output, recipe=recipe, **_arguments(named), progress=progress)
    show(result)
    _print(rewrite_table(result), result.to_dict(), json_path)


@main.command("checkpoints")
@_loudness
@click.option("--checkpoint", type=_FILE, help="As for the other commands.")
@click.option("--judge", type=_FILE, help="As for the other commands.")
@click.option("--json", "json_path", type=_FILE, help="Write the list as JSON; - prints it.")
@_told
def checkpoints_command(
    checkpoint: Path | None, judge: Path | None, json_path: Path | None
) -> None:
    """List where checkpoints are looked for, what is there, its hash and its card."""
    from syncfix.json_file import check_json

    check_json(json_path, {"--checkpoint": checkpoint, "--judge": judge})
    from syncfix.report import checkpoint_entries, checkpoint_table

    entries = checkpoint_entries(checkpoint, judge)
    _print(checkpoint_table(entries), {"checkpoints": entries}, json_path)


@main.command("doctor")
@_loudness
@click.option("--json", "json_path", type=_FILE, help="Write the list as JSON; - prints it.")
@_told
def doctor_command(json_path: Path | None) -> None:
    """Say what is installed, what it runs on, which networks are found, and what is missing.

    The exit code is 1 if something is missing that is needed.
    """
    from syncfix.json_file import check_json

    check_json(json_path, {})
    from syncfix.report.doctor import all_there, doctor_table, examine

    findings = examine()
    content = {"complete": all_there(findings), "findings": [each.to_dict() for each in findings]}
    _print(doctor_table(findings), content, json_path)
    if not all_there(findings):
        sys.exit(1)


@main.command("demo")
@_loudness
@click.argument("folder", type=_FILE)
@click.option("--seed", default=0, show_default=True, help="Which known path breaks the timing.")
@_told
def demo_command(folder: Path, seed: int) -> None:
    """Render a talking face into FOLDER, break its timing, mend it, and print how well."""
    from syncfix.demo.run import run_demo
    from syncfix.report.bar import progress_shown

    quiet = _quiet()
    say = _silent if quiet else click.echo
    shown = functools.partial(progress_shown, quiet)
    click.echo(run_demo(folder, seed=seed, say=say, shown=shown))


def _silent(_: str) -> None:
    """For -q."""


def _check_paths(
    clip: Path,
    json_path: Path | None,
    *,
    audio: Path | None,
    output: Path | None = None,
    overwrite: bool = False,
    **named: Any,
) -> None:
    """Tell of a mistyped path before anything is loaded: importing torch alone takes seconds."""
    from syncfix.clip import check_file, check_output
    from syncfix.json_file import check_json

    for path in (clip, audio):
        if path is not None:
            check_file(path)
    if output is not None:
        check_output(clip, output, overwrite, audio)
    files = ("side_by_side", "checkpoint", "judge", "landmarks")
    options = {f"--{key.replace('_', '-')}": named.get(key) for key in files}
    check_json(json_path, {"the clip": clip, "--audio": audio, "--output": output, **options})


def _models(
    checkpoint: Path | None, judge: Path | None, landmarks: Path | None
) -> Callable[[], Models]:
    """What loads the models, for when the clip has been found usable."""
    from syncfix.models import Models

    return functools.partial(Models.load, checkpoint, judge, landmarks)


def _arguments(named: dict[str, Any]) -> dict[str, Any]:
    """The options of a rewrite as its function takes them."""
    from syncfix.clip import Quality
    from syncfix.retime import RetimeOptions

    models = {key: named.pop(key) for key in ("checkpoint", "judge", "landmarks")}
    search = (
        "window_ticks",
        "temporal_penalty",
        "change_penalties",
        "max_skip",
        "strategy",
        "adaptive",
    )
    options = RetimeOptions(**{key: named.pop(key) for key in search})
    quality = Quality(**{key: named.pop(key) for key in ("crf", "codec", "lossless")})
    return {**named, "options": options, "quality": quality, "models": _models(**models)}


def _shower(clip: Path, output: Path, named: dict[str, Any]) -> Callable[[Rewrite], None]:
    """What --side-by-side asks for, taken out of the options; the path is checked at once."""
    path, overwrite = named.pop("side_by_side"), named["overwrite"]
    if path is None:
        return lambda result: None
    # Late: it draws curves, and matplotlib takes most of a second to import.
    from syncfix.report.side_by_side import check_side_by_side, write_side_by_side

    check_side_by_side(path, clip, output, overwrite, named["audio"])

    def show(result: Rewrite) -> None:
        write_side_by_side(result, path, overwrite=overwrite)

    return show


def _print(table: str, content: dict[str, Any], json_path: Path | None) -> None:
    if json_path is None:
        click.echo(table)
        return
    from syncfix.json_file import STANDARD_OUTPUT, json_text, write_json

    if json_path == STANDARD_OUTPUT:
        click.echo(json_text(content))
        return
    write_json(json_path, content)
    click.echo(table)
