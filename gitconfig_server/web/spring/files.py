"""Plain files as Spring serves them: ``/{name}/{profiles}/{label}/{path}``, or without label where the query says so.

Text has its placeholders resolved; who accepts bytes before anything else gets the file as it is stored.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from gitconfig_server.config.names.file_names import SLASH, refuse_hostile
from gitconfig_server.errors import NotFound
from gitconfig_server.model.spring import Asked
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.service.spring.texts import read_text
from gitconfig_server.settings import Settings
from gitconfig_server.web.answers.conditional import answer, weak
from gitconfig_server.web.answers.negotiation import BYTES, negotiate_text, wants_bytes
from gitconfig_server.web.answers.reuse import Both
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.spring.environments import spring_etag
from gitconfig_server.web.spring.renderings import resolves_placeholders
from gitconfig_server.web.spring.requests import NOT_KEPT, Mount, read_asked, reuse_of

_DEFAULT_LABEL = "useDefaultLabel"
_VARY = {"Vary": "Authorization, Accept, Accept-Charset"}
_NAME = re.compile(r"[A-Za-z0-9._:+-]{1,40}")
_CHARSETS = re.compile(r"ascii|utf-(?:8|16|32)(?:-[bl]e)?|iso8859-\d+|cp\d+|gb\w+|big5|shift_jis|euc_\w+|koi8-[ru]")
"""Python's names for what the world calls charsets; it knows other codings by name that are none."""


class SpringFiles:
    """Files by path. What is not there is answered with 404 and no body, whatever is missing."""

    def __init__(self, reader: SpringReader, settings: Settings) -> None:
        self._reader = reader
        self._settings = settings.spring

    def routes(self, mount: Mount) -> list[Route]:
        """Those without label in front: their last segment could be another's label."""
        base = f"{mount.path}/{{name:{mount.first}}}/{{profiles:spring}}"
        return [
            _OfDefaultLabel(f"{base}/{{path:spring_path}}", self._file),
            Route(f"{base}/{{label:spring}}/{{path:spring_path}}", self._file),
        ]

    async def _file(self, request: Request) -> Response:
        given = request.path_params
        for number, (label, path) in enumerate(_meanings(given.get("label"), given["path"])):
            asked = read_asked(self._settings, given["name"], given["profiles"], label)
            try:
                return await self._answer(request, asked, _read_path(path), stays=number == 0)
            except NotFound:
                continue
        return Response(status_code=404, headers={"Cache-Control": "no-store"})

    async def _answer(self, request: Request, asked: Asked, path: str, *, stays: bool) -> Response:
        """``stays``: the answer is right for as long as what it was made from is the same; no other comes before it."""
        accept = ",".join(request.headers.getlist("accept"))
        form = self._bytes if wants_bytes(accept) else self._text
        return await form(request, asked, path, stays)

    async def _bytes(self, request: Request, asked: Asked, path: str, stays: bool) -> Response:
        file = await self._reader.file(caller_of(request.scope), asked, path)
        return answer(
            request,
            file.content,
            media_type=BYTES,
            etag=weak(file.path, file.blob, BYTES),
            commit=file.commit,
            asked=asked.label,
            since=file.since,
            headers=_VARY,
            reuse=reuse_of(asked, file.basis) if stays else None,
        )

    async def _text(self, request: Request, asked: Asked, path: str, stays: bool) -> Response:
        charset = read_charset(request.headers.get("accept-charset", ""))
        media_type = negotiate_text(",".join(request.headers.getlist("accept")))
        resolve = resolves_placeholders(request)
        read = await read_text(self._reader, caller_of(request.scope), asked, path, charset=charset, resolve=resolve)
        file, environment, basis = read.file, read.environment, read.file.basis
        etag = weak(file.path, file.blob, media_type, charset)
        if environment:
            basis = Both(basis, environment.basis) if basis and environment.basis else None
            etag = spring_etag(asked, environment, file.path, file.blob, media_type, charset, resolve)
        return answer(
            request,
            read.text.encode("utf-8", "replace"),
            media_type=media_type,
            etag=etag,
            commit=file.commit,
            asked=asked.label,
            since=file.since,
            headers=_VARY | (NOT_KEPT if read.secret else {}),
            reuse=reuse_of(asked, basis) if stays else None,
        )


class _OfDefaultLabel(Route):
    """A route for requests that name no label and say so in the query; what the option is set to does not count."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and _DEFAULT_LABEL in Request(scope).query_params:
            return super().matches(scope)
        return Match.NONE, {}


def _meanings(label: str | None, path: str) -> Iterator[tuple[str | None, str]]:
    """Labels and paths in the order they are tried: what needs no label may have one in front all the same."""
    yield label, path
    first, slash, rest = path.partition("/")
    if label is None and slash and first:
        yield first, rest


def _read_path(path: str) -> str:
    """The path that decoded segments name, without empty ones; InvalidName for what Spring's ``PathUtils`` refuses."""
    refuse_hostile("path", path)
    return "/".join(filter(None, path.replace(SLASH, "/").split("/")))


def read_charset(accept_charset: str) -> str:
    """Python's name of the first charset in the header; UTF-8 where it names none that is known."""
    name = accept_charset.split(",")[0].partition(";")[0].strip()
    if not _NAME.fullmatch(name):
        return "utf-8"
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    return found if _CHARSETS.fullmatch(found) else "utf-8"
