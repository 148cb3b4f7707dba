"""One commit: what it says, what it changed, and when it was in force."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gitconfig_server.comparisons import DiffQuery
from gitconfig_server.config.comparing.diff import TreeDiff
from gitconfig_server.config.history import summarise
from gitconfig_server.config.resolution.resolve import ReadDocuments, ResolveOptions
from gitconfig_server.git import ref_names
from gitconfig_server.git.commits import parents_of, peel, tree_of
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.trees import EMPTY_TREE, TreeView
from gitconfig_server.storage.base import JournalRecord
from gitconfig_server.timeline import CommitDetails, InForce


def read_details(git: GitRepository, commit: bytes, options: ResolveOptions, read: ReadDocuments) -> CommitDetails:
    """All there is to say of a commit. TooLarge where it changed more than can be told."""
    parent = next(iter(parents_of(git.objects, commit)[0]), None)
    old, new = (TreeView(git.objects, tree_of(git.objects, one) if one else EMPTY_TREE) for one in (parent, commit))
    found = TreeDiff(old, new, options, read).compare(DiffQuery())
    return CommitDetails(summarise(git, commit), in_force(git, commit), found.changes, found.files)


def in_force(git: GitRepository, commit: bytes) -> tuple[InForce, ...]:
    """When the labels there are had ``commit`` as their tip, oldest first; working branches are never in force."""
    refs = [ref for ref in git.advertised() if ref_names.label_of(ref) and not ref_names.is_staged(ref)]
    found = (time for ref in refs for time in _times(git, ref, commit))
    return tuple(sorted(found, key=lambda time: (time.seq, time.label)))


def _times(git: GitRepository, ref: bytes, commit: bytes) -> Iterator[InForce]:
    records: list[JournalRecord | None] = [*git.log(ref), None]
    for record, following in pairwise(records):
        at = next((one.new for one in record.updates if one.ref == ref), None) if record else None
        if record and at and peel(git.objects, at) == commit:
            yield InForce(
                ref_names.label_of(ref) or "",
                record.seq,
                record.received_at,
                record.actor,
                record.reason,
                following.received_at if following else None,
            )
