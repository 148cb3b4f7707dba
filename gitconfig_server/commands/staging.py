"""What is staged for a label: looking at it, checking it, putting it in force, dropping it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from shlex import quote

from msgspec import Struct

from gitconfig_server.commands.comparing import put_changes
from gitconfig_server.commands.session import Writing, ask
from gitconfig_server.errors import InvalidInput, MergeConflict
from gitconfig_server.model.findings import Affected, FileConflict, Finding
from gitconfig_server.model.history import DiffQuery
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import NOTHING_RESOLVED, Check, Staged, StagedPart
from gitconfig_server.model.writes import WriteResult
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import SHORT, inert, put, put_json, say
from gitconfig_server.text.results import of_label, tell
from gitconfig_server.wire.staging import CheckAnswer, StagedAnswer

_MAX_SAID = 10
"""Environments, and keys of one, that are told."""


class PartWords(Struct, frozen=True):
    """Which part of what is staged is meant: applications, files and folders, ``keys`` of them; none of either: all.

    ``source``: another branch that it is taken from.
    """

    names: Sequence[str] = ()
    keys: Sequence[str] = ()
    source: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of it is meant."""
        return not self.names and not self.keys

    def __str__(self) -> str:
        of = ", ".join(self.names) or ("" if self.keys else self.source or "what was staged")
        return " of ".join(filter(None, (", ".join(self.keys), of)))

    async def part(self, service: ConfigService, label: str | None) -> StagedPart:
        """As the service takes it: a name is an application first, else a file or folder.

        InvalidInput for what is not staged.
        """
        part = StagedPart(keys=tuple(self.keys), source=self.source)
        applications, paths = await self._staged(service, label) if self.names else ((), ())
        for name in self.names:
            wanted = name.rstrip("/")
            if wanted in applications:
                part = replace(part, applications=(*part.applications, wanted))
            elif any(path == wanted or path.startswith(f"{wanted}/") for path in paths):
                part = replace(part, paths=(*part.paths, wanted))
            else:
                raise InvalidInput(f"nothing is staged for an application, file or folder {name!r}: see gitcfg stage")
        return part

    async def _staged(self, service: ConfigService, label: str | None) -> tuple[Collection[str], Collection[str]]:
        """Applications and paths of which something is staged, or differs on the other branch."""
        if self.source is None:
            files = (await service.staged(ANONYMOUS, label)).files
        else:
            files = (await service.diff(ANONYMOUS, Reading(label), Reading(self.source), DiffQuery())).files
        return {file.application for file in files if file.application}, [file.path for file in files]


def show_staged(server: str, label: str | None, *, as_json: bool) -> None:
    """Print what is staged for a label."""
    found = ask(server, lambda service: service.staged(ANONYMOUS, label))
    if as_json:
        put_json(StagedAnswer.of(found).members())
        return
    if found.tip is None or not found.commits:
        say(f"nothing is staged for {found.label}")
        return
    say(_headline(found))
    put_changes(found.changes, found.files)
    _say_problems(found.conflicts, found.findings)
    option = of_label(label)
    check_first = f"next: gitcfg check{option}, gitcfg apply{option}, gitcfg discard{option}"
    say(_settling(found.conflicts, option) if found.conflicts else check_first)


def update(server: str, label: str | None, writing: Writing, *, as_json: bool) -> None:
    """Bring what is staged up to date with its label."""
    result = ask(server, lambda service: service.update_staged(writing.who, label, NOTHING_RESOLVED, writing.options))
    following = (f"gitcfg stage{of_label(label)}", f"gitcfg apply{of_label(label)}")
    done = f"merged the label into {result.label}"
    tell(result, done, f"{result.label} is up to date", following, as_json=as_json)


def check(server: str, label: str | None, words: PartWords, *, as_json: bool) -> Check:
    """Print what stands in the way of an apply; the whole answer."""

    async def work(service: ConfigService) -> Check:
        return await service.check_staged(ANONYMOUS, label, await words.part(service, label))

    found = ask(server, work)
    if as_json:
        put_json(CheckAnswer.of(found).members())
        return found
    for conflict in found.conflicts:
        put(_told(conflict))
    for finding in found.findings:
        put(f"{'error' if finding.fatal else 'warning'}: {finding}")
    _say_affected(found.affected)
    if found.passed:
        put(f"{found.label}: {len(found.paths)} file(s) can be applied" if found.paths else "nothing is staged")
        if found.paths:
            say(f"next: gitcfg apply{of_label(label)}")
    return found


def _say_affected(affected: Sequence[Affected]) -> None:
    """For whose readers something differs."""
    for one in affected[:_MAX_SAID]:
        more = f" and {one.count - len(one.keys[:_MAX_SAID])} more" if one.count > len(one.keys[:_MAX_SAID]) else ""
        say(f"affects {one.application}/{one.profile}: {', '.join(one.keys[:_MAX_SAID])}{more}")
    if len(affected) > _MAX_SAID:
        say(f"… and {len(affected) - _MAX_SAID} more environments")


def apply(server: str, label: str | None, words: PartWords, writing: Writing, *, as_json: bool) -> None:
    """Put what is staged in force, or a part of it."""

    try:
        result = ask(server, lambda service: apply_part(service, label, words, writing))
    except MergeConflict as error:
        error.add_note(_settling(error.conflicts, of_label(label)))
        raise
    short = (result.commit or "")[:SHORT]
    undo = f"gitcfg revert {short}{' --mainline 1' if words.is_whole else ''}{of_label(label)}"
    following = (f"gitcfg show {short}", undo) if short else ()
    done = f"applied {words} to {result.label}"
    tell(result, done, "nothing is staged", following, as_json=as_json)


async def apply_part(
    service: ConfigService, label: str | None, words: PartWords, writing: Writing, seconds: int | None = None
) -> WriteResult:
    """Put in force what the words mean, for so many seconds where they are given."""
    return await service.apply(writing.who, label, await words.part(service, label), writing.options, seconds)


def discard(server: str, label: str | None, words: PartWords, writing: Writing, *, as_json: bool) -> None:
    """Drop what is staged, or a part of it."""

    async def work(service: ConfigService) -> WriteResult:
        return await service.discard_staged(writing.who, label, await words.part(service, label), writing.options)

    result = ask(server, work)
    branch = result.label
    done = f"discarded {words} from {branch}" if result.paths else f"nothing was staged any more: removed {branch}"
    tell(result, done, "nothing of that is staged", as_json=as_json)


def _headline(found: Staged) -> str:
    count = f"{len(found.commits)}{' or more' if found.truncated else ''} commit(s)"
    behind = f", {found.behind} behind {found.label}" if found.behind else ""
    return f"staged for {found.label} on {found.branch}: {count}{behind}"


def _say_problems(conflicts: Sequence[FileConflict], findings: Sequence[Finding]) -> None:
    for conflict in conflicts:
        say(_told(conflict))
    for finding in findings:
        say(f"{'error' if finding.fatal else 'warning'}: {finding}")


def _settling(conflicts: Sequence[FileConflict], option: str) -> str:
    keeping = " ".join(f"--keep {quote(f'{conflict.place}=staged')}" for conflict in conflicts[:3])
    return f"next: gitcfg stage --update {keeping}{option} (or =label)"


def _told(conflict: FileConflict) -> str:
    return f"conflict: {inert(str(conflict))}"
