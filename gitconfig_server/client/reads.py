"""The reading half of the service from afar, over the native API of a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote

from gitconfig_server.client import http_answers as answers
from gitconfig_server.client.json_members import Members
from gitconfig_server.client.requests import (
    Query,
    diff_query,
    history_query,
    json_body,
    part_members,
    path_of,
    reading_query,
)
from gitconfig_server.client.transport import API, Answer, Wire
from gitconfig_server.errors import ServerUnreachable
from gitconfig_server.model.environments import Environment
from gitconfig_server.model.history import CommitDetails, Comparison, DiffFormat, DiffQuery, HistoryPage, HistoryQuery
from gitconfig_server.model.principals import ANONYMOUS, Principal
from gitconfig_server.model.reads import (
    Application,
    Label,
    Listing,
    Readiness,
    Reading,
    SourceFile,
    StoredFile,
    StoredSource,
)
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.staging import EVERYTHING, Check, Staged, StagedPart
from gitconfig_server.service.base import DEFAULT

T = TypeVar("T")

PAGE = "1000"
MAX_PAGES = 1000


class HttpReads:
    """What can be asked of the server at the other end of ``wire``.

    The server decides who is asking: the principal of each call is not sent.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """Branches, then tags, each sorted by name."""
        return (await self._listed("labels", answers.read_label, {})).items

    async def label(self, who: Principal, name: str) -> Label:
        """The branch, else the tag, of this name."""
        answer = await self._get(path_of("labels", ("label", name)))
        return self._wire.read(answer, answers.read_label)

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """The sources of the applications and profiles, strongest first."""
        names = ("application", ",".join(applications)), ("profile", ",".join(profiles))
        answer = await self._get(path_of("environments", *names), reading_query(reading) | {"sources": "true"})
        return self._wire.read(answer, lambda found: answers.read_environment(found, reading.revision))

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """The applications something is stored for."""
        return await self._listed("applications", answers.read_application, reading_query(reading))

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """The stored files by application and profile."""
        of = {} if application is None else {"application": application}
        return await self._listed("sources", answers.read_source_file, reading_query(reading) | of)

    async def source(self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT) -> StoredSource:
        """What is stored for exactly this application and profile."""
        path = path_of("sources", ("application", application), ("profile", profile))
        answer = await self._get(path, reading_query(reading) | {"shape": "flat", "positions": "true"})
        commit, validator = header(answer, "Config-Commit"), validator_of(answer)
        return self._wire.read(answer, lambda found: answers.read_source(found, commit, validator or ""))

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """One file's bytes."""
        answer = await self._get(path_of("files", ("path", path)), reading_query(reading))
        return StoredFile(path, header(answer, "Config-Commit"), validator_of(answer) or "", answer.body)

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
        return ServedFile(found, header(answer, "Config-Commit"), validator_of(answer) or "", answer.body)

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """Every plain file, without content."""
        listing = await self._listed("files", lambda one: (one.text("path"), one.text("blob")), reading_query(reading))
        found = tuple(StoredFile(path, listing.commit, blob, b"") for path, blob in listing.items)
        return Listing(listing.commit, found)

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first."""
        return self._wire.read(await self._get("/history", history_query(label, query)), answers.read_history)

    async def diff(self, who: Principal, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """What differs between two readings."""
        sides = (await self._revision(old) or await self.default_label()) if old else None, await self._revision(new)
        if query.format is not DiffFormat.UNIFIED:
            answer = await self._get("/diff", diff_query(*sides, query))
            return self._wire.read(answer, lambda found: answers.read_comparison(found, query.format))
        return await self._unified(sides, query)

    async def commit_details(self, who: Principal, revision: str) -> CommitDetails:
        """One commit: what it says, what it changed, and when it was in force."""
        return self._wire.read(await self._get(path_of("history", ("revision", revision))), answers.read_details)

    async def staged(self, who: Principal, label: str | None) -> Staged:
        """What is staged for a label, be it nothing."""
        return self._wire.read(await self._get(f"{await self._label(label)}/staged"), answers.read_staged)

    async def check_staged(self, who: Principal, label: str | None, part: StagedPart = EVERYTHING) -> Check:
        """What an apply would meet now."""
        path, body = f"{API}{await self._label(label)}/check", json_body(part_members(part))
        answer = await self._wire.ask("POST", path, headers={"Content-Type": "application/json"}, body=body)
        return self._wire.read(answer, answers.read_check)

    async def readiness(self) -> Readiness:
        """Whether the server says that it can answer."""
        answer = await self._wire.ask("GET", "/ready", taken=(503,))
        return self._wire.read(answer, answers.read_readiness)

    async def default_label(self) -> str:
        """The name of the label that requests without one mean. In an empty repository, where the server does not
        tell, it is mostly ``main``."""
        return next((label.name for label in await self.labels(ANONYMOUS) if label.default), "main")

    async def _unified(self, sides: tuple[str | None, str | None], query: DiffQuery) -> Comparison:
        """Two questions, the second one about the commits that the first one's answer names."""
        keys = DiffQuery(query.application, query.profile, query.effective)
        found = self._wire.read(
            await self._get("/diff", diff_query(*sides, keys)),
            lambda found: answers.read_comparison(found, DiffFormat.KEYS),
        )
        answer = await self._get("/diff", diff_query(found.old.commit or None, found.new.commit, query))
        return Comparison(found.old, found.new, found.changes, found.files, answer.body.decode(errors="surrogatepass"))

    async def _label(self, name: str | None) -> str:
        """The path of a label, None: the default one."""
        return path_of("labels", ("label", await self.default_label() if name is None else name))

    async def _revision(self, reading: Reading) -> str | None:
        if reading.at is None:
            return reading.revision
        name = await self.default_label() if reading.revision is None else reading.revision
        return f"{name}@{{{reading.at}}}"

    async def _listed(self, name: str, reader: Callable[[Members], T], query: Query) -> Listing[T]:
        """All pages of a list; each is of the commit that the first one was of."""
        items: list[T] = []
        cursor: Query = {}
        for _ in range(MAX_PAGES):
            answer = await self._get(f"/{name}", query | {"limit": PAGE} | cursor)
            page = self._wire.read(answer, lambda found: answers.read_page(found, name, reader))
            items += page.items
            if page.next is None:
                return Listing(page.commit, tuple(items))
            cursor = {"cursor": page.next}
        raise ServerUnreachable(f"{self._wire.shown} lists more than {MAX_PAGES} pages of {name}")

    async def _get(self, path: str, query: Query | None = None) -> Answer:
        return await self._wire.ask("GET", f"{API}{path}", query)


def header(answer: Answer, name: str) -> str:
    """A header's value, empty where it is not there."""
    found: str = answer.headers.get(name, "")
    return found


def validator_of(answer: Answer) -> str | None:
    """What the ETag says of the content, without the shape it was shown in; None where there is none."""
    tag = header(answer, "ETag").removeprefix("W/").strip('"')
    return tag.partition("-")[0] or None
