"""The reading half of the service from afar, over the native API of a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote

from msgspec import Struct

from gitconfig_server.client.requests import (
    Query,
    diff_query,
    history_query,
    path_of,
    reading_query,
)
from gitconfig_server.client.transport import Answer, Wire
from gitconfig_server.errors import ServerUnreachable
from gitconfig_server.model.environments import Environment, RunningState
from gitconfig_server.model.history import CommitDetails, Comparison, DiffFormat, DiffQuery, HistoryPage, HistoryQuery
from gitconfig_server.model.pending import Hanging
from gitconfig_server.model.principals import ANONYMOUS, Principal
from gitconfig_server.model.reads import (
    Application,
    Label,
    Listing,
    Match,
    Readiness,
    Reading,
    SourceFile,
    StoredFile,
    StoredSource,
    View,
)
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.staging import EVERYTHING, Check, Staged, StagedPart
from gitconfig_server.service.base import DEFAULT
from gitconfig_server.wire.changes import DiffAnswer
from gitconfig_server.wire.decoding import convert
from gitconfig_server.wire.environments import EnvironmentAnswer
from gitconfig_server.wire.history import CommitAnswer, HistoryList
from gitconfig_server.wire.holding import HangingAnswer
from gitconfig_server.wire.json import encode_json
from gitconfig_server.wire.labels import LabelItem, LabelList
from gitconfig_server.wire.problems import API
from gitconfig_server.wire.readiness import read_readiness
from gitconfig_server.wire.sources import ApplicationList, FileList, MatchList, SourceAnswer, SourceList
from gitconfig_server.wire.staging import CheckAnswer, Part, StagedAnswer

_P = TypeVar("_P", LabelList, MatchList, ApplicationList, SourceList, FileList)

_PAGE = "1000"
MAX_PAGES = 1000


class EnvironmentState(Struct, frozen=True):
    """The ETag of an environment, and the commit at which it was first seen so."""

    tag: str
    commit: str


class HttpReads:
    """What can be asked of the server at the other end of ``wire``.

    The server decides who is asking: the principal of each call is not sent.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """Branches, then tags, each sorted by name."""
        return tuple([one.noun() async for page in self._pages("/labels", LabelList, {}) for one in page.labels])

    async def label(self, who: Principal, name: str) -> Label:
        """The branch, else the tag, of this name."""
        answer = await self._get(path_of("labels", ("label", name)))
        return self._wire.read(answer, LabelItem, LabelItem.noun)

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """The sources of the applications and profiles, strongest first."""
        names = ("application", ",".join(applications)), ("profile", ",".join(profiles))
        view = {"view": reading.view.value} if reading.view is View.SAVED else {}
        answer = await self._get(path_of("environments", *names), reading_query(reading) | view | {"sources": "true"})
        return self._wire.read(
            answer, EnvironmentAnswer, lambda found: found.environment(reading.revision, _running_in(answer))
        )

    async def environment_state(
        self,
        who: Principal,
        applications: tuple[str, ...],
        profiles: tuple[str, ...],
        reading: Reading = DEFAULT,
        seen: EnvironmentState | None = None,
    ) -> EnvironmentState:
        """What names the environment as readers get it now: ``seen``, where that has not changed.

        A conditional request, so that next to nothing is sent meanwhile, whatever else is saved on the label.
        """
        names = ("application", ",".join(applications)), ("profile", ",".join(profiles))
        asked = {} if seen is None else {"If-None-Match": seen.tag}
        path = f"{API}{path_of('environments', *names)}"
        answer = await self._wire.ask("GET", path, reading_query(reading), headers=asked, taken=(304,))
        if answer.status == 304 and seen is not None:
            return seen
        return EnvironmentState(header(answer, "ETag"), header(answer, "Config-Commit"))

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """The applications something is stored for."""
        pages = [one async for one in self._pages("/applications", ApplicationList, reading_query(reading))]
        return Listing(pages[0].commit, tuple(one.noun() for page in pages for one in page.applications))

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """The stored files by application and profile."""
        of = {} if application is None else {"application": application}
        pages = [one async for one in self._pages("/sources", SourceList, reading_query(reading) | of)]
        return Listing(pages[0].commit, tuple(one.noun() for page in pages for one in page.sources))

    async def search(
        self, who: Principal, text: str, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[Match]:
        """The stored keys whose name or value holds ``text``."""
        asked = {"text": text} | ({} if application is None else {"application": application})
        pages = [one async for one in self._pages("/search", MatchList, reading_query(reading) | asked)]
        return Listing(pages[0].commit, tuple(one.noun() for page in pages for one in page.matches))

    async def source(self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT) -> StoredSource:
        """What is stored for exactly this application and profile."""
        path = path_of("sources", ("application", application), ("profile", profile))
        answer = await self._get(path, reading_query(reading) | {"shape": "flat", "positions": "true"})
        commit, validator = header(answer, "Config-Commit"), validator_in(answer)
        return self._wire.read(answer, SourceAnswer, lambda found: found.stored(commit, validator or ""))

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """One file's bytes."""
        answer = await self._get(path_of("files", ("path", path)), reading_query(reading))
        return StoredFile(path, header(answer, "Config-Commit"), validator_in(answer) or "", answer.body)

    async def plain_file(
        self,
        who: Principal,
        applications: tuple[str, ...],
        profiles: tuple[str, ...],
        path: str,
        reading: Reading = DEFAULT,
    ) -> ServedFile:
        """The file that ``path`` means for these applications and profiles."""
        names = {"application": ",".join(applications), "profiles": ",".join(profiles)}
        answer = await self._get(path_of("files", ("path", path)), reading_query(reading) | names)
        found = unquote(header(answer, "Content-Location").partition("/files/")[2])
        return ServedFile(
            path=found, commit=header(answer, "Config-Commit"), blob=validator_in(answer) or "", content=answer.body
        )

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """Every plain file, without content."""
        pages = [one async for one in self._pages("/files", FileList, reading_query(reading))]
        commit = pages[0].commit
        return Listing(
            commit, tuple(StoredFile(one.path, commit, one.blob, b"") for page in pages for one in page.files)
        )

    async def hanging(self, who: Principal, label: str | None) -> Hanging:
        """All that hangs on the label now."""
        answer = await self._get(f"{await self._label(label)}/hanging")
        return self._wire.read(answer, HangingAnswer, HangingAnswer.noun)

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first."""
        return self._wire.read(await self._get("/history", history_query(label, query)), HistoryList, HistoryList.noun)

    async def diff(self, who: Principal, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """What differs between two readings."""
        sides = (await self._revision(old) or await self.default_label()) if old else None, await self._revision(new)
        if query.format is not DiffFormat.UNIFIED:
            answer = await self._get("/diff", diff_query(*sides, query))
            return self._wire.read(answer, DiffAnswer, DiffAnswer.noun)
        return await self._unified(sides, query)

    async def commit_details(self, who: Principal, revision: str) -> CommitDetails:
        """One commit: what it says, what it changed, and when it was in force."""
        return self._wire.read(
            await self._get(path_of("history", ("revision", revision))), CommitAnswer, CommitAnswer.details
        )

    async def staged(self, who: Principal, label: str | None) -> Staged:
        """What is staged for a label, if anything."""
        return self._wire.read(await self._get(f"{await self._label(label)}/staged"), StagedAnswer, StagedAnswer.noun)

    async def check_staged(self, who: Principal, label: str | None, part: StagedPart = EVERYTHING) -> Check:
        """What an apply would meet now."""
        path, body = f"{API}{await self._label(label)}/check", encode_json(Part.of(part).members())
        answer = await self._wire.ask("POST", path, headers={"Content-Type": "application/json"}, body=body)
        return self._wire.read(answer, CheckAnswer, CheckAnswer.noun)

    async def readiness(self) -> Readiness:
        """Whether the server says that it can answer."""
        answer = await self._wire.ask("GET", "/ready", taken=(503,))
        return self._wire.read(answer, dict[str, Any], read_readiness)

    async def default_label(self) -> str:
        """The name of the label that requests without one mean. In an empty repository, where the server does not
        tell, it is mostly ``main``."""
        return next((label.name for label in await self.labels(ANONYMOUS) if label.default), "main")

    async def _unified(self, sides: tuple[str | None, str | None], query: DiffQuery) -> Comparison:
        """Two questions, the second one about the commits that the first one's answer names."""
        keys = DiffQuery(query.application, query.profile, query.effective)
        found = self._wire.read(await self._get("/diff", diff_query(*sides, keys)), DiffAnswer, DiffAnswer.noun)
        answer = await self._get("/diff", diff_query(found.old.commit or None, found.new.commit, query))
        return Comparison(
            old=found.old,
            new=found.new,
            changes=found.changes,
            files=found.files,
            told=answer.body.decode(errors="surrogatepass"),
        )

    async def _label(self, name: str | None) -> str:
        """The path of a label, None: the default one."""
        return path_of("labels", ("label", await self.default_label() if name is None else name))

    async def _revision(self, reading: Reading) -> str | None:
        if reading.staged:
            found = await self.staged(ANONYMOUS, reading.revision)
            return found.tip if found.tip and found.commits else found.commit
        if reading.at is None:
            return reading.revision
        name = await self.default_label() if reading.revision is None else reading.revision
        return f"{name}@{{{reading.at}}}"

    async def _pages(self, path: str, kind: type[_P], query: Query) -> AsyncIterator[_P]:
        """All pages of a list, at least one; each is of the commit that the first one was of."""
        cursor: Query = {}
        for _ in range(MAX_PAGES):
            answer = await self._get(path, query | {"limit": _PAGE} | cursor)
            page: _P = self._wire.read(answer, kind, lambda found: found)
            yield page
            if page.next is None:
                return
            cursor = {"cursor": page.next}
        raise ServerUnreachable(f"{self._wire.shown} lists more than {MAX_PAGES} pages of {path}")

    async def _get(self, path: str, query: Query | None = None) -> Answer:
        return await self._wire.ask("GET", f"{API}{path}", query)


def header(answer: Answer, name: str) -> str:
    """A header's value, empty where it is not there."""
    found: str = answer.headers.get(name, "")
    return found


def validator_in(answer: Answer) -> str | None:
    """What the ETag says of the content, without the shape it was shown in; None if it carries none."""
    tag = header(answer, "ETag").removeprefix("W/").strip('"')
    return tag.partition("-")[0] or None


def _running_in(answer: Answer) -> RunningState | None:
    """Why it is another commit than the one that is saved, and until when; None where it is that one."""
    if not (saved := header(answer, "Config-Saved")):
        return None
    pending, pin = header(answer, "Config-Pending"), header(answer, "Config-Pin")
    name, _, until = (pending or pin).partition(", ")
    return RunningState(
        saved,
        pending=name if pending else None,
        pin=name if pin and not pending else None,
        deadline=convert(until, datetime) if until else None,
        held=header(answer, "Config-Held"),
    )
