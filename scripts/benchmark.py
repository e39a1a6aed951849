"""Benchmarks: what is claimed, measured against injected truth.

python scripts/benchmark.py retime DATA CACHE --out RUN [--checkpoint X] [--judge Y]
python scripts/benchmark.py media --out RUN
python scripts/benchmark.py faults --out RUN
python scripts/benchmark.py memory --out RUN
python scripts/benchmark.py commands CLIP --out RUN [--against OTHER/bin/syncfix]
python scripts/benchmark.py path
python scripts/benchmark.py reach CLIP --out PNG
python scripts/benchmark.py warp DATA --out RUN
python scripts/benchmark.py covered DATA --out RUN
"""

from __future__ import annotations

import click
from benchmarks.commands import commands
from benchmarks.covered import covered
from benchmarks.faults import faults
from benchmarks.media import media
from benchmarks.memory import memory
from benchmarks.path import path
from benchmarks.reach import reach
from benchmarks.retime import retime
from benchmarks.warp import warp


@click.group(help=__doc__)
def main() -> None:
    pass


main.add_command(commands)
main.add_command(covered)
main.add_command(faults)
main.add_command(media)
main.add_command(memory)
main.add_command(path)
main.add_command(reach)
main.add_command(retime)
main.add_command(warp)

if __name__ == "__main__":
    main()
