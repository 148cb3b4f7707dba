"""Files of refs that are damaged: what they held, as the journal knows it, and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitconfig_server.storage.disk.journal.file import Journal
from gitconfig_server.storage.disk.refs.reader import DiskRefs

_NOT_KNOWN = "nor does the journal know one: remove the file, then make the label anew"


class RefDamage:
    """Of ``refs`` as they were read last."""

    def __init__(self, root: str, refs: DiskRefs, journal: Journal) -> None:
        self._root = root
        self._refs = refs
        self._journal = journal

    def lost(self) -> Mapping[bytes, bytes]:
        """Refs that damaged files have no value of, as the journal knows them."""
        known, refs = self._journal.state.refs, self._refs
        lost = set(refs.torn)
        if refs.packed_damage:  # nobody deletes refs meanwhile: stock Git does not read such a file
            lost |= known.keys() - refs.values.keys() - refs.symbolic.keys()
        return {ref: known[ref] for ref in lost if ref in known}

    def told(self) -> Iterator[str]:
        """Each damaged file, with the way out."""
        known = self._journal.state.refs
        for ref in sorted(self._refs.torn):
            way = "the journal knows its value, which the next write puts back" if ref in known else _NOT_KNOWN
            yield f"{self._root}/{ref.decode(errors='replace')} holds no id of a commit: {way}"
        if self._refs.packed_damage:
            place = f"{self._root}/packed-refs, line {self._refs.packed_damage},"
            yield f"{place} is no ref, and stock git reads none of them: run gitconfig-server doctor --repair"
