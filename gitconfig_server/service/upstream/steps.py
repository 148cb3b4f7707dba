"""What is to be done about one label, told from where it stands here, there, and when both sides last agreed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum, auto

from msgspec import Struct

from gitconfig_server.git.graph import is_ancestor
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.ref_names import BRANCHES, TAGS
from gitconfig_server.git.remotes.fetching import RemoteRefs
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.upstream_refs import FollowedLabels, seen_labels

Descends = Callable[[bytes, bytes], bool]
"""Whether the second commit is the first or descends from it."""


class SyncStep(Enum):
    """The ways to agree again."""

    NOTHING = auto()
    NOTE = auto()
    """Both are at one place already: remember that."""
    TAKE = auto()
    DELETE = auto()
    LET_GO = auto()
    """It is gone there, and not what it was here: it is our own label now."""
    PUSH = auto()
    JOIN = auto()
    """Both have gone on: merge theirs into ours."""
    CLASH = auto()
    """Both have gone on, and nothing can join them."""


def decide(
    ours: bytes | None, seen: bytes | None, theirs: bytes | None, *, is_tag: bool, push_back: bool, descends: Descends
) -> SyncStep:
    """The step for one label: ``ours`` and ``theirs`` are where it is (None: it is not), ``seen`` where both agreed.

    History that was acknowledged here never goes, unless upstream itself takes back what came from there.
    """
    if ours == theirs:
        return SyncStep.NOTHING if theirs == seen else SyncStep.NOTE
    if theirs is None:
        return _gone_there(ours, seen, push_back)
    if ours is None:
        return SyncStep.PUSH if push_back and theirs == seen else SyncStep.TAKE
    if ours == seen or (not (push_back and theirs == seen) and not is_tag and descends(ours, theirs)):
        return SyncStep.TAKE
    if not push_back:
        return SyncStep.CLASH
    if theirs == seen or (not is_tag and descends(theirs, ours)):
        return SyncStep.PUSH
    return SyncStep.CLASH if is_tag else SyncStep.JOIN


def _gone_there(ours: bytes | None, seen: bytes | None, push_back: bool) -> SyncStep:
    if seen is None:
        return SyncStep.PUSH if push_back else SyncStep.NOTHING
    return SyncStep.DELETE if ours == seen else SyncStep.LET_GO


class FollowedSide(Struct, frozen=True):
    """What stays the same in all rounds: our repository, whose labels are meant, and which way changes go."""

    git: GitRepository
    labels: FollowedLabels
    push_back: bool
    remote: str
    """The remote's URL without credentials: who moves the labels, in the journal."""


class BothRepositories:
    """Both repositories at one instant. ``reader`` also sees what has come and is not stored yet."""

    def __init__(self, side: FollowedSide, remote: RemoteRefs, reader: ObjectReader) -> None:
        self.ours = side.git.snapshot()
        self.seen = seen_labels(self.ours)
        matched = {ref: at for ref, at in remote.refs.items() if side.labels.match(ref)}
        self.theirs = {ref: at for ref, at in matched.items() if not _hidden(ref, matched)}
        self._side = side
        self._reader = reader

    def labels(self) -> list[bytes]:
        """The refs that one side or the other may have something to say about, sorted."""
        own = self.ours if self._side.push_back else {}
        return sorted(ref for ref in {*self.theirs, *self.seen, *own} if self._side.labels.match(ref))

    def step(self, ref: bytes) -> SyncStep:
        """What is to be done about it."""
        return decide(
            self.ours.get(ref),
            self.seen.get(ref),
            self.theirs.get(ref),
            is_tag=ref.startswith(TAGS),
            push_back=self._side.push_back,
            descends=self.descends,
        )

    def descends(self, old: bytes, new: bytes) -> bool:
        """Whether ``new`` is ``old`` or descends from it; no where either is missing."""
        return self._reader.contains_many({old, new}) == {old, new} and is_ancestor(self._reader, old, new)

    def forced(self, ref: bytes) -> bool:
        """Whether upstream's move of it takes something back."""
        ours, theirs = self.ours.get(ref), self.theirs.get(ref)
        return bool(ours and theirs) and (ref.startswith(TAGS) or not self.descends(ours or b"", theirs or b""))


def _hidden(ref: bytes, refs: Collection[bytes]) -> bool:
    """Whether it is a tag by the name of a branch: on read the branch wins, and both cannot stand here."""
    return ref.startswith(TAGS) and BRANCHES + ref.removeprefix(TAGS) in refs
