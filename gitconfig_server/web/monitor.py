"""``POST /monitor``: a webhook says that the upstream repository has changed.

It answers with the names of the applications that may be touched, as Spring Cloud Config Monitor does, and at once:
the fetch that it asks for comes after.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.settings.upstream import MonitorSettings, ProviderSettings
from gitconfig_server.web.monitor_paths import changed_paths, names_of
from gitconfig_server.web.refusals import Unauthenticated, UnsupportedMediaType
from gitconfig_server.web.rendering import render
from gitconfig_server.web.webhook_signatures import is_authentic

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
        names = names_of(changed_paths(request.headers, body, enabled))
        if trigger:
            trigger()
        return Response(render(names), headers={"Cache-Control": "no-store"}, media_type=JSON)

    return [Route(f"{settings.path}/monitor", monitor, methods=["POST"])]


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
