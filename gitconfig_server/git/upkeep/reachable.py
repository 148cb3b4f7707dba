"""What must be kept: all that refs, and the tips that the journal names, lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.serving.pack_contents import PackContents
from gitconfig_server.storage.base import JournalRecord, StoredRepository

STAGED_FOR = timedelta(days=30)
"""How long former tips of staged branches are kept: nobody can ask what they were at a time."""

_STAGED = (b"refs/heads/staged", b"refs/heads/staged-")
_CHUNK = 256


class ReachableObjects:
    """Ids of 20 bytes, in an order in which like objects are neighbours; grows with each ``refresh``.

    Former tips whose history is not whole any more, because stock git removed some of it, are kept as far as it goes.
    """

    def __init__(self, stored: StoredRepository) -> None:
        self._stored = stored
        self._contents = PackContents(stored.objects)
        self._roots: set[bytes] = set()
        self._commits: set[bytes] = set()
        self._parents: set[bytes] = set()
        self._commits_lead_to_all = True
        self._seq = 0

    def __contains__(self, name: object) -> bool:
        return self._contents.holds(name)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._contents.ids
        yield from self._contents.tags

    @property
    def heads(self) -> frozenset[bytes]:
        """Commits (hex) that lead to all of it but ``tags``, none of them to another; empty where that cannot be."""
        return frozenset(self._commits - self._parents) if self._commits_lead_to_all else frozenset()

    @property
    def tags(self) -> Sequence[bytes]:
        """The annotated tags of it."""
        return self._contents.tags

    def refresh(self) -> ReachableObjects:
        """Take in what refs and the journal have come to lead to. CorruptRepository where refs lead to nothing."""
        refs = set(self._stored.snapshot(fresh=True).values())
        self._add(refs - self._roots)
        self._roots |= refs
        former = self._former_tips() - self._roots
        for tip in former - self._commits:
            try:
                self._add([tip])
            except (CorruptRepository, KeyError):
                self._commits_lead_to_all = False
        self._roots |= former
        return self

    def _former_tips(self) -> set[bytes]:
        oldest = self._stored.now() - STAGED_FOR
        found: set[bytes] = set()
        for record in self._stored.journal(after=self._seq):
            old = record.received_at is not None and record.received_at < oldest
            found.update(_named_by(record, staged=not old))
            self._seq = record.seq
        return found

    def _add(self, roots: Iterable[bytes]) -> None:
        named = sorted(roots)
        tips = self._contents.add_tags(named)
        self._commits_lead_to_all &= len(tips) == len(named)
        commits = list(self._stored.commits(tips, self._commits)) if tips else []
        self._contents.add_commits(commits)
        self._commits.update(commit.id for commit in commits)
        self._parents.update(parent for commit in commits for parent in commit.parents)


def _named_by(record: JournalRecord, *, staged: bool) -> Iterator[bytes]:
    for update in record.updates:
        if staged or not (update.ref == _STAGED[0] or update.ref.startswith(_STAGED[1])):
            yield from (value for value in (update.old, update.new) if value)
