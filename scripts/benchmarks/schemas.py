"""Judging all environments by a schema, as a push that concerns all has to, against reading their files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.scale import Scale
from gitconfig_server.config.checking.checker import Checker
from gitconfig_server.config.checking.schemas import SchemaCheck
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, TreeView, edit_tree

_PROFILES = ("dev", "test", "stage", "prod")
_SCHEMA = {"type": "object", "properties": {"server": {"properties": {"port": {"type": "integer"}}}}}


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Each application alone and with four profiles, nothing kept from before."""
    count = scale.count(1000)
    objects = ObjectMap(())
    old, new = (_tree(objects, count, text) for text in ("level: info\n", "level: warn\n"))

    with closing(Checker()) as checker:
        SchemaCheck(checker=checker)(None, _tree(objects, 2, ""))  # the process has started

        def judge() -> None:
            found = SchemaCheck(checker=checker)(old, TreeView(objects, new.tree))
            if found:
                raise RuntimeError(str(found[0]))

        def read() -> None:
            for path, entry in new.walk():
                if path.endswith(b".yml"):
                    parse(path.decode(), new.read(entry.id))

        mine, other, ratio = in_turn(scale.rounds, lambda: [milliseconds(judge)], lambda: [milliseconds(read)])
    yield Figure(
        name="schemas",
        unit="ms a push",
        ours=mine,
        baseline_name="reading the same files once",
        baseline=other,
        ratio=ratio,
        budget=Budget(5000, absolute=True),
        remark=f"{count:,} applications x {len(_PROFILES) + 1} environments",
        unmeasured="the push itself, the start of the process that judges",
    )


def _tree(objects: ObjectMap, count: int, shared: str) -> TreeView:
    files = {"application.yml": shared, "schemas/application.json": json.dumps(_SCHEMA)}
    for number in range(count):
        own = "".join(f"key{key}: {number}\n" for key in range(50))
        files[f"app{number}.yml"] = f"server:\n  port: 8080\n{own}"
        for profile in _PROFILES:
            files[f"app{number}-{profile}.yml"] = "".join(f"extra{key}: {number}\n" for key in range(8))
    blobs = {path: make_blob(text.encode()) for path, text in files.items()}
    objects.add(blobs.values())
    tree, trees = edit_tree(
        objects, EMPTY_TREE, {path.encode(): TreeEntry(FILE, one.id) for path, one in blobs.items()}
    )
    objects.add(trees)
    return TreeView(objects, tree)
