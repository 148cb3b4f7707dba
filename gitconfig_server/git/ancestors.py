"""The n-th first parent: by Git's commit-graph, else by what was walked before, else commit by commit."""

from __future__ import annotations

from binascii import hexlify, unhexlify

from gitconfig_server.git.commit_graph import CommitGraph, GraphFiles
from gitconfig_server.git.objects.commits import parents_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.storage.base import GitFolder

_WORTH = 1000
"""Commits that had to be read for one answer, from which on the way is kept."""

_MILESTONE = 128
"""Every so many commits on that way are known by name: whoever meets it finds one soon."""

_LONGEST = 1_000_000
_ID = 20


class _Way:
    """A line of first parents, newest first, twenty bytes each."""

    def __init__(self, ids: bytes = b"") -> None:
        self._ids = ids
        self._milestones = {ids[at : at + _ID]: at for at in range(0, len(ids), _ID * _MILESTONE)}

    def after(self, commit: bytes) -> bytes:
        """What follows a commit; nothing where it is no milestone."""
        at = self._milestones.get(commit)
        return b"" if at is None else self._ids[at + _ID :]


class FirstParents:
    """Safe to use from any thread: ways are replaced, never changed."""

    def __init__(self, objects: ObjectReader, folder: GitFolder | None) -> None:
        self._objects = objects
        self._files = GraphFiles(folder.root / "objects") if folder else None
        self._way = _Way()

    def back(self, commit: bytes, steps: int) -> tuple[bytes, int]:
        """The ``steps``-th first parent of a commit (hex), or the oldest, and how many steps that took.

        CorruptRepository where a commit is missing.
        """
        graph = self._files.open() if self._files else None
        at, taken = unhexlify(commit), 0
        passed: list[bytes] = [at]
        read = 0
        while taken < steps:
            reached, count = self._leap(graph, at, steps - taken, passed)
            if not count:
                parents = parents_of(self._objects, hexlify(at))[0]
                if not parents:
                    break
                reached, count, read = unhexlify(parents[0]), 1, read + 1
                passed.append(reached)
            at, taken = reached, taken + count
        if read >= _WORTH and taken < _LONGEST:
            self._way = _Way(b"".join(passed))
        return hexlify(at), taken

    def _leap(self, graph: CommitGraph | None, at: bytes, steps: int, passed: list[bytes]) -> tuple[bytes, int]:
        """Many steps at once, if that is possible here."""
        if graph:
            reached, count = _by_graph(graph, at, steps)
            if count:
                passed[:] = [reached]  # whoever comes by here has the graph
                return reached, count
        following = self._way.after(at)[: steps * _ID]
        if not following:
            return at, 0
        passed.append(following)
        return following[-_ID:], len(following) // _ID


def _by_graph(graph: CommitGraph, at: bytes, steps: int) -> tuple[bytes, int]:
    try:
        return graph.back(at, steps)
    except ValueError:
        return at, 0
