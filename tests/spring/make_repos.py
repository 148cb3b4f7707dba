"""The repositories that Spring's observed answers are about, with the commit ids those answers name."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gitconfig_server.git.objects.reader import ObjectMap, make_blob, make_object
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, TreeView, edit_tree
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.objects import COMMIT, RawObject

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Fixture:
    """One repository: its objects, and its refs with annotated tags already peeled."""

    head: bytes
    refs: dict[bytes, bytes]
    objects: tuple[RawObject, ...]
    trees: dict[bytes, bytes]

    def tree(self, commit: bytes) -> TreeView:
        """The tree of a commit."""
        return TreeView(ObjectMap(self.objects), self.trees[commit])


@cache
def fixtures() -> dict[str, Fixture]:
    """Name -> repository."""
    return {name: _build(told) for name, told in json.loads((DATA / "repositories.json").read_text()).items()}


def _build(told) -> Fixture:
    objects: list[RawObject] = []
    trees: dict[bytes, bytes] = {}
    for commit in told["commits"]:
        blobs = {path.encode(): make_blob(_content(content)) for path, content in commit["files"].items()}
        objects += blobs.values()
        parent = commit["parent"] and commit["parent"].encode()
        changes = {path: TreeEntry(FILE, blob.id) for path, blob in blobs.items()}
        tree, made = edit_tree(ObjectMap(objects), trees[parent] if parent else EMPTY_TREE, changes)
        objects += made
        objects.append(_commit(tree, parent, commit["time"], commit["message"]))
        assert objects[-1].id.decode() == commit["id"]
        trees[objects[-1].id] = tree
    refs = {ref.encode(): commit.encode() for ref, commit in told["refs"].items()}
    return Fixture(told["head"].encode(), refs, tuple(objects), trees)


def _content(told) -> bytes:
    return told.encode() if isinstance(told, str) else base64.b64decode(told["base64"])


def _commit(tree: bytes, parent: bytes | None, time: int, message: str) -> RawObject:
    who = b"v <v@example.com> %d +0000" % time
    parents = b"parent %s\n" % parent if parent else b""
    raw = b"tree %s\n%sauthor %s\ncommitter %s\n\n%s\n" % (tree, parents, who, who, message.encode())
    return make_object(COMMIT, raw)


def write_fixtures(folder: Path) -> None:
    """Every repository as a bare one beneath ``folder``."""
    for name, fixture in fixtures().items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        storage = DiskStorage(place.parent)
        stored = storage.create(place.name, fixture.head.decode().removeprefix("refs/heads/"))
        updates = tuple(RefUpdate(ref, None, commit) for ref, commit in fixture.refs.items())
        stored.update_refs(updates, objects=fixture.objects, record=JournalRecord(updates, "push", "test"))
        storage.close()
