"""One spelling for every path: split on ``/`` first, decoded afterwards; ``/{label:segment}`` is one segment."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, unquote_to_bytes

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from gitconfig_server.errors import InvalidName
from gitconfig_server.web.problems.failures import answer_failure

PLAIN = "-._~!$&'()*+,=:@"
"""What may stand unencoded in a segment, but for ``;``, which sets off Spring's matrix parameters."""


class _SegmentConvertor(Convertor[str]):
    """One segment, decoded: it may come to hold slashes."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value)

    def to_string(self, value: str) -> str:
        return quote(value, safe=PLAIN)


class _SpringSegmentConvertor(_SegmentConvertor):
    """One segment without its matrix parameters (``main;x=1`` is ``main``), as Spring's routes read it."""

    def convert(self, value: str) -> str:
        return super().convert(value.partition(";")[0])


class _SpringRootConvertor(_SpringSegmentConvertor):
    """The first segment at the root, where some words belong to others; Spring has them all beneath ``/config``."""

    regex = "(?!(?:config|config\\.git|git|console|actuator)(?:[;/]))[^/]+"


class _RestConvertor(_SegmentConvertor):
    """All that follows, slashes and all, decoded."""

    regex = ".+"


class _LabelConvertor(_RestConvertor):
    """A label's name, slashes and all, but for what ends as the routes beneath a label do: ``foo/apply`` is the verb of
    ``foo``, and ``foo%2Fapply`` names the label."""

    regex = (
        "(?!.+/(?:commits|check|apply|promote|restore|rollback|revert|pin|freeze|hanging"
        "|pending(?:/[^/]+(?:/confirm)?)?|staged(?:/(?:update|discard))?)$).+"
    )


class _RenderingConvertor(_SpringSegmentConvertor):
    """A segment like ``orders-prod.yml``: it asks for an environment in another form."""

    regex = "[^/;]*-[^/;]*\\.(?:yml|yaml|json|properties)(?:;[^/]*)?"


class _SpringPathConvertor(_SpringSegmentConvertor):
    """All that follows, if anything, each segment without its matrix parameters and decoded."""

    regex = ".*"

    def convert(self, value: str) -> str:
        return "/".join(map(super().convert, value.split("/")))


register_url_convertor("segment", _SegmentConvertor())
register_url_convertor("spring", _SpringSegmentConvertor())
register_url_convertor("root", _SpringRootConvertor())
register_url_convertor("rest", _RestConvertor())
register_url_convertor("label", _LabelConvertor())
register_url_convertor("rendering", _RenderingConvertor())
register_url_convertor("spring_path", _SpringPathConvertor())


_LEADING = re.compile(r"^/{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RawPaths:
    """Routes see the path in one spelling: percent-encoded where it must be and nowhere else.

    A run of slashes in front is one: clients put a path behind an address that ends in one. Segments that are not UTF-8
    or hold control characters are answered with 400.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # raw_path is optional in ASGI; without it, an encoded slash cannot be told from a plain one.
            raw = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
            try:
                scope = dict(scope, path="/".join(map(_spell, _LEADING.sub("/", raw).split("/"))))
            except InvalidName as error:
                await answer_failure(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _spell(segment: str) -> str:
    return ";".join(quote(_decode(part), safe=PLAIN) for part in segment.split(";"))


def _decode(part: str) -> str:
    try:
        # Strict, unlike unquote: with replaced bytes two labels could be asked for by one path.
        text = unquote_to_bytes(part.encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise InvalidName("path", part, "is not UTF-8") from error
    if _CONTROL.search(text):
        raise InvalidName("path", part, "must not contain control characters")
    return text
