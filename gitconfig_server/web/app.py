"""The whole HTTP application: the faces, and the manners around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gitconfig_server.errors import NotFound
from gitconfig_server.service.base import ConfigService
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.spring.assembly import is_template
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.settings import Settings
from gitconfig_server.web.git.smart_http import GIT
from gitconfig_server.web.handlers import HANDLERS, on_unexpected
from gitconfig_server.web.later import Later, LaterApp
from gitconfig_server.web.manners.access import Finished, log_requests
from gitconfig_server.web.manners.bodies import Bodies
from gitconfig_server.web.manners.headers import RequestIds, SecurityHeaders
from gitconfig_server.web.manners.hosts import Hosts
from gitconfig_server.web.manners.methods import Methods
from gitconfig_server.web.manners.paths import RawPaths
from gitconfig_server.web.operations.counted import Metrics
from gitconfig_server.web.operations.health import PROBES, actuator_routes, health_routes
from gitconfig_server.web.operations.metrics import metrics_route
from gitconfig_server.web.operations.monitor import monitor_routes
from gitconfig_server.web.operations.welcome import welcome_routes
from gitconfig_server.web.problems.failures import answer_failure
from gitconfig_server.web.problems.refusals import RouteNotFound
from gitconfig_server.web.spring.encryption import EncryptionFace
from gitconfig_server.web.spring.routes import spring_routes
from gitconfig_server.web.spring.seed import seed_routes
from gitconfig_server.wire.problems import API

_SEVERAL = "the setting repository names several repositories, and this is the API of one: Spring's routes read them"

_SOON = 1.0
"""Seconds after the start in which the first answers have the processor for themselves."""

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


def create_app(
    service: ConfigService,
    settings: Settings,
    *,
    spring: SpringReader,
    encryption: EncryptionFace | None = None,
    git_http: ASGIApp | None = None,
    metrics: Metrics | None = None,
    lifespan: Lifespan | None = None,
    trigger: Callable[[], None] | None = None,
) -> ASGIApp:
    """The application of one service; Spring's routes read through ``spring``. No ``encryption``: without a key.

    ``trigger`` asks for a look at the upstream repository.
    """
    native = Later(partial(_native, service, settings))
    encryption = encryption or EncryptionFace(None, Crossing(), settings.spring)
    measures = [metrics_route(metrics)] if metrics else []
    states = [
        *health_routes(service),
        *actuator_routes(service),
        *measures,
        *monitor_routes(settings.monitor, trigger),
        *welcome_routes(service),
    ]
    routes = [*states, *spring_routes(spring, settings, encryption), *seed_routes(service)]
    several = is_template(settings)
    plain = Starlette(
        routes=routes, exception_handlers=HANDLERS, lifespan=lifespan if several else _preparing(native, lifespan)
    )
    plain.router.redirect_slashes = False
    faces = _Faces(
        native=LaterApp(native),
        plain=_mannered(plain, plain.routes, settings),
        git_http=git_http,
        several=several,
    )
    app: ASGIApp = Hosts(RawPaths(faces), settings.host, settings.allowed_hosts, PROBES)
    app = ServerErrorMiddleware(app, handler=on_unexpected)
    hearers = [log_requests((*PROBES, "/metrics")), *([metrics.observe] if metrics else [])]
    return RequestIds(Finished(SecurityHeaders(app), hearers))


class _Faces:
    """Hands each request to the face its path belongs to; the plain one also hears of start and stop.

    It is of one repository: where the settings name ``several``, its paths lead nowhere.
    """

    def __init__(self, native: ASGIApp, plain: ASGIApp, git_http: ASGIApp | None, *, several: bool = False) -> None:
        self._native = native
        self._plain = plain
        self._git_http = git_http
        self._several = several

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._face(scope)(scope, receive, send)

    def _face(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._plain
        path: str = scope["path"]
        if path == API or path.startswith(f"{API}/"):
            return answer_failure(scope, NotFound(_SEVERAL)) if self._several else self._native
        if path.startswith(GIT):
            return self._git_http or answer_failure(scope, RouteNotFound(path))
        return self._plain


def _native(service: ConfigService, settings: Settings) -> ASGIApp:
    from gitconfig_server.web.native import native_app  # with its framework it is half of all that there is to load

    app = native_app(service)
    return _mannered(app, app.routes, settings)


def _preparing(native: Later[ASGIApp], lifespan: Lifespan | None) -> Lifespan:
    """``lifespan``, within which the native face is made before anybody asks for it."""

    @asynccontextmanager
    async def prepared(app: object) -> AsyncIterator[None]:
        async with lifespan(app) if lifespan else nullcontext():
            timer = native.soon(_SOON)
            yield
            timer.cancel()

    return prepared


def _mannered(app: ASGIApp, routes: Sequence[BaseRoute], settings: Settings) -> ASGIApp:
    return Bodies(Methods(app, routes), settings.limits.body_bytes, settings.limits.body_seconds)
