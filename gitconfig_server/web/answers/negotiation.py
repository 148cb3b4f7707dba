"""Which of Spring's two JSON forms a client wants, and as what it wants a file."""

from __future__ import annotations

import re

V1 = "application/json"
V2 = "application/vnd.spring-cloud.config-server.v2+json"
TEXT = "text/plain;charset=UTF-8"
BYTES = "application/octet-stream"
_WANTED = {V1: V1, "application/*": V1, "*/*": V1, V2: V2, "application/*+json": V2}
_PLAIN_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_FILE_TYPES = ("text/", "application/xml", "application/octet-stream")


def negotiate(accept: str) -> str:
    """V1 or V2. What is neither is answered with V1: Spring's 406 helps nobody."""
    return next((_WANTED[media_type] for media_type in by_preference(accept) if media_type in _WANTED), V1)


def wants_file(accept: str) -> bool:
    """Whether only file types will do, so that Spring answers a labelled path as a file of an empty name."""
    types = by_preference(accept)
    return bool(types) and all(media_type.startswith(_FILE_TYPES) for media_type in types)


def negotiate_text(accept: str) -> str:
    """The type under which text goes out: the first that is wanted, with its charset; ``TEXT`` where any will do."""
    wanted = next(iter(by_preference(accept)), "")
    if not _PLAIN_TYPE.fullmatch(wanted):
        return TEXT
    return wanted if wanted.endswith("json") else f"{wanted};charset=UTF-8"


def wants_bytes(accept: str) -> bool:
    """Whether a file is wanted as it is stored: Spring takes any type for text, but bytes where they are named first,
    and other types in front of them decide nothing."""
    decisive = (media_type for media_type in by_preference(accept) if media_type in (BYTES, "application/*", "*/*"))
    return next(decisive, "*/*") != "*/*"


def by_preference(accept: str) -> list[str]:
    """Media types by falling quality, then the more exact first; those with quality 0 left out."""
    ranked: list[tuple[float, int, str]] = []
    for item in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        quality = next((_quality(part[2:]) for part in parameters if part.startswith("q=")), 1.0)
        if media_type and quality > 0:
            ranked.append((-quality, media_type.count("*"), media_type))
    # Stable: of equals, the one that is named first stays first, as in Spring.
    return [media_type for _, _, media_type in sorted(ranked, key=lambda one: one[:2])]


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
