"""History of a label as people read it: the tips that were in force, with the commits that came in with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from gitconfig_server.errors import InvalidInput
from gitconfig_server.git import ref_names
from gitconfig_server.git.commits import read_commit, read_trailers
from gitconfig_server.git.history import Tip, arrivals, tips
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.timeline import CommitSummary, HistoryEntry, HistoryPage, HistoryQuery

Touches = Callable[[bytes | None, bytes], bool]
"""Whether going from one commit (None: from nothing) to another changes what is asked about."""

MAX_NESTED = 100
"""How many commits of one push are listed with it."""


def read_history(git: GitRepository, ref: bytes, query: HistoryQuery, touches: Touches) -> HistoryPage:
    """One page of the history of ``ref``; InvalidInput where the cursor is not of this label."""
    label = ref_names.label_of(ref) or ref.decode(errors="replace")
    found = (tip for tip in _after_cursor(tips(git, ref), query.cursor) if _wanted(tip, query))
    page = list(islice((tip for tip in found if touches(tip.previous, tip.commit)), query.limit + 1))
    entries = tuple(_entry(git, ref, label, tip) for tip in page[: query.limit])
    more = len(page) > query.limit
    return HistoryPage(label, entries, _cursor(page[query.limit - 1]) if more else None)


def summarise(git: GitRepository, commit: bytes) -> CommitSummary:
    """A commit as lists show it."""
    read = read_commit(git.objects, commit)
    return CommitSummary(
        read.id.decode(),
        tuple(parent.decode() for parent in read.parents),
        read.author.name,
        read.author.email,
        read.author.when,
        read.subject,
        read.message,
        read_trailers(read.message),
    )


def _entry(git: GitRepository, ref: bytes, label: str, tip: Tip) -> HistoryEntry:
    nested, truncated = arrivals(git, ref, tip, MAX_NESTED)
    commits = tuple(summarise(git, commit) for commit in nested)
    record = tip.record
    if record is None:
        return HistoryEntry(label, summarise(git, tip.commit), commits, truncated)
    return HistoryEntry(
        label,
        summarise(git, tip.commit),
        commits,
        truncated,
        record.seq,
        record.received_at,
        record.actor,
        record.reason,
    )


def _wanted(tip: Tip, query: HistoryQuery) -> bool:
    when = tip.record.received_at if tip.record else None
    if when is None:
        return query.since is None
    return (query.since is None or when >= query.since) and (query.until is None or when < query.until)


def _cursor(tip: Tip) -> str:
    return str(tip.record.seq) if tip.record else tip.commit.decode()


def _after_cursor(found: Iterator[Tip], cursor: str | None) -> Iterator[Tip]:
    """What comes after the tip that ``cursor`` names. New tips may have come in front of it since."""
    if cursor is None:
        yield from found
        return
    for tip in found:
        if _cursor(tip) == cursor:
            yield from found
            return
    raise InvalidInput(f"cursor {cursor!r} names no entry of this history: begin again without it")
