"""Which saved configurations of a source there are: the tips of a label that changed it, by their times."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence
from datetime import UTC, datetime

from gitconfig_server.errors import LabelNotFound
from gitconfig_server.manager.errors import LookupFailed
from gitconfig_server.manager.storing.base import TIMESTAMP, Saved, parse_time
from gitconfig_server.model.history import HistoryEntry, HistoryQuery
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import LabelKind
from gitconfig_server.model.writes import NewLabel
from gitconfig_server.service.base import ConfigService

_ARCHIVE = "archive"
"""Tags beneath it mark how far the saved configurations of a service are hidden: ``archive/<server_id>/<time>``."""
_ARCHIVE_TIME = "%Y%m%dT%H%M%S.%f"
_PAGE = 100


class SavedVersions:
    """What was saved of ``(server_id, profile)`` on a label (None: the default one), as ``who`` may see it."""

    def __init__(self, service: ConfigService, who: Principal, label: str | None, server_id: str, profile: str) -> None:
        self._service = service
        self._who = who
        self._label = label
        self._server_id = server_id
        self._profile = profile

    async def newest(self, limit: int) -> Sequence[Saved]:
        """The tips of the label that changed this source, newest first; none that is hidden."""
        if limit < 1:
            return []
        cutoff = await self._cutoff()
        found: dict[str, Saved] = {}
        async for entry in self._entries():
            one = _saved(entry, found)
            if found and one.at < cutoff:
                break
            found[one.name] = one
            if len(found) == limit:
                break
        return list(found.values())

    async def commit_of(self, name: str) -> str:
        """The commit, or the revision, that a name, a commit or a time means; LookupFailed where it is none."""
        async for entry in self._entries():
            if name in (_saved(entry).name, entry.tip.commit):
                return entry.tip.commit
        at = parse_time(name)
        if at is None:
            return name  # a revision; whether there is one, the service tells
        async for entry in self._entries():
            if _time_of(entry) <= at:
                return entry.tip.commit
        raise LookupFailed(name, f"config/saved/{name}")

    async def archive(self, cutoff: datetime) -> int:
        """Hide what was saved before ``cutoff``, but for the newest; how many. A tag says so, and history stays."""
        before = await self.newest(10_000)
        hidden = [one for one in before[1:] if one.at < cutoff]
        if hidden:
            tag = f"{_ARCHIVE}/{self._server_id}/{cutoff.astimezone(UTC).strftime(_ARCHIVE_TIME)}"
            await self._service.make_label(self._who, tag, NewLabel(hidden[0].commit, LabelKind.TAG))
        return len(hidden)

    async def _entries(self) -> AsyncIterator[HistoryEntry]:
        cursor: str | None = None
        while True:
            query = HistoryQuery(application=self._server_id, profile=self._profile, limit=_PAGE, cursor=cursor)
            try:
                page = await self._service.history(self._who, self._label, query)
            except LabelNotFound:
                return
            for entry in page.entries:
                yield entry
            if (cursor := page.next) is None:
                return

    async def _cutoff(self) -> datetime:
        prefix = f"{_ARCHIVE}/{self._server_id}/"
        labels = await self._service.labels(self._who)
        times = [one.name.removeprefix(prefix) for one in labels if one.name.startswith(prefix)]
        found = [datetime.strptime(one, _ARCHIVE_TIME).replace(tzinfo=UTC) for one in times if _is_time(one)]
        return max(found, default=datetime.min.replace(tzinfo=UTC))


def _saved(entry: HistoryEntry, taken: Container[str] = ()) -> Saved:
    at = _time_of(entry)
    name = at.strftime(TIMESTAMP)
    if name in taken:  # two saves in one microsecond
        name = f"{name}-{entry.tip.commit[:7]}"
    return Saved(name, at, entry.tip.commit, entry.tip.author, entry.tip.subject)


def _time_of(entry: HistoryEntry) -> datetime:
    return (entry.received_at or entry.tip.authored_at).astimezone(UTC)


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, _ARCHIVE_TIME)
    except ValueError:
        return False
    return True
