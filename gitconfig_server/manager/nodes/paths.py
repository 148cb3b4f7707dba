"""Paths: how people write them, and the segments they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.errors import InvalidName

Segments = tuple[str, ...]
_DIGITS = 9
"""Of an index; no list is longer."""


def split_path(text: str) -> Segments:
    """The names that ``text`` leads through; none for the root.

    Names are divided by ``/``, or by ``.`` where there is no slash. ``~1`` is a slash and ``~0`` a tilde within a name,
    as in JSON pointers. A name with a dot needs a slash in the path: ``./10.0.0.1``. Raises InvalidName.
    """
    parts = text.split("/") if "/" in text else text.split(".") if text else []
    found = [_unquoted(part) if "~" in part else part for part in parts if part != "."]
    if found and found[0] == "":
        found = found[1:]  # a leading slash is the root
    if found and found[-1] == "":
        found = found[:-1]
    if "" in found:
        raise InvalidName("path", text[:200], "an empty name leads nowhere")
    return tuple(found)


def join_path(segments: Sequence[str]) -> str:
    """The path that leads through ``segments``, relative; ``split_path`` gives them back."""
    found = "/".join(map(quote_name, segments))
    return f"./{found}" if len(segments) == 1 and "." in found else found


def is_rooted(text: str) -> bool:
    """Whether the path starts at the root (``/config/running/...``) rather than inside the configuration."""
    return text.startswith("/")


def list_index(segment: str) -> int | None:
    """The index that a segment means in a list, None where it means none; ``-0`` and ``01`` do not."""
    if not (segment.isascii() and segment.isdigit() and len(segment) <= _DIGITS):
        return None
    return int(segment) if segment == str(int(segment)) else None


def quote_name(name: str) -> str:
    """A name as it stands in a path."""
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


def _unquoted(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
