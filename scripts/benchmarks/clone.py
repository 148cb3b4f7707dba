"""Whole clones by the real git, over our HTTP against ``git http-backend`` in the same folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.backend import git_http_backend
from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.processes import our_server
from benchmarks.repositories import Size, build
from benchmarks.scale import Scale

_UNMEASURED = "a network, several clones at once, protocol version 0"


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """A long history of few files, and a short one of many; time and bytes of each."""
    long = Size(scale.count(200), scale.count(20), scale.count(10_000))
    wide = Size(scale.count(20_000), scale.count(1000), 1)
    yield from _of(scale, folder, f"clone of {long.commits:,} commits", long, Budget(1.5), Budget(1.2))
    yield from _of(scale, folder, f"clone of {wide.sources:,} files", wide, Budget(2), Budget(1.2))


def _of(scale: Scale, folder: Path, name: str, size: Size, time: Budget, bytes_sent: Budget) -> Iterator[Figure]:
    repository = build(folder / f"{size.commits}-{size.sources}.git", size)
    subprocess.run(["git", "-C", repository, "gc", "--quiet"], check=True)
    target = folder / "cloned.git"

    def first(url: str, target: Path, count: int) -> Sequence[float]:
        taken: list[float] = []
        for _ in range(count):
            _forget_clones(repository)
            taken += _times(url, target, 1)
        return taken

    with our_server(repository) as server, git_http_backend(folder) as backend:
        urls = (server.url("/config.git"), f"{backend}/{repository.name}")
        for measure, unit, budget in ((_times, "ms", time), (_sizes, "bytes", bytes_sent), (first, "ms", time)):
            rounds = [partial(measure, url, target, scale.count(3)) for url in urls]
            for one in rounds:
                one()
            ours, baseline, ratio = in_turn(scale.rounds, *rounds)
            yield Figure(
                name=f"first {name}" if measure is first else name,
                unit=unit,
                ours=ours,
                baseline_name="git http-backend behind Python's HTTP server",
                baseline=baseline,
                ratio=ratio,
                budget=budget,
                remark=f"{size.sources:,} files, {size.commits:,} commits, in one pack; the client's work is in both",
                unmeasured=_UNMEASURED,
            )


def _forget_clones(repository: Path) -> None:
    """Remove what was kept of earlier ones."""
    for kept in (repository / "gitconfig").glob("kept-*"):
        kept.unlink()


def _times(url: str, target: Path, count: int) -> Sequence[float]:
    return [cloned(url, target, lambda clone: milliseconds(clone)) for _ in range(count)]


def _sizes(url: str, target: Path, count: int) -> Sequence[float]:
    def size(clone: Callable[[], object]) -> float:
        clone()
        return float(sum(pack.stat().st_size for pack in (target / "objects" / "pack").glob("*.pack")))

    return [cloned(url, target, size)]


def cloned(url: str, target: Path, measure: Callable[[Callable[[], object]], float]) -> float:
    """What ``measure`` says of a whole clone, which is removed afterwards."""
    command = ["git", "-c", "fetch.unpackLimit=1", "clone", "--quiet", "--bare", url, target]
    found = measure(partial(subprocess.run, command, check=True))
    shutil.rmtree(target)
    return found
