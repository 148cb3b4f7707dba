"""One save: its CPU against libgit2 writing the same commit, and four writers of one label against one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import pygit2
from pygit2.enums import FileMode, Option

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.repositories import MAIN, WRITER, Size, application, build, config_text, opened, save
from benchmarks.saver import start
from benchmarks.scale import Scale

_WRITERS = 4
_KEYS = 12

Write = Callable[[str, bytes], object]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """One file of 0.5 KB among 1,000 applications."""
    size = Size(scale.count(1000), scale.count(1000), keys=_KEYS)
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)
    libgit2 = partial(_save_with_libgit2, pygit2.Repository(str(build(folder / "libgit2.git", size))))
    repository = build(folder / "save.git", size)
    for checked in (True, False):
        with opened(repository, checked=checked) as writer:
            yield _cpu(scale, size, partial(save, writer), libgit2, checked=checked)
    yield _queue(scale, repository)


def _cpu(scale: Scale, size: Size, ours: Write, libgit2: Write, *, checked: bool) -> Figure:
    versions = count(time.time_ns())

    def a_round(write: Write) -> Sequence[float]:
        numbers = [next(versions) for _ in range(scale.count(25))]
        saves = (partial(write, size.path(one * 37 % size.sources), config_text(_KEYS, one)) for one in numbers)
        return [milliseconds(one, time.process_time) for one in saves]

    a_round(ours)
    mine, other, ratio = in_turn(scale.turns, partial(a_round, ours), partial(a_round, libgit2))
    return Figure(
        name="save" if checked else "save, without the check of what the file holds",
        unit="ms of CPU a save",
        ours=mine,
        baseline_name="libgit2 writing the same commit, objects and refs synced",
        baseline=other,
        ratio=ratio,
        budget=Budget(1.5) if checked else None,
        unmeasured="waiting for the disk (see growth), HTTP",
    )


def _save_with_libgit2(repository: pygit2.Repository, path: str, content: bytes) -> None:
    tip = repository.references[MAIN.decode()].peel(pygit2.Commit)
    folder, name = path.split("/")
    below = repository.TreeBuilder(tip.tree[folder].id)
    below.insert(name, repository.create_blob(content), FileMode.BLOB)
    root = repository.TreeBuilder(tip.tree)
    root.insert(folder, below.write(), FileMode.TREE)
    writer = pygit2.Signature(WRITER.name, WRITER.email)
    repository.create_commit(MAIN.decode(), writer, writer, "save", root.write(), [tip.id])


def _queue(scale: Scale, repository: Path) -> Figure:
    shares: list[float] = []

    def together() -> Sequence[float]:
        taken = _saves_of(repository, _WRITERS, scale.seconds(2))
        shares.append(min(map(len, taken)) / max(map(len, taken)))
        return [one for each in taken for one in each]

    def alone() -> Sequence[float]:
        return [one * _WRITERS for one in _saves_of(repository, 1, scale.seconds(2))[0]]

    mine, other, ratio = in_turn(scale.rounds, together, alone)
    return Figure(
        name=f"save, {_WRITERS} processes to one label",
        unit="ms a save",
        ours=mine,
        baseline_name=f"{_WRITERS} x a writer that is alone: a fair queue in which nothing is done twice",
        baseline=other,
        ratio=ratio,
        remark=f"the slowest writer made {median(shares):.0%} of the saves of the quickest",
        unmeasured="writers on other machines, HTTP",
    )


def _saves_of(repository: Path, writers: int, seconds: float) -> list[list[float]]:
    savers = [start(repository, application(number), seconds=seconds) for number in range(writers)]
    for saver in savers:
        saver.end()
    return [saver.milliseconds for saver in savers]
