"""``POST /monitor``: a webhook says which files of the upstream repository changed.

The contract is Spring Cloud Config Monitor's, whose extractors look at a request one after the other; the first that
finds something wins. The answer names the applications that may be touched, at once: the fetch comes after.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.settings.upstream import MonitorSettings, ProviderSettings
from gitconfig_server.web.operations.webhook_signatures import is_authentic
from gitconfig_server.web.problems.refusals import Unauthenticated, UnsupportedMediaType
from gitconfig_server.wire.json import render

log = structlog.get_logger()

Headers = Mapping[str, str]
"""With names in any case."""

Body = Mapping[str, Any]
_Extractor = Callable[[Headers, Body], list[str]]

_ALL = "application.yml"
"""A change that concerns every application."""

_MAX_STEM = 255
"""Longer names of files are nobody's: no file system would hold them."""

_MAX_NAMES = 10_000
"""What may concern more applications than this concerns all."""

_SLASHES = re.compile(r"[/\\]")


def _changed_paths(headers: Headers, body: Body, enabled: Collection[str]) -> list[str]:
    """The files that the request names, as the first of the ``enabled`` providers understands it."""
    found = (extract(headers, body) for provider, extract in _EXTRACTORS if provider in enabled)
    return next(filter(None, found), [])


def _names_of(paths: Iterable[str]) -> list[str]:
    """The applications that files of these names may configure, each once: ``*`` is all of them.

    Folders do not count, and where a name has dashes, what stands before each of them may be the application.
    """
    names: dict[str, None] = {}
    for path in paths:
        file = _SLASHES.split(path)[-1]
        stem = file.rpartition(".")[0] if "." in file else file
        for name in _cut(stem) if len(stem) <= _MAX_STEM else ():
            names["*" if name == "application" else name] = None
        if len(names) > _MAX_NAMES:
            return ["*"]
    return list(names)


def _cut(stem: str) -> list[str]:
    parts = stem.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _named(_: Headers, body: Body) -> list[str]:
    path = body.get("path")
    if isinstance(path, str):
        return [path]
    return [one for one in path if isinstance(one, str)] if isinstance(path, list) else []


def _pushed(header: str, event: str) -> _Extractor:
    """The files of all commits, where the header says that it is a push."""

    def extract(headers: Headers, body: Body) -> list[str]:
        commits = body.get("commits")
        if headers.get(header) != event or not isinstance(commits, list):
            return []
        named = (commit.get(kind) for commit in commits if isinstance(commit, dict) for kind in _KINDS)
        return [path for paths in named if isinstance(paths, list) for path in paths if isinstance(path, str)]

    return extract


def _gitea(headers: Headers, body: Body) -> list[str]:
    return [_ALL] if headers.get("x-gitea-event") == "push" and isinstance(body.get("commits"), list) else []


def _bitbucket(headers: Headers, body: Body) -> list[str]:
    event, push = headers.get("x-event-key"), body.get("push")
    if "x-hook-uuid" in headers and event in ("repo:push", "pullrequest:fulfilled"):
        merged = event == "pullrequest:fulfilled" and isinstance(body.get("pullrequest"), dict)
        return [_ALL] if merged or (isinstance(push, dict) and isinstance(push.get("changes"), list)) else []
    if "x-request-id" not in headers:
        return []
    changed = event == "repo:refs_changed" and isinstance(body.get("changes"), list)
    return [_ALL] if changed or event == "pr:merged" else []


def _gitlab(headers: Headers, body: Body) -> list[str]:
    """Pushes, those that a system hook tells of too; a system hook's ``repository_update`` names no files."""
    event, name = headers.get("x-gitlab-event"), body.get("event_name")
    if event == "System Hook" and name == "repository_update":
        return [_ALL] if isinstance(body.get("changes"), list) else []
    told = {"x-gitlab-event": "Push Hook"} if event == "System Hook" and name == "push" else headers
    return _pushed("x-gitlab-event", "Push Hook")(told, body)


def _azure(_: Headers, body: Body) -> list[str]:
    """Azure DevOps names no files, and says in the body alone what happened."""
    resource = body.get("resource")
    if body.get("eventType") != "git.push" or not isinstance(resource, dict):
        return []
    return [_ALL] if isinstance(resource.get("refUpdates"), list) else []


_KINDS = ("added", "removed", "modified")

_EXTRACTORS: tuple[tuple[str, _Extractor], ...] = (
    ("github", _pushed("x-github-event", "push")),
    ("generic", _named),
    ("bitbucket", _bitbucket),
    ("gitea", _gitea),
    ("gitee", _pushed("x-git-oschina-event", "Push Hook")),
    ("gitlab", _gitlab),
    ("gogs", _pushed("x-gogs-event", "push")),
    ("azure", _azure),
)
"""In the order in which they are asked."""


JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_MAX_FIELDS = 10_000


def monitor_routes(
    settings: MonitorSettings, trigger: Callable[[], None] | None = None, now: Callable[[], float] = time.time
) -> list[Route]:
    """The route; ``trigger`` is called for each sound request, and must answer at once."""
    enabled, secrets = _providers(settings)

    async def monitor(request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in (JSON, FORM):
            raise UnsupportedMediaType(media_type, f"{JSON} or {FORM}")
        raw = await request.body()
        if any(secrets.values()) and not is_authentic(request.headers, raw, secrets, now()):
            raise Unauthenticated("this webhook is not signed with the secret that the settings name under monitor")
        body = _form(raw) if media_type == FORM else _json(raw)
        names = _names_of(_changed_paths(request.headers, body, enabled))
        if not names:
            log.warning("webhook names no file that is known", hook=_event(request.headers, body))
        if trigger:
            trigger()
        return Response(render(names), headers={"Cache-Control": "no-store"}, media_type=JSON)

    return [Route(f"{settings.path}/monitor", monitor, methods=["POST"])]


def _event(headers: Headers, body: Body) -> str:
    """What the sender says that it tells, as far as one may guess."""
    named = [value for name, value in headers.items() if name.startswith("x-") and "event" in name]
    return ", ".join(str(one)[:80] for one in (*named, body.get("eventType"), body.get("event_name")) if one) or "none"


def _providers(settings: MonitorSettings) -> tuple[frozenset[str], dict[str, str]]:
    """The providers that are enabled, and each one's secret: its own, else that of all."""
    providers = {name: value for name, value in settings if isinstance(value, ProviderSettings) and value.enabled}
    common = settings.secret.get_secret_value()
    return frozenset(providers), {name: one.secret.get_secret_value() or common for name, one in providers.items()}


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedRequest(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise MalformedRequest("the body must be a JSON object")
    return body


def _form(raw: bytes) -> dict[str, Any]:
    """Paths, or the JSON in ``payload``, which is how GitHub posts unless it is told otherwise."""
    try:
        fields = parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise MalformedRequest(f"the form cannot be read: {error}") from error
    if "payload" in fields:
        return _json(fields["payload"][0].encode())
    if "path" not in fields:
        raise MalformedRequest("the form has neither a field named path nor one named payload")
    return {"path": fields["path"]}
