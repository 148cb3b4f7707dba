"""JSON pointers (RFC 6901)."""

from __future__ import annotations


def token(name: str) -> str:
    """A member's name as a part of a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def pointer(*parts: str | int) -> str:
    """The pointer that leads through members and items; empty for the whole document."""
    return "".join(f"/{token(str(part))}" for part in parts)
