"""One save: its CPU against libgit2 writing the same commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, Option

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.repositories import MAIN, WRITER, Size, build, config_text, opened, save
from benchmarks.scale import Scale

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
