"""Edited configurations of a server: on the label's staged branch, which all share, or on a branch of one session."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any

from gitconfig_server.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from gitconfig_server.model.history import DiffQuery
from gitconfig_server.model.pending import LONGEST, SHORTEST
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import Check, StagedPart
from gitconfig_server.model.writes import Change, JsonPatch, NewLabel, PatchSource, PutSource, Restore, WriteOptions
from gitconfig_server.service.base import ConfigService
from gitconfig_server.telnet.committing import COMMITTED, NOTHING, told_window
from gitconfig_server.telnet.stored.awaiting import Confirmations
from gitconfig_server.telnet.stored.places import StoredPlace, commit_of, label_name, made_by, patch, removal
from gitconfig_server.telnet.target import Data, Path
from gitconfig_server.telnet.words import check_single, data_at
from gitconfig_server.text.differences import key_lines
from gitconfig_server.text.typed import read_typed

PRIVATE = "telnet/"
"""What the branches of single sessions are called. What they edit is staged for these, since it may be unsound yet."""

_TRIES = 32
"""Each one that is lost was won by somebody else."""
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")

AreaEdit = Callable[[dict[str, Data]], tuple[Mapping[str, Any], ...]]


class _Area(ABC):
    """What both kinds have in common: each edit is one commit on the branch, made again where another came between."""

    def __init__(self, place: StoredPlace, confirmations: Confirmations, released: Callable[[_Area], None]) -> None:
        self._place = place
        self._confirmations = confirmations
        self._released = released

    async def read(self) -> Data:
        """The source as it is staged."""
        return await self._place.stored(self._reading()) or {}

    async def put(self, path: Path, value: Data) -> None:
        """Stage a value; a map in place of another one is staged by its differences."""
        await self._edit(lambda own: patch(own, path, value), f"set {_told(path)}")

    async def put_text(self, path: Path, text: str, *, quoted: bool) -> None:
        """Stage what was typed: text where text stands there or it is quoted, else what it looks like."""

        def meant(own: dict[str, Data]) -> tuple[Mapping[str, Any], ...]:
            present = _found(own, path)
            check_single(present, path, text)
            is_text = quoted or isinstance(present, str)
            return patch(own, path, text if is_text else read_typed(text))

        await self._edit(meant, f"set {_told(path)}")

    async def create(self, path: Path) -> None:
        """Stage an empty map."""

        def made(own: dict[str, Data]) -> tuple[Mapping[str, Any], ...]:
            if _found(own, path) is not None:
                raise Conflict(f"{_told(path)} is there already")
            return patch(own, path, {})

        await self._edit(made, f"create {_told(path)}")

    async def delete(self, path: Path) -> None:
        """Stage that something goes."""

        def gone(own: dict[str, Data]) -> tuple[Mapping[str, Any], ...]:
            data_at(own, path)
            return removal(path)

        await self._edit(gone, f"delete {_told(path)}")

    async def replace(self, data: Data) -> None:
        """Stage a whole configuration."""
        await self._edit(lambda own: patch(own, (), data), "load override")

    async def rollback(self, older: int) -> None:
        """Stage the very files that were saved."""
        place = self._place
        asked = Restore(await commit_of(place, older), place.application, place.profile)
        options = WriteOptions(message=f"rollback {older}", staged=True)
        await place.service.restore(place.who, await self._begun(), asked, options)

    async def check(self) -> Sequence[str]:
        """Conflicts with the label, and what the checks find."""
        part = await self._part()
        if part is None:
            return []
        found = await self._place.service.check_staged(self._place.who, self._place.label, part)
        return _told_check(found)

    async def compare(self, older: int | None) -> Sequence[str]:
        """Keys that differ, in the words of ``gitcfg diff``."""
        place = self._place
        base = await place.running() if older is None else await commit_of(place, older)
        return await compare(place, base, self._reading())

    async def is_changed(self) -> bool:
        """Whether a commit would change anything."""
        return bool(await self.compare(None))

    async def commit(self, comment: str, seconds: float | None) -> Sequence[str]:
        """Apply what is staged of this source; what awaited its confirmation is confirmed by it."""
        confirmed = await self._confirmations.confirm(self._place)
        part = await self._part()
        if part is None:
            return confirmed or list(NOTHING)
        within = None if seconds is None else _window(seconds)
        options = WriteOptions(message=comment or f"telnet: {self._place.name}")
        place = self._place
        done = await place.service.apply(place.who, place.label, part, options, within)
        told = [*confirmed, *(f"warning: {one}" for one in done.findings)]
        if not done.changed:
            return told or list(NOTHING)
        if done.pending:
            self._confirmations.watch(place, done.label, done.pending)
            return [*told, *told_window(within or 0, done.pending)]
        await self._committed()
        return [*told, COMMITTED, f"committed {(done.commit or '')[:12]}"]

    async def close(self) -> None:
        """Let others edit."""
        self._released(self)

    @abstractmethod
    async def _part(self) -> StagedPart | None:
        """What of it a commit takes; None where there is nothing."""

    @abstractmethod
    def _reading(self) -> Reading:
        """Where what is staged stands, else what it would grow from."""

    @abstractmethod
    async def _begun(self) -> str | None:
        """The label on whose staged branch the edits go."""

    async def _committed(self) -> None:  # noqa: B027  # a branch that all share follows its label by itself
        """What was staged is in force now."""

    async def _edit(self, edit: AreaEdit, message: str) -> None:
        place, label = self._place, await self._begun()
        for _ in range(_TRIES):
            own, validator = await place.seen(self._reading())
            operations = edit(own or {})
            if not operations:
                return
            options, change = WriteOptions(message=message, staged=True), _change(place, operations, validator)
            seen = {"only_new": True} if validator is None else {"if_match": frozenset([validator])}
            with suppress(PreconditionFailed):
                await place.service.commit(place.who, label, [change], replace(options, **seen))
                return
        raise Conflict("others change the same again and again: nothing was staged, try once more")


class SharedArea(_Area):
    """The label's staged branch: what others have staged there stays, and is not committed with it."""

    async def update(self) -> Sequence[str]:
        """Merge the label into what is staged, all of it."""
        done = await self._place.service.update_staged(self._place.who, self._place.label)
        return [f"{done.label} has all of its label" if done.changed else f"{done.label} is up to date"]

    async def discard(self) -> None:
        """Drop what is staged of this source."""
        if (part := await self._part()) is not None:
            await self._place.service.discard_staged(self._place.who, self._place.label, part)

    def _reading(self) -> Reading:
        return Reading(self._place.label, staged=True)

    async def _part(self) -> StagedPart | None:
        return self._place.mine(await self._place.service.staged(self._place.who, self._place.label))

    async def _begun(self) -> str | None:
        return self._place.label


class PrivateArea(_Area):
    """A branch of this session, and what is staged for it; they begin with the first edit and go with the session."""

    _branch = ""

    async def update(self) -> Sequence[str]:
        """Not needed for a commit, which merges."""
        return ["a commit joins by key what others have put in force: nothing has to be brought up to date"]

    async def discard(self) -> None:
        """Drop the branch."""
        branch, self._branch = self._branch, ""
        if branch:
            await drop_branch(self._place.service, self._place.who, branch)

    async def close(self) -> None:
        """Drop the branch, and let others edit."""
        await self.discard()
        await super().close()

    def _reading(self) -> Reading:
        return Reading(self._branch, staged=True) if self._branch else Reading(self._place.label)

    async def _part(self) -> StagedPart | None:
        if not self._branch:
            return None
        staged = await self._place.service.staged(self._place.who, self._branch)
        return StagedPart(source=staged.branch) if staged.tip else None

    async def _begun(self) -> str | None:
        place = self._place
        if not self._branch:
            user = _UNFIT.sub("-", place.who.name)[:40].strip("-") or "somebody"
            branch = f"{PRIVATE}{user}-{token_hex(4)}"
            await place.service.make_label(place.who, branch, NewLabel(await label_name(place)))
            self._branch = branch
        return self._branch

    async def _committed(self) -> None:
        await self.discard()


def _change(place: StoredPlace, operations: Sequence[Mapping[str, Any]], validator: str | None) -> Change:
    """The operations on what is there or, where nothing is, what they make of it."""
    if validator is None:
        return PutSource(place.source, made_by(operations), exact=True)
    return PatchSource(place.source, JsonPatch(tuple(operations)))


async def drop_branch(service: ConfigService, who: Principal, branch: str) -> None:
    """Remove a session's branch with what is staged for it; somebody else may have done it."""
    with suppress(NotFound):
        await service.discard_staged(who, branch)
        await service.delete_label(who, branch)


async def compare(place: StoredPlace, base: str, reading: Reading) -> Sequence[str]:
    """The keys of the source that differ between a commit and a reading."""
    query = DiffQuery(place.application, place.profile)
    found = await place.service.diff(place.who, Reading(base), reading, query)
    return list(key_lines(found.changes, found.files))


def _told_check(found: Check) -> list[str]:
    """A line a conflict and a finding."""
    conflicts = [f"conflict: {one.place}: {one.sides[0]} and {one.sides[1]}" for one in found.conflicts]
    return conflicts + [f"{'error' if one.fatal else 'warning'}: {one}" for one in found.findings]


def _window(seconds: float) -> int:
    if not SHORTEST <= seconds <= LONGEST:
        raise InvalidInput(f"commit confirmed: from {SHORTEST}s to {LONGEST // 3600}h")
    return int(seconds)


def _found(own: dict[str, Data], path: Path) -> Data:
    try:
        return data_at(own, path)
    except InvalidInput:
        return None


def _told(path: Path) -> str:
    return " ".join(path)[:200] or "all"
