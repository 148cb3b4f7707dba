"""``/`` in a browser: a small page of what is here and where to go. Programs are told that it is no route."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.reads import Application
from gitconfig_server.service.base import ConfigService
from gitconfig_server.version import __version__
from gitconfig_server.web.answers.negotiation import by_preference
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.mounting import prefix_of
from gitconfig_server.web.problems.failures import answer_failure
from gitconfig_server.web.problems.refusals import RouteNotFound

_SHOWN = 50
"""Applications that the page lists."""

_PLACES = {
    "api/v1/labels": "labels: branches and tags",
    "api/v1/applications": "applications and their profiles",
    "api/v1/history": "what was in force, and when",
    "api/v1/labels/{default}/staged": "what is staged",
    "api/v1/openapi.json": "the API for machines (OpenAPI)",
    "ready": "whether it can answer",
    "metrics": "metrics, for Prometheus",
}


def welcome_routes(service: ConfigService) -> list[Route]:
    """The page."""

    async def welcome(request: Request) -> Response:
        if "text/html" not in by_preference(",".join(request.headers.getlist("accept"))):
            return answer_failure(request.scope, RouteNotFound("/"))
        try:
            applications = (await service.applications(caller_of(request.scope))).items
            label = next((one.name for one in await service.labels(caller_of(request.scope)) if one.default), "main")
        except GitConfigError:  # an empty repository, or one that cannot be read: /ready says why
            applications, label = (), "main"
        page = _write_page(str(request.url.netloc), request.url.scheme, prefix_of(request.scope), label, applications)
        headers = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
        return Response(page, headers=headers, media_type="text/html; charset=utf-8")

    return [Route("/", welcome)]


def _write_page(host: str, scheme: str, prefix: str, label: str, applications: Iterable[Application]) -> str:
    base = f"{scheme}://{host}{prefix}"
    links = (_link(path.format(default=quote(label, safe="")), f"{base}/", text) for path, text in _PLACES.items())
    listed = list(applications)
    items = "".join(_write_application(one) for one in listed[:_SHOWN])
    more = f"<li>and {len(listed) - _SHOWN} more</li>" if len(listed) > _SHOWN else ""
    here = f"<ul>{items}{more}</ul>" if listed else "<p>Nothing is stored yet: push something.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>gitconfig-server</title></head><body>'
        f"<h1>gitconfig-server {escape(__version__)}</h1>"
        f"<p>The configuration is a Git repository: <code>git clone {escape(base)}/config.git</code></p>"
        f"<h2>What applications get</h2>{here}<h2>Where to go</h2><ul>{''.join(links)}</ul>"
        "<p><code>gitcfg help</code> prints the manual.</p></body></html>\n"
    )


def _write_application(one: Application) -> str:
    name = quote(one.name.replace("/", "(_)"), safe="()")
    links = " ".join(f'<a href="{name}/{quote(profile, safe="")}">{escape(profile)}</a>' for profile in one.profiles)
    return f"<li>{escape(one.name)}: {links}</li>"


def _link(path: str, base: str, text: str) -> str:
    return f'<li><a href="{escape(path)}">{escape(base + path)}</a>: {escape(text)}</li>'
