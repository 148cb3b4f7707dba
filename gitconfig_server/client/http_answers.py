"""What the native API answers, as the nouns it was made of. Readers raise Malformed for what it never answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gitconfig_server.client.json_members import Malformed, Members
from gitconfig_server.model.environments import Environment, Position, PropertySource
from gitconfig_server.model.findings import ConflictSide, FileConflict, Finding
from gitconfig_server.model.history import (
    CommitDetails,
    CommitSummary,
    Comparison,
    DiffFormat,
    FileChange,
    HistoryEntry,
    HistoryPage,
    InForce,
    KeyChange,
    Op,
    Side,
)
from gitconfig_server.model.reads import Application, Label, LabelKind, Readiness, SourceFile, StoredSource
from gitconfig_server.model.staging import Check, Staged
from gitconfig_server.model.writes import WriteResult

T = TypeVar("T")


def read_label(one: Members) -> Label:
    """An item of ``labels``, or the answer of one."""
    kind = LabelKind.TAG if one.text("kind") == LabelKind.TAG else LabelKind.BRANCH
    return Label(one.text("name"), kind, one.text("commit"), one.flag("default"))


def read_application(one: Members) -> Application:
    """An item of ``applications``."""
    return Application(one.text("name"), one.texts("profiles"))


def read_source_file(one: Members) -> SourceFile:
    """An item of ``sources``."""
    return SourceFile(*map(one.text, ("application", "profile", "path", "blob", "format")))


def read_document(one: Members) -> PropertySource:
    """A document of a source or an environment, with its properties and their places."""
    places = {key: Members(place) for key, place in one.object("positions").items()}
    positions = {key: Position(place.number("line"), place.number("column")) for key, place in places.items()}
    number = one.optional_number("document")
    return PropertySource(one.text("path"), one.text("blob"), one.values("properties"), positions, number)


def read_environment(found: Members, label: str | None) -> Environment:
    """The answer of ``environments/...`` with ``sources=1``; ``label`` is what was asked for."""
    return Environment(
        found.texts("applications"),
        found.texts("profiles"),
        label,
        found.text("commit"),
        tuple(map(read_document, found.objects("sources"))),
    )


def read_source(found: Members, commit: str, validator: str) -> StoredSource:
    """The answer of one source with ``positions=1`` and ``shape=flat``."""
    documents = [(read_document(one), one.flag("active")) for one in found.objects("documents")]
    inactive = frozenset(source.name for source, active in documents if not active)
    return StoredSource(commit, tuple(source for source, _ in documents), validator, inactive)


def read_key_change(one: Members) -> KeyChange:
    """An item of ``changes``."""
    return KeyChange(
        one.text("application"),
        one.text("profile"),
        one.text("path"),
        one.optional_number("document"),
        one.text("key"),
        _op(one),
        one.value("old"),
        one.value("new"),
    )


def read_file_change(one: Members) -> FileChange:
    """An item of ``files`` of a comparison."""
    names = one.optional_text("application"), one.optional_text("profile")
    return FileChange(one.text("path"), _op(one), *names, one.optional_text("problem") or "")


def read_comparison(found: Members, form: DiffFormat) -> Comparison:
    """The answer of ``diff`` in any format but ``unified``, which is text."""
    old, new = map(found.object, ("from", "to"))
    return Comparison(
        Side(old.text("revision"), old.text("commit")),
        Side(new.text("revision"), new.text("commit")),
        tuple(map(read_key_change, found.objects("changes"))),
        tuple(map(read_file_change, found.objects("files"))),
        found.anything(form.value.replace("-", "_")),
    )


def read_commit(one: Members) -> CommitSummary:
    """A commit as lists show it."""
    return CommitSummary(
        one.text("commit"),
        one.texts("parents"),
        one.text("author"),
        one.text("email"),
        one.time("authored_at"),
        one.text("subject"),
        one.text("message"),
        {name: str(value) for name, value in one.object("trailers").items()},
    )


def read_history(found: Members) -> HistoryPage:
    """A page of ``history``."""
    label = found.text("label")
    entries = tuple(_entry(one, label) for one in found.objects("history"))
    return HistoryPage(label, entries, found.optional_text("next"))


def read_details(found: Members) -> CommitDetails:
    """The answer of ``history/{commit}``."""
    return CommitDetails(
        read_commit(found),
        tuple(map(_in_force, found.objects("in_force"))),
        tuple(map(read_key_change, found.objects("changes"))),
        tuple(map(read_file_change, found.objects("files"))),
    )


def read_staged(found: Members) -> Staged:
    """What is staged for a label."""
    return Staged(
        found.text("label"),
        found.text("commit"),
        found.text("branch"),
        found.optional_text("tip"),
        found.optional_text("base"),
        tuple(map(read_commit, found.objects("commits"))),
        found.flag("truncated"),
        found.number("behind"),
        tuple(map(read_key_change, found.objects("changes"))),
        tuple(map(read_file_change, found.objects("files"))),
        tuple(map(read_conflict, found.objects("conflicts"))),
        tuple(map(read_finding, found.objects("findings"))),
    )


def read_check(found: Members) -> Check:
    """What an apply would meet."""
    return Check(
        found.text("label"),
        found.text("commit"),
        found.optional_text("tip"),
        found.texts("paths"),
        tuple(map(read_conflict, found.objects("conflicts"))),
        tuple(map(read_finding, found.objects("findings"))),
    )


def read_finding(one: Members) -> Finding:
    """An item of ``findings``."""
    place = one.optional_number("line") or 0, one.optional_number("column") or 0
    return Finding(one.text("file"), one.text("rule"), one.text("detail"), *place, one.flag("fatal"))


def read_conflict(one: Members) -> FileConflict:
    """An item of ``conflicts``."""
    sides = tuple(map(_side, one.objects("sides")))
    if len(sides) != 2:
        raise Malformed("member 'sides': expected two")
    return FileConflict(one.text("file"), one.optional_text("base"), (sides[0], sides[1]))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; ``next`` is the cursor of those that follow."""

    commit: str
    items: tuple[T, ...]
    next: str | None


def read_page(found: Members, name: str, reader: Callable[[Members], T]) -> Page[T]:
    """A page of the list ``name``; the list of labels is of no commit."""
    items = tuple(map(reader, found.objects(name)))
    return Page(found.optional_text("commit") or "", items, found.optional_text("next"))


def read_written(found: Members, cursor: str, validator: str | None) -> WriteResult:
    """The answer of every write; ``cursor`` and ``validator`` come from its headers."""
    return WriteResult(
        found.text("label"),
        found.optional_text("commit"),
        found.optional_text("previous"),
        found.flag("changed"),
        found.texts("paths"),
        tuple(map(read_finding, found.objects("findings"))),
        cursor,
        validator,
        found.flag("dry_run"),
    )


def read_readiness(found: Members) -> Readiness:
    """The answer of ``/ready``."""
    details = {name: value for name, value in found.items() if name not in ("status", "reason")}
    return Readiness(found.text("status") == "UP", found.optional_text("reason") or "", details)


def _op(one: Members) -> Op:
    try:
        return Op(one.text("op"))
    except ValueError as error:
        raise Malformed("member 'op': expected add, remove or change") from error


def _entry(one: Members, label: str) -> HistoryEntry:
    return HistoryEntry(
        label,
        read_commit(one),
        tuple(map(read_commit, one.objects("commits"))),
        one.flag("truncated"),
        one.optional_number("seq"),
        one.optional_time("received_at"),
        one.optional_text("actor"),
        one.optional_text("reason"),
    )


def _in_force(one: Members) -> InForce:
    return InForce(
        one.text("label"),
        one.number("seq"),
        one.optional_time("received_at"),
        one.text("actor"),
        one.text("reason"),
        one.optional_time("until"),
    )


def _side(one: Members) -> ConflictSide:
    return ConflictSide(
        one.text("revision"), one.text("commit"), one.text("author"), one.text("subject"), one.optional_text("blob")
    )
