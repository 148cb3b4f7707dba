"""Environments as text: ``[/{label}]/{name}-{profiles}`` with ``.properties``, ``.yml``, ``.yaml`` or ``.json``."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import NotFound
from gitconfig_server.formats.rendering.spring_texts import RENDERINGS, render_yaml
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.settings import Settings
from gitconfig_server.web.answers.conditional import answer, running_headers
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.problems.refusals import InvalidOption
from gitconfig_server.web.spring.environments import commit_of, spring_etag
from gitconfig_server.web.spring.requests import NOT_KEPT, Mount, read_asked, reuse_of

_JSON, _TEXT = "application/json", "text/plain"

_BOOLEANS = {
    **dict.fromkeys(("true", "on", "yes", "1", ""), True),
    **dict.fromkeys(("false", "off", "no", "0"), False),
}
"""As Spring reads them, in any case; what is empty stands for the default."""


class SpringRenderings:
    """One path says it all: what a client accepts is not looked at."""

    def __init__(self, reader: SpringReader, settings: Settings) -> None:
        self._reader = reader
        self._settings = settings.spring

    def routes(self, mount: Mount) -> list[Route]:
        """With and without a label."""
        labelled = f"{mount.path}/{{label:{mount.first}}}/{{file:rendering}}"
        return [Route(f"{mount.path}/{{file:rendering}}", self._rendering), Route(labelled, self._rendering)]

    async def _rendering(self, request: Request) -> Response:
        stem, _, extension = request.path_params["file"].rpartition(".")
        name, _, profiles = stem.rpartition("-")
        resolve = resolves_placeholders(request)
        asked = read_asked(self._settings, name, profiles, request.path_params.get("label"), may_be_empty=True)
        environment = await self._reader.environment(caller_of(request.scope), asked)
        if not environment.sources and not self._settings.accept_empty:
            raise NotFound("Application Not Found")
        strip = self._settings.strip_document_from_yaml
        render = RENDERINGS[extension]
        if render is render_yaml:
            render = partial(render_yaml, strip_document=strip)
        sources = [source.properties for source in environment.sources]
        return answer(
            request,
            await self._reader.work(render, sources, resolve=resolve),
            media_type=_JSON if extension == "json" else _TEXT,
            etag=spring_etag(asked, environment, extension, resolve, strip),
            commit=commit_of(environment),
            asked=asked.label,
            headers=running_headers(environment.running) | (NOT_KEPT if environment.secret else {}),
            reuse=reuse_of(asked, environment.basis),
        )


def resolves_placeholders(request: Request) -> bool:
    """The option ``resolvePlaceholders``, true where it is not given; the first one counts, as in Spring. InvalidOption
    for what is no boolean."""
    text = next(iter(request.query_params.getlist("resolvePlaceholders")), "")
    found = _BOOLEANS.get(text.strip().lower())
    if found is None:
        raise InvalidOption("resolvePlaceholders", f"{text[:40]!r} is neither true nor false")
    return found
