"""Benchmarks: what is claimed, measured against injected truth.

python scripts/benchmark.py retime DATA CACHE --out RUN [--checkpoint X] [--judge Y]
"""

from __future__ import annotations

import click
from benchmarks.retime import retime


@click.group(help=__doc__)
def main() -> None:
    pass


main.add_command(retime)

if __name__ == "__main__":
    main()
