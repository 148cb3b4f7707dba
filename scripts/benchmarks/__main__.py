"""``scripts/bench [--quick] [--json] [NAME...]``"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scale import Scale

NAMES = (
    "fetch",
    "not-modified",
    "spring-answers",
    "cold",
    "save",
    "crowd",
    "push",
    "clone",
    "growth",
    "memory",
    "start",
    "manager",
    "merge",
    "schemas",
    "update-refs",
    "stores",
)
_ON_DEMAND = ("attacks", "peers")
"""What is measured only where it is named: it takes many minutes, or needs other servers."""

_QUICK = 0.1


def main(arguments: Sequence[str]) -> None:
    """Run the named benchmarks, or all."""
    options = _parser().parse_args(arguments)
    scale = Scale(_QUICK if options.quick else options.scale)
    began, load = time.monotonic(), os.getloadavg()[0]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # no installation compiles everything at each start
    told = print if not options.json else lambda _: None
    figures = []
    for name in options.names or NAMES:
        for figure in _run(name, scale):
            figures.append(figure)
            told(f"{figure}\n")
    machine = _machine(load, time.monotonic() - began)
    told("\n".join(f"{key}: {value}" for key, value in machine.items()))
    if options.json:
        print(json.dumps({"machine": machine, "figures": [_as_json(figure) for figure in figures]}, indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Each benchmark against its baseline, in turn.")
    parser.add_argument(
        "names", nargs="*", choices=[*NAMES, *_ON_DEMAND, []], metavar="NAME", help=", ".join((*NAMES, *_ON_DEMAND))
    )
    parser.add_argument("--json", action="store_true", help="print JSON at the end")
    parser.add_argument("--quick", action="store_true", help=f"as --scale {_QUICK}")
    parser.add_argument("--scale", type=float, default=1.0, help="how long to measure, 1 being the full run")
    return parser


def _run(name: str, scale: Scale) -> Iterator[Figure]:
    benchmark = import_module(f"benchmarks.{name.replace('-', '_')}")
    with tempfile.TemporaryDirectory(prefix="gitconfig-bench-") as folder:
        yield from benchmark.run(scale, Path(folder))


def _machine(load: float, seconds: float) -> Mapping[str, str]:
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ": unknown")
    git = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    return {
        "machine": f"{os.cpu_count()} cores,{cpu.partition(':')[2]}, {platform.system()} {platform.release()}",
        "software": f"Python {platform.python_version()}, {git}",
        "read": "median of the rounds (and where their middle half lies), p99 of single operations",
        "load average": f"{load:.2f} before, {os.getloadavg()[0]:.2f} after",
        "took": f"{seconds:.0f} s",
    }


def _as_json(figure: Figure) -> Mapping[str, object]:
    return {**asdict(figure), "met": figure.met}


if __name__ == "__main__":
    main(sys.argv[1:])
