"""The last good commit: what readers keep of a followed label while its tip holds files that they cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from gitconfig_server.config.kept import KeptEnvironments, Names, Resolved
from gitconfig_server.config.labels import Located
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.commits import parents_of, peel
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.upstream_refs import seen_ref
from gitconfig_server.lru import Recent

MAX_LOOKED_AT = 100
"""Commits that are tried; an application that was broken for longer gets the error."""

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """A commit that can be read, and what was found there."""

    commit: bytes
    resolved: Resolved


class LastGood:
    """Finds what an application could read last. Safe to use from any thread."""

    def __init__(self, git: GitRepository, environments: KeptEnvironments, tree: Callable[[bytes], TreeView]) -> None:
        self._git = git
        self._environments = environments
        self._tree = tree
        self._known: Recent[tuple[bytes, Names], bytes] = Recent(_KEPT)

    def find(self, located: Located, names: Names) -> Held | None:
        """The youngest state of a followed label before ``located`` in which ``names`` can be read.

        None if the label is none of upstream's, or nothing good was found among MAX_LOOKED_AT commits.
        """
        if located.ref is None or seen_ref(located.ref) not in self._git.snapshot():
            return None
        known = self._known.get((located.commit, names))
        older = [known] if known else islice(self._older(located.ref, located.commit), MAX_LOOKED_AT)
        for commit in older:
            try:
                held = Held(commit, self._environments.resolve(self._tree(commit), names))
            except InvalidContent:
                continue
            self._known.put((located.commit, names), commit, 1)
            return held
        return None

    def _older(self, ref: bytes, tip: bytes) -> Iterator[bytes]:
        """What was in force before, the newest first; then, for what came with the first fetch, what it grew from."""
        seen = {tip}
        for commit in chain(self._tips(ref), self._ancestors(tip)):
            if commit not in seen:
                seen.add(commit)
                yield commit

    def _tips(self, ref: bytes) -> Iterator[bytes]:
        for record in self._git.moves(ref, newest_first=True, limit=MAX_LOOKED_AT):
            for update in record.updates:
                if update.ref == ref and update.old and (commit := peel(self._git.objects, update.old)):
                    yield commit

    def _ancestors(self, commit: bytes) -> Iterator[bytes]:
        while parents := parents_of(self._git.objects, commit)[0]:
            commit = parents[0]
            yield commit
