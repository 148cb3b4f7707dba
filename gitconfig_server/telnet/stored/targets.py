"""What a server keeps, as telnet wants it: one source at a time, chosen by the session."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from gitconfig_server.config.names.file_names import DEFAULT_PROFILE, check_application, check_profiles
from gitconfig_server.errors import Conflict, GitConfigError, InvalidInput, NotFound
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.environments import Environment
from gitconfig_server.model.history import HistoryEntry, HistoryQuery
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.base import ConfigService
from gitconfig_server.telnet.notices import Notices
from gitconfig_server.telnet.stored.areas import PRIVATE, PrivateArea, SharedArea, compare, drop_branch
from gitconfig_server.telnet.stored.awaiting import Confirmations, told_pending
from gitconfig_server.telnet.stored.places import StoredPlace, commit_of, saves, walk
from gitconfig_server.telnet.target import Area, Data, Path

NOWHERE = "config"
"""What the prompt says before an application is chosen."""
_OF_SESSIONS = re.compile(rf"{PRIVATE}[A-Za-z0-9_-]+-[0-9a-f]{{8}}")
_LEFT_BEHIND = timedelta(days=1)
"""No session is silent for so long, whichever replica it is on."""


class StoredTargets:
    """What the sessions on one server share: who edits exclusively, what awaits its confirmation, what all are told.

    ``start``: the application, profile and label that sessions begin with, empty where they choose.
    """

    def __init__(self, service: ConfigService, start: Mapping[str, str]) -> None:
        self.service = service
        self.start = start
        self.notices = Notices()
        self.confirmations = Confirmations(self.notices)
        self.owners: dict[tuple[str, str, str | None], object] = {}

    def session(self, user: str) -> StoredTarget:
        """What one user works on."""
        return StoredTarget(self, Principal(user))

    async def tidy(self, now: datetime) -> None:
        """Remove the branches of sessions whose server was killed long ago."""
        who = Principal("telnet")
        with suppress(GitConfigError):  # a folder may be read-only; nothing depends on it
            names = [one.name for one in await self.service.labels(who)]
            for branch in filter(_OF_SESSIONS.fullmatch, names):
                moved = [await self._moved(who, name) for name in (branch, f"staged-{branch}") if name in names]
                if all(at is not None and now - at > _LEFT_BEHIND for at in moved):
                    await drop_branch(self.service, who, branch)

    async def _moved(self, who: Principal, branch: str) -> datetime | None:
        """When a branch has moved last."""
        entries = (await self.service.history(who, branch, HistoryQuery(limit=1))).entries
        return entries[0].received_at if entries else None

    async def stop(self) -> None:
        """Watch no more."""
        await self.confirmations.stop()


class StoredTarget:
    """One session's view of a server."""

    lacks = frozenset(["save", "restore"])

    def __init__(self, targets: StoredTargets, who: Principal) -> None:
        self.notices = targets.notices
        self._targets = targets
        self._who = who
        self._place: StoredPlace | None = None
        if targets.start.get("application"):
            self._place = _place(targets.service, who, targets.start)

    @property
    def name(self) -> str:
        """What is worked on."""
        return self._place.name if self._place else NOWHERE

    async def running(self) -> Data:
        """The source, in the commit that readers get."""
        place = await self._chosen()
        return await place.stored(Reading(await place.running())) or {}

    async def effective(self) -> Data:
        """Everything that readers of the application and profile get."""
        return unflatten(merge(one.properties for one in (await self._environment()).sources))

    async def origins(self) -> Mapping[Path, str]:
        """The source of each value."""
        found: dict[Path, str] = {}
        for source in (await self._environment()).sources:
            for path in walk(unflatten(source.properties)):
                found.setdefault(path, source.name)
        return found

    async def status(self) -> Data:
        """Where the session works, and what hangs on its label."""
        place = await self._chosen()
        hanging = await place.service.hanging(place.who, place.label)
        staged = await place.service.staged(place.who, place.label)
        told: dict[str, Data] = {
            "application": place.application,
            "profile": place.profile,
            "label": staged.label,
            "commit": staged.commit[:12],
            "staged": [f"{one.application}/{one.profile} {one.key}" for one in staged.changes[:20]],
        }
        if hanging.pending:
            told["pending"] = told_pending(hanging.pending)
        if hanging.pin:
            told["pinned"] = {"revision": hanging.pin.revision, "reason": hanging.pin.reason}
        if hanging.freeze:
            told["frozen"] = {"reason": hanging.freeze.reason, "by": hanging.freeze.actor}
        return told

    async def edit(self, kind: str) -> Area:
        """The label's staged branch, or a branch of the session's own."""
        place, targets = await self._chosen(), self._targets
        await place.check_editable()
        key = place.application, place.profile, place.label

        def release(area: object) -> None:
            if targets.owners.get(key) is area:
                del targets.owners[key]

        if kind == "private":
            return PrivateArea(place, targets.confirmations, release)
        if key in targets.owners:
            raise Conflict("another session edits exclusively: try configure private")
        area = SharedArea(place, targets.confirmations, release)
        if kind == "exclusive":
            targets.owners[key] = area
        return area

    async def saved(self, older: int) -> Data:
        """The source as it was saved."""
        place = await self._chosen()
        if older == 0:
            return await place.stored(Reading(place.label)) or {}
        return await place.stored(Reading(await commit_of(place, older))) or {}

    async def compare(self, older: int) -> Sequence[str]:
        """What readers get against what was saved."""
        place = await self._chosen()
        return await compare(place, await commit_of(place, older), Reading(await place.running()))

    async def history(self, limit: int) -> Sequence[tuple[str, str, str]]:
        """The commits that changed the source, newest first."""
        return [_told(one) for one in await saves(await self._chosen(), limit)]

    async def save(self, message: str) -> Sequence[str]:
        """A commit saves."""
        raise InvalidInput("what is in force here is saved: say commit")

    async def restore(self) -> Sequence[str]:
        """A rollback and a commit restore."""
        raise InvalidInput("say rollback N, then commit")

    async def confirm(self) -> Sequence[str]:
        """Keep what is pending on the label."""
        return await self._targets.confirmations.confirm_any(await self._chosen())

    async def cancel(self) -> Sequence[str]:
        """Take it back."""
        return await self._targets.confirmations.cancel(await self._chosen())

    async def places(self, kind: str) -> Sequence[str]:
        """Applications with their profiles, or labels."""
        if kind == "labels":
            return [one.name for one in await self._targets.service.labels(self._who)]
        reading = Reading(self._place.label if self._place else self._targets.start.get("label") or None)
        found = await self._targets.service.applications(self._who, reading)
        return [f"{one.name}/{profile}" for one in found.items for profile in one.profiles]

    async def use(self, words: Mapping[str, str]) -> None:
        """Another source; what is not said stays, but another application begins at its default profile."""
        present = self._place
        known = {"label": present.label or ""} if present else {"label": self._targets.start.get("label", "")}
        if present and "application" not in words:
            known |= {"application": present.application, "profile": present.profile}
        asked = {**known, **words}
        if not asked.get("application"):
            raise InvalidInput("use APPLICATION[/PROFILE] [label LABEL]: show applications")
        if label := words.get("label"):
            await self._targets.service.label(self._who, label)
        self._place = _place(self._targets.service, self._who, asked)

    async def _chosen(self) -> StoredPlace:
        if self._place is not None:
            return self._place
        try:
            names = list(await self.places("applications"))
        except NotFound:  # nothing is stored yet
            names = []
        there = f": there are {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}" if names else ""
        raise InvalidInput(f"say first what to work on: use APPLICATION[/PROFILE] [label LABEL]{there}")

    async def _environment(self) -> Environment:
        place = await self._chosen()
        return await place.service.environment(place.who, (place.application,), (place.profile,), Reading(place.label))


def _place(service: ConfigService, who: Principal, words: Mapping[str, str]) -> StoredPlace:
    """The place that words mean. InvalidName."""
    profiles = check_profiles(words.get("profile") or DEFAULT_PROFILE)
    if len(profiles) != 1:
        raise InvalidInput(f"one profile can be edited at a time, not {', '.join(profiles)}")
    return StoredPlace(service, who, check_application(words["application"]), profiles[0], words.get("label") or None)


def _told(entry: HistoryEntry) -> tuple[str, str, str]:
    at = f"{entry.received_at:%Y-%m-%d %H:%M:%S}" if entry.received_at else "before the journal"
    return at, entry.actor or entry.tip.author, f"{entry.tip.commit[:12]} {entry.tip.subject}"
