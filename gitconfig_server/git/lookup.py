"""From a revision to a commit."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from gitconfig_server.errors import AmbiguousRevision, BeforeJournal, CorruptRepository, LabelNotFound, RevisionNotFound
from gitconfig_server.git import ref_names
from gitconfig_server.git.objects.commits import parents_of, peel
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.revisions import Revision, RevisionStep

_HEX = re.compile(r"[0-9a-fA-F]{4,40}")
_FULL = 40


class FoundCommit(Struct, frozen=True):
    """A commit, and the ref whose name led there (None for an id)."""

    commit: bytes
    ref: bytes | None = None


def find(repository: GitRepository, revision: Revision) -> FoundCommit:
    """The commit a revision names now, or named at its time.

    A branch wins over a tag of its name, and both over an id. Raises LabelNotFound, RevisionNotFound,
    AmbiguousRevision, BeforeJournal.
    """
    ref = find_ref(repository, revision.name)
    if revision.at:
        at = _at(repository, ref, revision, revision.at)
    elif ref:
        at = repository.snapshot().get(ref, b"")
    else:
        at = _find_id(repository, revision.name)
    commit = peel(repository.objects, at) if at else None
    if commit is None:
        if at and not repository.objects.contains_many([at]):
            raise CorruptRepository(f"{revision.name} is at {at.decode()}, which is missing: run git fsck")
        raise RevisionNotFound(revision.name, "it does not lead to a commit")
    for step in revision.steps:
        commit = _step(repository, revision, commit, step)
    return FoundCommit(commit, ref)


def find_ref(repository: GitRepository, name: str) -> bytes | None:
    """The branch or tag of this name, short or spelled out; None where there is none."""
    refs = repository.snapshot()
    encoded = name.encode(errors="replace")
    for prefix in (ref_names.BRANCHES, ref_names.TAGS, b"refs/", b""):
        ref = repository.target_of(prefix + encoded)
        if ref in refs and ref.startswith((ref_names.BRANCHES, ref_names.TAGS)):
            return ref
    return None


def tip_at(repository: GitRepository, ref: bytes, when: datetime) -> bytes | None:
    """What ``ref`` held at ``when`` by the journal (None: it had been deleted). BeforeJournal where that is unknown."""
    tip = repository.snapshot().get(ref)
    if tip is not None and when >= repository.stored.now():  # a clock that ran ahead dates records in the future
        return tip
    record = repository.stored.journal_at(ref, when)
    update = record.moved(ref) if record else None
    if update is None:
        label = ref_names.label_of(ref) or ref.decode(errors="replace")
        first = next(repository.moves(ref, limit=1), None)
        raise BeforeJournal(label, first.received_at if first else None)
    return update.new


def _at(repository: GitRepository, ref: bytes | None, revision: Revision, when: datetime) -> bytes:
    if ref is None:  # the label may be gone now and have been there then
        ref = _journalled(repository, revision.name)
    at = tip_at(repository, ref, when)
    if at is None:
        raise RevisionNotFound(revision.name, f"it did not exist at {when.isoformat()}")
    return at


def _journalled(repository: GitRepository, name: str) -> bytes:
    for ref in (ref_names.branch_ref(name), ref_names.tag_ref(name)):
        if repository.last_move(ref):
            return ref
    raise LabelNotFound(name)


def _find_id(repository: GitRepository, name: str) -> bytes:
    if not _HEX.fullmatch(name):
        raise LabelNotFound(name)
    digits = name.lower().encode()
    if len(digits) == _FULL:
        if repository.objects.contains_many([digits]):
            return digits
        raise RevisionNotFound(name)
    candidates = [one for one in repository.objects.iter_prefix(digits) if peel(repository.objects, one) == one]
    if not candidates:
        raise LabelNotFound(name)
    if len(candidates) > 1:
        raise AmbiguousRevision(name, tuple(sorted(one.decode() for one in candidates)))
    return candidates[0]


def _step(repository: GitRepository, revision: Revision, commit: bytes, step: RevisionStep) -> bytes:
    if step.kind == "^":
        parents = parents_of(repository.objects, commit)[0]
        if step.count == 0:
            return commit
        if step.count > len(parents):
            raise RevisionNotFound(revision.name, f"{commit.decode()[:12]} has {len(parents)} parents")
        return parents[step.count - 1]
    reached, taken = repository.first_parents.back(commit, step.count)
    if taken < step.count:
        raise RevisionNotFound(revision.name, f"history ends {taken} commits back")
    return reached
