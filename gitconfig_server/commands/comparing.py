"""What differs between two revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from gitconfig_server.commands.grammar import SourceName, read_source_name
from gitconfig_server.commands.session import ask
from gitconfig_server.errors import InvalidInput
from gitconfig_server.model.history import Comparison, DiffFormat, DiffQuery, FileChange, KeyChange
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.differences import SIGNS, values_apart
from gitconfig_server.text.rendering import put_content, put_json, put_table, say
from gitconfig_server.wire.changes import DiffAnswer


class Words(Struct, frozen=True):
    """What to compare, as the command line says it. Without ``new``: the label as it is; without either: its staged
    changes."""

    old: str | None = None
    new: str | None = None
    source: str | None = None
    label: str | None = None

    @property
    def of_staged(self) -> bool:
        """Whether it is about what is staged."""
        return self.old is None

    async def sides(self, service: ConfigService, server: str = "") -> tuple[Reading, Reading]:
        """The two revisions."""
        if self.old is not None and "..." in self.old:
            return Reading(_checked_out(self.old, server)), Reading(self.label)
        if self.old is not None:
            return Reading(self.old), Reading(self.new if self.new is not None else self.label)
        staged = await service.staged(ANONYMOUS, self.label)
        return Reading(staged.base or staged.commit), Reading(staged.tip or staged.commit)


def _checked_out(revisions: str, server: str) -> str:
    """``main...HEAD`` of a clone, with what is checked out there in place of HEAD."""
    one, _, two = revisions.partition("...")
    head = Path(server) / ".git" / "HEAD"
    if two not in ("", "HEAD") or not head.is_file():
        return revisions
    return f"{one}...{head.read_text().strip().removeprefix('ref: ').removeprefix('refs/heads/')}"


def diff(server: str, words: Words, form: str, *, effective: bool, as_json: bool) -> bool:
    """Print what differs; whether something does."""
    chosen = DiffFormat(form)
    name = read_source_name(words.source) if words.source is not None else None
    query = _query(name, chosen, effective=effective)

    async def compare(service: ConfigService) -> Comparison:
        return await service.diff(ANONYMOUS, *await words.sides(service, server), query)

    found = ask(server, compare)
    differs = bool(found.changes or (found.files and not effective))
    if as_json:
        put_json(_members(found, chosen))
    elif chosen is DiffFormat.UNIFIED:
        put_content(str(found.told).encode(errors="surrogatepass"))
    elif chosen is not DiffFormat.KEYS:
        put_json(found.told)
    else:
        put_changes(found.changes, () if effective else found.files)
    if not differs:
        staged = "nothing is staged" if words.of_staged else ""
        say(staged or f"no difference between {found.old.revision} and {found.new.revision}")
    return differs


def put_changes(changes: Sequence[KeyChange], files: Iterable[FileChange]) -> None:
    """Keys that differ, then files of which there are no keys to tell."""
    told = {change.path for change in changes}
    rows = [_key_row(change) for change in changes]
    rows += [
        (SIGNS[file.op], _source(file), "", file.problem, "", file.path) for file in files if file.path not in told
    ]
    put_table(("", "source", "key", "old", "new", "file"), rows)


def _members(found: Comparison, form: DiffFormat) -> dict[str, Any]:
    """As ``GET diff`` says it; that answers a unified diff as text, which stands in a member of its own here."""
    if form is DiffFormat.UNIFIED:
        return DiffAnswer.of(found).members() | {"unified": found.told}
    return DiffAnswer.of(found, form).members()


def _query(name: SourceName | None, form: DiffFormat, *, effective: bool) -> DiffQuery:
    if effective and form is not DiffFormat.KEYS:
        raise InvalidInput("--effective: leave --format out")
    profile = name.or_default if name and effective else name.profile if name else None
    return DiffQuery(application=name.application if name else None, profile=profile, effective=effective, format=form)


def _key_row(change: KeyChange) -> tuple[str, ...]:
    source = f"{change.application}/{change.profile}"
    return SIGNS[change.op], source, change.key, *values_apart(change), change.path


def _source(file: FileChange) -> str:
    return f"{file.application}/{file.profile}" if file.application else ""
