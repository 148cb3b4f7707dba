"""What goes with every write, and what every write answers."""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import Meta

from gitconfig_server.errors import InvalidChange
from gitconfig_server.model.findings import Given, Keep, OnConflict, Resolution
from gitconfig_server.model.writes import Author, WriteOptions, WriteResult
from gitconfig_server.wire.declarations import Body, Declaration
from gitconfig_server.wire.history import CommitItem
from gitconfig_server.wire.members import COMMIT, FilePaths, LabelName
from gitconfig_server.wire.problems import AffectedItem, ConflictItem, FindingItem

COMMIT_PATTERN = r"^[0-9a-f]{40}$"
MAX_AUTHOR = 1000

_FORBIDDEN_IN_AUTHOR = re.compile(r"[<>\x00-\x1f\x7f]")


class WriteAnswer(Declaration[WriteResult]):
    """What a write did. `commit` is null where the label is gone, and for a dry run that would change something."""

    label: LabelName
    commit: Annotated[str | None, Meta(examples=[COMMIT])]
    previous: Annotated[str | None, Meta(examples=["4b825dc642cb6eb9a060e54bf8d69288fbee4904"])]
    changed: bool
    paths: FilePaths
    findings: tuple[FindingItem, ...]
    dry_run: bool
    pending: Annotated[
        str | None, Meta(description="The id by which it is to be confirmed, where it awaits that.", examples=[None])
    ] = None
    settled: Annotated[
        tuple[ConflictItem, ...], Meta(description="Conflicts that resolutions decided, with what both sides had.")
    ] = ()
    keys_set: Annotated[int | None, Meta(description="How many keys a patch put.", examples=[1])] = None
    keys_removed: Annotated[int | None, Meta(description="How many keys a patch removed.", examples=[0])] = None
    affected: Annotated[
        tuple[AffectedItem, ...],
        Meta(description="Of a dry run, an apply, a restore or revert: whose environments differ by it."),
    ] = ()
    lost: Annotated[
        tuple[CommitItem, ...], Meta(description="Later commits whose changes a restore undid, the newest first.")
    ] = ()

    def result(self, cursor: str, validator: str | None) -> WriteResult:
        """The result, of which the headers say the rest."""
        return WriteResult(
            label=self.label,
            commit=self.commit,
            previous=self.previous,
            changed=self.changed,
            paths=self.paths,
            findings=tuple(one.noun() for one in self.findings),
            cursor=cursor,
            validator=validator,
            dry_run=self.dry_run,
            pending=self.pending,
            settled=tuple(one.noun() for one in self.settled),
            keys_set=self.keys_set,
            keys_removed=self.keys_removed,
            affected=tuple(one.noun() for one in self.affected),
            lost=tuple(one.noun() for one in self.lost),
        )


class GivenValue(Body[Given]):
    """Neither side is right: it is to be this."""

    value: Any


class WriteBody(Body[WriteOptions]):
    """What a JSON body may say of any write. Each may be said in the query instead."""

    expect: Annotated[
        Annotated[str, Meta(pattern=COMMIT_PATTERN)] | None,
        Meta(description="The commit the label must be at, a full id."),
    ] = None
    dry_run: Annotated[bool | None, Meta(description="Do all but the write.")] = None
    message: Annotated[str | None, Meta(description="The commit's message.", examples=["orders: a larger pool"])] = None
    author: Annotated[
        Annotated[str, Meta(max_length=MAX_AUTHOR)] | None,
        Meta(description="Whose change it is.", examples=["Ada <ada@example.com>"]),
    ] = None
    base: Annotated[
        Annotated[str, Meta(pattern=COMMIT_PATTERN)] | None,
        Meta(description="The commit that was seen, a full id: what came since is merged with, by key."),
    ] = None
    resolutions: Annotated[
        dict[str, Keep | GivenValue] | None,
        Meta(
            description="What is right where both sides changed something: by key, file, or `file#key`.",
            examples=[{"db.pool": "staged", "orders.yml#db.url": {"value": "jdbc:h2:mem"}}],
        ),
    ] = None
    include_known_bad: Annotated[
        bool | None, Meta(description="Of an apply: set again what a restore or revert has taken away.")
    ] = None
    on_conflict: Annotated[OnConflict | None, Meta(description="What is right where no resolution says so.")] = None

    def resolved(self) -> dict[str, Resolution]:
        """The resolutions as the service takes them."""
        found = (self.resolutions or {}).items()
        return {place: Given(one.value) if isinstance(one, GivenValue) else one for place, one in found}


def write_members(options: WriteOptions) -> dict[str, Any]:
    """The members of a WriteBody that say what ``options`` say."""
    return {
        "expect": options.expect,
        "dry_run": options.dry_run or None,
        "message": options.message or None,
        "author": write_author(options.author) if options.author else None,
        "base": options.base,
        "include_known_bad": options.include_known_bad or None,
        "resolutions": {place: _sent(one) for place, one in options.resolutions.items()} or None,
        "on_conflict": None if options.on_conflict is OnConflict.FAIL else options.on_conflict,
    }


def _sent(one: Resolution) -> Keep | GivenValue:
    return GivenValue(value=one.value) if isinstance(one, Given) else one


def read_author(text: str) -> Author:
    """``Ada <ada@example.com>``, or a name alone; InvalidChange for what Git could not keep."""
    name, bracket, rest = text.strip().partition("<")
    email, closing, more = rest.partition(">")
    if not name.strip() or more or bool(bracket) != bool(closing) or _FORBIDDEN_IN_AUTHOR.search(name + email):
        raise InvalidChange("an author is written like Ada <ada@example.com>", "/author")
    return Author(name.strip(), email.strip())


def write_author(author: Author) -> str:
    """What ``read_author`` reads."""
    return f"{author.name} <{author.email}>" if author.email else author.name
