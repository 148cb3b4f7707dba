"""How many paths a tree holds: each distinct tree is looked at once, however often it is named."""

from __future__ import annotations

from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_sets import FOLDER_MODES, read_entries
from gitconfig_server.lru import Recent

_ENTRY_BYTES = 150
_KEPT_BYTES = 8 << 20


class TreeSizes:
    """Counts files and folders. Trees never change, so counts are kept; safe to use from any thread."""

    def __init__(self) -> None:
        self._known: Recent[bytes, int] = Recent(_KEPT_BYTES)

    def count(self, objects: ObjectReader, tree: bytes, counted: dict[bytes, int] | None = None) -> int:
        """The paths beneath ``tree`` (hex). Trees that name one another make numbers far greater than the pack.

        ``counted`` holds what was counted for trees alike, and gets what is counted here. CorruptRepository where a
        tree is missing or malformed.
        """
        root = bytes.fromhex(tree.decode())
        found = {} if counted is None else counted
        stack = [root]
        folders: dict[bytes, tuple[int, list[bytes]]] = {}
        while stack:
            at = stack[-1]
            if at not in found and (known := self._known.get(at)) is not None:
                found[at] = known
            if at in found:
                stack.pop()
                continue
            entries, below = folders.get(at) or folders.setdefault(at, _shape(objects, at))
            if waiting := [one for one in below if one not in found]:
                stack += waiting
                continue
            found[at] = entries + sum(map(found.__getitem__, below))
            self._known.put(at, found[at], _ENTRY_BYTES)
            stack.pop()
        return found[root]


def _shape(objects: ObjectReader, tree: bytes) -> tuple[int, list[bytes]]:
    """How many entries a tree has, and the ids of the folders among them."""
    entries = read_entries(objects, tree)
    return len(entries), [entry[-20:] for entry in entries if entry.startswith(FOLDER_MODES)]
