"""The ASGI application: the tree as resources, verbs beneath ``/-/``."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gitconfig_server.errors import Denied, GitConfigError, InvalidInput, PreconditionFailed
from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.control import Control
from gitconfig_server.manager.errors import ApplyFailed, LookupFailed, Misfit, NotAllowed, Problem
from gitconfig_server.manager.nodes.paths import join_path, list_index
from gitconfig_server.manager.nodes.values import MISSING, Data, masked
from gitconfig_server.manager.rest.openapi import openapi
from gitconfig_server.manager.rest.requests import (
    Receive,
    RestAnswer,
    RestHeaders,
    RestRequest,
    Scope,
    Send,
    etag,
    location_of,
    matches,
    problem_of,
    read_request,
    send_answer,
)
from gitconfig_server.manager.verbs import VERBS, applied_data
from gitconfig_server.model.principals import Principal
from gitconfig_server.wire.json import render

log = logging.getLogger(__name__)

Authorize = Callable[[RestRequest], Awaitable[Principal | str | None] | Principal | str | None]
"""Who is asking; None: it may not. An exception that says 401 is ``Unauthorized``."""

_METHODS = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"


class Unauthorized(Denied):
    """Who is asking is not known yet."""

    code = "unauthorized"


_REFUSALS: Mapping[int, type[Denied]] = {401: Unauthorized, 403: Denied}


class RestApp:
    """One Manager's tree. ``hosts``: the names it answers to, None: any; ``origins``: of whom browsers may call it.

    Mounted in a service, ``authorize`` decides; without it everybody may who comes that far.
    """

    def __init__(
        self,
        control: Control,
        authorize: Authorize | None = None,
        *,
        hosts: Sequence[str] | None = None,
        origins: Sequence[str] = (),
    ) -> None:
        self._control = control
        self._authorize = authorize
        self._hosts = None if hosts is None else {one.lower() for one in hosts}
        self._origins = tuple(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = read_request(scope, receive)
        answer = await self._answered(request)
        if (origin := request.headers.get("origin")) in self._origins and origin is not None:
            allowed = ((b"access-control-allow-origin", origin.encode()), (b"vary", b"Origin"))
            answer = RestAnswer(answer.status, answer.body, (*answer.headers, *allowed), answer.media)
        await send_answer(scope, send, answer, head=request.method == "HEAD")

    async def _answered(self, request: RestRequest) -> RestAnswer:
        try:
            self._check_origin(request)
            if request.method == "OPTIONS":
                return self._options(request)
            await self._admit(request)
            request.is_admitted = True
            if request.segments[:1] == ("-",):
                return await self._verb(request)
            return await self._resource(request)
        except Unauthorized as error:
            answer = problem_of(error, 401)
            return RestAnswer(
                401, answer.body, ((b"www-authenticate", b'Basic realm="configuration", Bearer'),), answer.media
            )
        except ApplyFailed as error:
            return problem_of(error, 422 if error.refused else 500)
        except Denied as error:  # of one who was let in it is the store that refuses, and it refuses the service
            return problem_of(error, 502 if request.is_admitted else 403)
        except GitConfigError as error:
            return problem_of(error)
        except Exception:  # the service lives on, and its client is told nothing of its inside
            log.exception("%s %s failed", request.method, request.path)
            return problem_of(GitConfigError("an internal error: the log of the service has it"))

    async def _resource(self, request: RestRequest) -> RestAnswer:
        if request.method in ("GET", "HEAD"):
            return await self._read(request)
        if "save" in request.query:
            if request.segments[:2] != ("config", "running"):
                raise Misfit([Problem("save", "what runs is saved: beneath /config/running alone")])
            await self._control.catch_up()  # the last caller may have met another process on this port
        if request.method == "PUT":
            value = await request.data()
            return await self._edited(request, lambda old: value)
        if request.method == "PATCH":
            patch = await request.data()
            return await self._edited(request, lambda old: _patched(old, patch))
        if request.method == "DELETE":
            return await self._edited(request, lambda old: _gone(old, request))
        if request.method == "POST":
            return await self._create(request)
        raise NotAllowed(request.path, f"{request.method} is not known here", _METHODS.split(", "))

    async def _read(self, request: RestRequest) -> RestAnswer:
        problems: list[Problem] = []
        data = masked(await self._control.get(request.path, problems))
        tag = etag(data)
        headers = [(b"etag", tag.encode())]
        if problems:
            headers.append((b"config-problems", render([one.path for one in problems[:20]])))
        if matches(request.headers.get("if-none-match", ""), tag):
            return RestAnswer(304, b"", headers)
        return RestAnswer(200, render(data), headers)

    async def _edited(self, request: RestRequest, compute: Callable[[Data], Data]) -> RestAnswer:
        """Change what stands at the path; what the caller saw must still be so, if it says what that was."""
        wanted = request.headers.get("if-match")
        new = request.headers.get("if-none-match", "").strip() == "*"
        made = False

        def checked(old: Data) -> Data:
            nonlocal made
            made = old is MISSING
            if wanted is not None and (old is MISSING or not matches(wanted, etag(masked(old)))):
                raise PreconditionFailed(request.path, "running", "")
            if new and old is not MISSING:
                raise PreconditionFailed(request.path, "running", "")
            return compute(old)

        applied = await self._control.edit(request.path, checked, author=request.who)
        return await self._applied(request, applied, 201 if made and request.method == "PUT" else 200)

    async def _create(self, request: RestRequest) -> RestAnswer:
        body = await request.data()
        present = await self._control.get(request.path)
        if isinstance(present, list):
            before = request.query.get("before", str(len(present)))
            if (index := list_index(before)) is None or index > len(present):
                raise InvalidInput(f"before={before[:20]}: expected an index up to {len(present)}")
            name, value = before, body
        else:
            if not isinstance(body, dict) or not isinstance(body.get("name"), str) or body.keys() - {"name", "value"}:
                raise Misfit([Problem("", 'expected {"name": "...", "value": ...}; the value may be left out')])
            name, value = body["name"], body.get("value", MISSING)
        applied = await self._control.create(request.path, name, value, author=request.who)
        return await self._applied(request, applied, 201, ((b"location", location_of(request, name)),))

    async def _applied(
        self, request: RestRequest, applied: Applied, status: int, headers: RestHeaders = ()
    ) -> RestAnswer:
        """What a change did; with ``?save=MESSAGE`` it is saved by the process that has it, whoever shares its port."""
        told = applied_data(applied)
        if (message := request.query.get("save")) is not None:
            saved = await self._control.verb("save", {"message": message}, author=request.who)
            told = {**told, "saved": saved}
        return RestAnswer(status, render(told), headers)

    async def _verb(self, request: RestRequest) -> RestAnswer:
        name = "/".join(request.segments[1:])
        if name == "openapi.json" and request.method in ("GET", "HEAD"):
            return RestAnswer(200, render(openapi()))
        if name == "status" and request.method in ("GET", "HEAD"):
            return RestAnswer(200, render(self._control.status()))
        verb = VERBS.get(name)
        if verb is None:
            raise LookupFailed(name, f"-/{name}", f"the verbs are {', '.join(VERBS)}")
        if request.method in ("GET", "HEAD") and verb.reads:
            given: dict[str, Any] = {name: text for name, text in request.query.items() if text}
            if (limit := list_index(given.get("limit", ""))) is not None:
                given["limit"] = limit
        elif request.method == "POST":
            given = await request.data() if await request.body() else {}
            if not isinstance(given, dict):
                raise Misfit([Problem("", "expected a JSON object with the arguments")])
        else:
            raise NotAllowed(f"-/{name}", "POST a verb", ("GET", "HEAD", "POST") if verb.reads else ("POST",))
        return RestAnswer(200, render(await self._control.verb(name, given, author=request.who)))

    async def _admit(self, request: RestRequest) -> None:
        if self._authorize is None:
            return
        try:
            who = self._authorize(request)
            if inspect.isawaitable(who):
                who = await who
        except Exception as error:
            if (refusal := _REFUSALS.get(getattr(error, "status_code", 0))) is None:
                raise
            raise refusal(str(getattr(error, "detail", error))) from error  # as the framework of the service says no
        if who is None:
            raise Denied("this caller may not do that")
        request.who = who if isinstance(who, str) else who.name

    def _check_origin(self, request: RestRequest) -> None:
        """Names that are not ours, and other sites' pages, get nothing."""
        if self._hosts is not None and request.host.lower() not in self._hosts:
            raise Denied(f"{request.host[:80]!r} is no name of this server: say hosts= in its URL")
        origin = request.headers.get("origin")
        if origin is None or origin in self._origins:
            return
        own = f"{request.scope.get('scheme', 'http')}://{request.headers.get('host', '')}"
        if origin != own or request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
            raise Denied(f"pages of {origin[:80]} may not call this server: say cors= in its URL")

    def _options(self, request: RestRequest) -> RestAnswer:
        headers = [(b"allow", _METHODS.encode())]
        if request.headers.get("origin") in self._origins and "access-control-request-method" in request.headers:
            headers += [
                (b"access-control-allow-methods", _METHODS.encode()),
                (b"access-control-allow-headers", b"authorization, content-type, if-match, if-none-match"),
                (b"access-control-max-age", b"600"),
            ]
        return RestAnswer(204, b"", headers)


def _patched(old: Data, patch: Data) -> Data:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    found = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _patched(found.get(name), value)
    return found


def _gone(old: Data, request: RestRequest) -> Data:
    if old is MISSING:
        raise LookupFailed(request.segments[-1] if request.segments else "", join_path(request.segments))
    return MISSING


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
