"""What was in force, and what one commit did."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitconfig_server.commands.comparing import put_changes
from gitconfig_server.commands.grammar import read_source_name
from gitconfig_server.commands.overview import require_application
from gitconfig_server.commands.session import ask
from gitconfig_server.model.history import CommitDetails, HistoryEntry, HistoryPage, HistoryQuery, InForce
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.replace import replace
from gitconfig_server.revisions import parse_time
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import (
    authored_text,
    commit_text,
    put,
    put_json,
    put_table,
    put_text,
    say,
    time_text,
)
from gitconfig_server.wire.history import CommitAnswer, HistoryList

_PAGE = 1000
_SHOWN = 3
"""Subjects of staged commits that a line of the log shows."""


class Window(Struct, frozen=True):
    """Which part of a history: so many entries, received in this time."""

    limit: int
    since: str | None = None
    until: str | None = None


def log(server: str, source: str | None, label: str | None, window: Window, *, as_json: bool) -> None:
    """Print the tips that a label had, newest first."""
    name = read_source_name(source) if source is not None else None
    since, until = (parse_time(text) if text is not None else None for text in (window.since, window.until))
    query = HistoryQuery(
        application=name.application if name else None, profile=name.profile if name else None, since=since, until=until
    )
    page = ask(server, lambda service: _read(service, label, query, window.limit))
    if name and not page.entries:
        require_application(server, name.application, label)
    if as_json:
        put_json(HistoryList.of_page(page, window.limit).members())
        return
    put_table(("commit", "received", "by", "how", "message"), map(_row, page.entries))
    if page.next:
        say(f"there is more: gitcfg log -n {window.limit * 10}")


def show(server: str, revision: str, *, as_json: bool) -> None:
    """Print one commit, and what it changed."""
    found = ask(server, lambda service: service.commit_details(ANONYMOUS, revision))
    if as_json:
        put_json(CommitAnswer.of_details(found).members())
        return
    for line in _head(found):
        put(line)
    put("")
    put_text("\n".join(f"    {line}".rstrip() for line in found.summary.message.strip().splitlines()))
    put("")
    put_changes(found.changes, found.files)


async def _read(service: ConfigService, label: str | None, query: HistoryQuery, limit: int) -> HistoryPage:
    """As many entries as are wanted, from as many pages as that takes."""
    page = await service.history(ANONYMOUS, label, replace(query, limit=min(limit, _PAGE)))
    entries = page.entries
    while page.next and len(entries) < limit:
        wanted = min(limit - len(entries), _PAGE)
        page = await service.history(ANONYMOUS, label, replace(query, limit=wanted, cursor=page.next))
        entries += page.entries
    return replace(page, entries=entries)


def _row(entry: HistoryEntry) -> tuple[str, ...]:
    who = entry.tip.author if entry.actor in (None, "", "anonymous") else entry.actor
    when = time_text(entry.received_at)
    return commit_text(entry.tip.commit), when, who or "", entry.reason or "", _message(entry)


def _message(entry: HistoryEntry) -> str:
    """What a tip brought: of an apply what was staged, else its own subject and how many commits came with it."""
    subjects = [commit.subject for commit in reversed(entry.commits) if len(commit.parents) < 2]
    if entry.reason == "apply" and subjects and entry.tip.subject.startswith("apply staged"):
        more = len(subjects) - _SHOWN
        return "; ".join(subjects[:_SHOWN]) + (f"; {more} more" if more > 0 else "")
    came = f"{len(entry.commits)}{' or more' if entry.truncated else ''}"
    return entry.tip.subject + (f" (with {came} other commit(s))" if entry.commits else "")


def _head(found: CommitDetails) -> Iterator[str]:
    commit = found.summary
    yield f"commit    {commit.commit}"
    if len(commit.parents) > 1:
        yield f"merges    {' '.join(commit_text(parent) for parent in commit.parents)}"
    yield f"author    {commit.author} <{commit.email}>"
    yield f"written   {authored_text(commit)}"
    for time in found.in_force:
        yield f"in force  {_told(time)}"


def _told(time: InForce) -> str:
    began = f"on {time.label} from {time_text(time.received_at) or 'before the journal'}"
    ended = f" to {time_text(time.until)}" if time.until else ""
    return f"{began}{ended}, {time.reason}" + (f" by {time.actor}" if time.actor else "")
