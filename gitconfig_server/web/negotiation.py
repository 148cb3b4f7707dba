"""Which of Spring's two JSON forms a client wants."""

from __future__ import annotations

V1 = "application/json"
V2 = "application/vnd.spring-cloud.config-server.v2+json"
_WANTED = {V1: V1, "application/*": V1, "*/*": V1, V2: V2, "application/*+json": V2}
_FILE_TYPES = ("text/", "application/xml", "application/octet-stream")


def negotiate(accept: str) -> str:
    """V1 or V2. What is neither is answered with V1: Spring's 406 helps nobody."""
    return next((_WANTED[media_type] for media_type in _by_preference(accept) if media_type in _WANTED), V1)


def wants_file(accept: str) -> bool:
    """Whether only file types will do, so that Spring answers a labelled path as a file of an empty name."""
    types = _by_preference(accept)
    return bool(types) and all(media_type.startswith(_FILE_TYPES) for media_type in types)


def _by_preference(accept: str) -> list[str]:
    """Media types by falling quality, then the more exact first; those with quality 0 left out."""
    ranked: list[tuple[float, int, str]] = []
    for item in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        quality = next((_quality(part[2:]) for part in parameters if part.startswith("q=")), 1.0)
        if media_type and quality > 0:
            ranked.append((-quality, media_type.count("*"), media_type))
    return [media_type for _, _, media_type in sorted(ranked, key=lambda one: one[:2])]


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
