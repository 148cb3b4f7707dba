"""Trees that stand nowhere yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitconfig_server.git.objects import ObjectReader
from gitconfig_server.git.trees import TreeEntry, edit_tree
from gitconfig_server.storage.base import RawObject


@dataclass(frozen=True, slots=True)
class NewTree:
    """A tree, the objects to store for it, and the files, sorted, in which it differs from where it came from."""

    tree: bytes
    objects: tuple[RawObject, ...] = ()
    paths: tuple[str, ...] = ()


def edited(objects: ObjectReader, tree: bytes, changes: Mapping[bytes, TreeEntry | None]) -> NewTree:
    """``tree`` with ``changes``, each of which must differ from what stands there. Raises Conflict."""
    new, trees = edit_tree(objects, tree, changes)
    return NewTree(new, tuple(trees), tuple(sorted(path.decode(errors="replace") for path in changes)))
