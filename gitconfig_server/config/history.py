"""History of a label as people read it: the tips that were in force, the commits of each, and one commit whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from gitconfig_server.config.comparing.differences import TreeDiff
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.summaries import summarise
from gitconfig_server.errors import InvalidInput
from gitconfig_server.git import ref_names
from gitconfig_server.git.history import Tip, arrivals, tips
from gitconfig_server.git.objects.commits import parents_of, peel, tree_of
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.history import (
    CommitDetails,
    DiffQuery,
    HistoryEntry,
    HistoryPage,
    HistoryQuery,
    InForce,
)
from gitconfig_server.storage.base import JournalRecord

Touches = Callable[[bytes | None, bytes], bool]
"""Whether going from one commit (None: from nothing) to another changes what is asked about."""

MAX_LOOKED_AT = 1000
"""Tips that one page looks at: one that finds little ends with a cursor, so that nobody holds a thread for long."""

_MAX_SEQ_DIGITS = 19
_ID = re.compile(r"[0-9a-f]{40}")

_MAX_NESTED = 100
"""How many commits of one push are listed with it."""


def read_history(git: GitRepository, ref: bytes, query: HistoryQuery, touches: Touches) -> HistoryPage:
    """One page of the history of ``ref``; InvalidInput where the cursor is none.

    A page has fewer entries than were asked for where it has looked at MAX_LOOKED_AT tips, and says where to go on.
    """
    label = ref_names.label_of(ref) or ref.decode(errors="replace")
    page: list[Tip] = []
    last, following = None, None
    for number, tip in enumerate(tips(git, ref, _read_cursor(git, ref, query.cursor))):
        if _is_past(tip, query):
            break
        if number == MAX_LOOKED_AT:
            following = last
            break
        last = tip
        if _wanted(tip, query) and touches(tip.previous, tip.commit):
            if len(page) == query.limit:
                following = page[-1]
                break
            page.append(tip)
    entries = tuple(_entry(git, ref, label, tip) for tip in page)
    return HistoryPage(label, entries, _cursor(following) if following else None)


def _entry(git: GitRepository, ref: bytes, label: str, tip: Tip) -> HistoryEntry:
    nested, truncated = arrivals(git, ref, tip, _MAX_NESTED)
    commits = tuple(summarise(git, commit) for commit in nested)
    record = tip.record
    if record is None:
        return HistoryEntry(label=label, tip=summarise(git, tip.commit), commits=commits, truncated=truncated)
    return HistoryEntry(
        label=label,
        tip=summarise(git, tip.commit),
        commits=commits,
        truncated=truncated,
        seq=record.seq,
        received_at=record.received_at,
        actor=record.actor,
        reason=record.reason,
    )


def _wanted(tip: Tip, query: HistoryQuery) -> bool:
    when = tip.record.received_at if tip.record else None
    if when is None:
        return query.since is None
    return (query.since is None or when >= query.since) and (query.until is None or when < query.until)


def _is_past(tip: Tip, query: HistoryQuery) -> bool:
    """Whether this tip and all older ones came before the time that is asked about."""
    when = tip.record.received_at if tip.record else None
    return query.since is not None and (when is None or when < query.since)


def _cursor(tip: Tip) -> str:
    return str(tip.record.seq) if tip.record else tip.commit.decode()


def _read_cursor(git: GitRepository, ref: bytes, cursor: str | None) -> int | bytes | None:
    if cursor is None:
        return None
    if cursor.isascii() and cursor.isdigit() and len(cursor) < _MAX_SEQ_DIGITS:
        record = next(git.moves(ref, newest_first=True, before=int(cursor) + 1, limit=1), None)
        if record and record.seq == int(cursor):
            return record.seq
    elif _ID.fullmatch(cursor) and peel(git.objects, cursor.encode()) == cursor.encode():
        return cursor.encode()
    raise InvalidInput(f"cursor {cursor[:80]!r} names no entry of this history: begin again without it")


def read_details(git: GitRepository, commit: bytes, options: ResolveOptions, read: ReadDocuments) -> CommitDetails:
    """All there is to say of a commit. TooLarge where it changed more than can be told."""
    parent = next(iter(parents_of(git.objects, commit)[0]), None)
    old, new = (TreeView(git.objects, tree_of(git.objects, one) if one else EMPTY_TREE) for one in (parent, commit))
    found = TreeDiff(old, new, options, read).compare(DiffQuery())
    return CommitDetails(summarise(git, commit), _in_force(git, commit), found.changes, found.files)


def _in_force(git: GitRepository, commit: bytes) -> tuple[InForce, ...]:
    """When the labels there are had ``commit`` as their tip, oldest first; staged branches are never in force."""
    refs = [ref for ref in git.advertised() if ref_names.label_of(ref) and not ref_names.is_staged(ref)]
    found = (time for ref in refs for time in _times(git, ref, commit))
    return tuple(sorted(found, key=lambda time: (time.seq, time.label)))


def _times(git: GitRepository, ref: bytes, commit: bytes) -> Iterator[InForce]:
    records: list[JournalRecord | None] = [*git.moves(ref), None]
    for record, following in pairwise(records):
        at = next((one.new for one in record.updates if one.ref == ref), None) if record else None
        if record and at and peel(git.objects, at) == commit:
            yield InForce(
                label=ref_names.label_of(ref) or "",
                seq=record.seq,
                received_at=record.received_at,
                actor=record.actor,
                reason=record.reason,
                until=following.received_at if following else None,
            )
