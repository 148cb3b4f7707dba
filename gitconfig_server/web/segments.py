"""Segments of paths as routes see them: ``/{label:segment}`` is one segment, decoded."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

PLAIN = "-._~!$&'()*+,=:@"
"""What may stand unencoded in a segment, but for ``;``, which sets off Spring's matrix parameters."""


class SegmentConvertor(Convertor[str]):
    """One segment, decoded: it may come to hold slashes."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value)

    def to_string(self, value: str) -> str:
        return quote(value, safe=PLAIN)


class SpringSegmentConvertor(SegmentConvertor):
    """One segment without its matrix parameters (``main;x=1`` is ``main``), as Spring's routes read it."""

    def convert(self, value: str) -> str:
        return super().convert(value.partition(";")[0])


class SpringRootConvertor(SpringSegmentConvertor):
    """The first segment at the root, where some words belong to others; Spring has them all beneath ``/config``."""

    regex = "(?!(?:config|config\\.git|git|console|actuator)(?:[;/]))[^/]+"


class RestConvertor(SegmentConvertor):
    """All that follows, slashes and all, decoded."""

    regex = ".+"


class RenderingConvertor(SpringSegmentConvertor):
    """A segment like ``orders-prod.yml``: it asks for an environment in another form."""

    regex = "[^/;]*-[^/;]*\\.(?:yml|yaml|json|properties)(?:;[^/]*)?"


class SpringPathConvertor(SpringSegmentConvertor):
    """All that follows, be it nothing, each segment without its matrix parameters and decoded."""

    regex = ".*"

    def convert(self, value: str) -> str:
        return "/".join(map(super().convert, value.split("/")))


register_url_convertor("segment", SegmentConvertor())
register_url_convertor("spring", SpringSegmentConvertor())
register_url_convertor("root", SpringRootConvertor())
register_url_convertor("rest", RestConvertor())
register_url_convertor("rendering", RenderingConvertor())
register_url_convertor("spring_path", SpringPathConvertor())
