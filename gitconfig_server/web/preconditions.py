"""What a client says it saw: ``If-Match`` and ``If-None-Match`` of writes, and the validators they hold."""

from __future__ import annotations

import re

from starlette.requests import Request

from gitconfig_server.web.conditional import RENDERER
from gitconfig_server.web.refusals import InvalidHeader
from gitconfig_server.writes import EXISTS

_TAGS = re.compile(r'(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


def source_etag(validator: str, shape: str) -> str:
    """The strong validator of a source as it is shown in one shape."""
    return f'"{validator}-{shape}-{RENDERER}"'


def id_etag(name: str) -> str:
    """The strong validator of what an object's id names: a label's commit, a file's blob."""
    return f'"{name}"'


def read_if_match(request: Request) -> frozenset[str] | None:
    """The validators of ``If-Match``, of which one must hold; None where it is not there.

    InvalidHeader for weak ones: an environment is made of many sources, so none of its validators allows a write.
    """
    given = _header(request, "if-match")
    if given is None or given == EXISTS:
        return None if given is None else frozenset([EXISTS])
    if not _TAGS.fullmatch(given):
        raise InvalidHeader("If-Match", "is neither * nor a list of ETags in quotes")
    tags = _TAG.findall(given)
    if any(weak for weak, _ in tags):
        raise InvalidHeader("If-Match", "holds a weak ETag, as environments have: take that of the source or label")
    return frozenset(opaque.partition("-")[0] for _, opaque in tags)


def read_only_new(request: Request) -> bool:
    """Whether ``If-None-Match: *`` says that nothing may be there yet; InvalidHeader for any other."""
    given = _header(request, "if-none-match")
    if given not in (None, EXISTS):
        raise InvalidHeader("If-None-Match", "of a write can only be *: nothing may be there yet")
    return given == EXISTS


def _header(request: Request, name: str) -> str | None:
    values = request.headers.getlist(name)
    return ", ".join(values).strip() if values else None
