"""Names of refs that cannot stand beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitconfig_server.git import ref_names
from gitconfig_server.storage.base import RefUpdate, Snapshot
from gitconfig_server.storage.ref_rules import find_beneath


class Names:
    """Refs as they would stand beside each other after the updates that were taken so far."""

    def __init__(self, refs: Snapshot, updates: Sequence[RefUpdate]) -> None:
        self._refs = refs
        self._new = {update.ref for update in updates if update.new is not None and update.ref not in refs}
        self._gone: set[bytes] = set()
        self._made: set[bytes] = set()
        self._over: dict[bytes, bytes] = {}  # a name above one that was made -> that one
        self._beneath: Mapping[bytes, bytes] | None = None

    def take(self, update: RefUpdate) -> None:
        """Let an update pass; deletions come first."""
        if update.new is None:
            self._gone.add(update.ref)
        elif update.ref in self._new:
            self._made.add(update.ref)
            self._over.update(dict.fromkeys(_names_above(update.ref), update.ref))

    def clash(self, ref: bytes) -> bytes | None:
        """A ref that cannot stand beside ``ref``: one above or beneath it, or the same label of the other kind."""
        for prefix, other in ((ref_names.BRANCHES, ref_names.TAGS), (ref_names.TAGS, ref_names.BRANCHES)):
            twin = other + ref.removeprefix(prefix)
            if ref.startswith(prefix) and self._has(twin):
                return twin
        above = next(filter(self._has, _names_above(ref)), None)
        return above or (self._find_beneath(ref) if ref in self._new else None)

    def _has(self, ref: bytes) -> bool:
        return ref in self._made or (ref in self._refs and ref not in self._gone)

    def _find_beneath(self, ref: bytes) -> bytes | None:
        """A ref beneath a new one; what stands already has none."""
        if self._beneath is None:
            self._beneath = find_beneath(self._refs, self._new, self._gone)
        return self._over.get(ref) or self._beneath.get(ref)


def _names_above(ref: bytes) -> list[bytes]:
    """What a label's name lies beneath: ``refs/heads/a`` for ``refs/heads/a/b``."""
    parts = ref.split(b"/")
    return [b"/".join(parts[:length]) for length in range(3, len(parts))]
