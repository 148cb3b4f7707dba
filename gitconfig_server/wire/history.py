"""Commits, and when they were in force."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from gitconfig_server.model.history import CommitDetails, CommitSummary, HistoryEntry, HistoryPage, InForce
from gitconfig_server.wire.changes import FileChangeItem, KeyChangeItem
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.members import CommitId, LabelName, Limit, Next

Time = Annotated[datetime, Meta(tz=True)]

_AS_WRITTEN = "Seconds since 1970 and the zone, as the commit has them, where `authored_at` cannot hold that time."


class CommitItem(Declaration[CommitSummary], kw_only=True):
    commit: CommitId
    parents: tuple[str, ...]
    author: Annotated[str, Meta(examples=["Ada"])]
    email: Annotated[str, Meta(examples=["ada@example.com"])]
    authored_at: Time
    authored_as: Annotated[str, Meta(description=_AS_WRITTEN, examples=["1700000000000 +0000"])] | UnsetType = UNSET
    subject: Annotated[str, Meta(examples=["orders: a larger pool"])]
    message: str
    trailers: dict[str, str]

    @classmethod
    def of(cls, noun: CommitSummary) -> Self:
        """A commit, with its date as it is written where that says more."""
        return cls(**_members_of(noun))

    def noun(self) -> CommitSummary:
        """The commit again."""
        return self.summary()

    def summary(self) -> CommitSummary:
        """The commit, without what is said of it beside."""
        found = {name: getattr(self, name) for name in CommitItem.__struct_fields__}
        return CommitSummary(**{name: value for name, value in found.items() if value is not UNSET})


class HistoryItem(CommitItem, kw_only=True):
    """A tip a label had. What the journal says is null before its first record."""

    received_at: Time | None
    seq: int | None
    actor: str | None
    reason: str | None
    commits: Annotated[tuple[CommitItem, ...], Meta(description="What came in with it, newest first.")]
    truncated: bool

    @classmethod
    def of_entry(cls, entry: HistoryEntry) -> HistoryItem:
        """An item of a label's history."""
        return cls(
            **_members_of(entry.tip),
            received_at=entry.received_at,
            seq=entry.seq,
            actor=entry.actor,
            reason=entry.reason,
            commits=tuple(map(CommitItem.of, entry.commits)),
            truncated=entry.truncated,
        )

    def entry(self, label: str) -> HistoryEntry:
        """The item of the history of ``label``."""
        return HistoryEntry(
            label=label,
            tip=self.summary(),
            commits=tuple(one.summary() for one in self.commits),
            truncated=self.truncated,
            seq=self.seq,
            received_at=self.received_at,
            actor=self.actor,
            reason=self.reason,
        )


class HistoryList(Declaration[HistoryPage]):
    label: LabelName
    history: tuple[HistoryItem, ...]
    next: Next
    limit: Limit

    @classmethod
    def of_page(cls, page: HistoryPage, limit: int) -> HistoryList:
        """A page of at most ``limit`` entries."""
        items = tuple(map(HistoryItem.of_entry, page.entries))
        return cls(label=page.label, history=items, next=page.next, limit=limit)

    def noun(self) -> HistoryPage:
        """The page."""
        return HistoryPage(self.label, tuple(one.entry(self.label) for one in self.history), self.next)


class InForceItem(Declaration[InForce]):
    """A time in which the commit was what readers of the label got; `until` is null where it still is."""

    label: LabelName
    seq: int
    received_at: Time | None
    actor: str
    reason: Annotated[str, Meta(examples=["save"])]
    until: Time | None


class CommitAnswer(CommitItem, kw_only=True):
    """One commit: what it says, when it was in force, what it changed against its first parent."""

    in_force: tuple[InForceItem, ...]
    changes: tuple[KeyChangeItem, ...]
    files: tuple[FileChangeItem, ...]

    @classmethod
    def of_details(cls, details: CommitDetails) -> CommitAnswer:
        """All of a commit."""
        return cls(
            **_members_of(details.summary),
            in_force=tuple(map(InForceItem.of, details.in_force)),
            changes=tuple(map(KeyChangeItem.of, details.changes)),
            files=tuple(map(FileChangeItem.of, details.files)),
        )

    def details(self) -> CommitDetails:
        """All of the commit."""
        return CommitDetails(
            summary=self.summary(),
            in_force=tuple(one.noun() for one in self.in_force),
            changes=tuple(one.noun() for one in self.changes),
            files=tuple(one.noun() for one in self.files),
        )


def _members_of(commit: CommitSummary) -> dict[str, Any]:
    """The members that tell of a commit."""
    found = {name: getattr(commit, name) for name in CommitItem.__struct_fields__}
    return found | ({} if commit.authored_as else {"authored_as": UNSET})
