"""Search paths: the folders of a tree that files are looked for in, and which name leads to a given folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.git.objects.trees import TreeView

MAX_LOCATIONS = 10_000
_MAX_FOLDERS_SEARCHED = 100_000
_MAX_SEARCH_PATH = 512
_MAX_DEPTH_BACKWARDS = 50

_PART = re.compile(r"\{[^{}]*\}|\*+|\?")
_PLACEHOLDERS = ("{application}", "{profile}", "{label}")
_DEEP = "**"

Names = Mapping[str, str]
"""``application``, ``profile`` and, where known, ``label``."""


class SearchPath(Struct, frozen=True):
    """A folder relative to the root. Its parts may hold placeholders and ``*``, ``?``; a part ``**`` is any depth."""

    parts: tuple[str, ...]

    def uses(self, placeholder: str) -> bool:
        """Whether ``{placeholder}`` occurs in it."""
        return any(f"{{{placeholder}}}" in part for part in self.parts)


def parse_search_path(text: str) -> SearchPath:
    """``/sub``, ``sub/`` and ``./sub`` are all ``sub``.

    Raises InvalidName for what could leave the tree, and for wildcards that could take long.
    """
    parts = tuple(part for part in text.split("/") if part not in ("", "."))
    if len(text) > _MAX_SEARCH_PATH or ".." in parts or "\\" in text or not text.isprintable():
        raise InvalidName("search path", text[:80], "it must be a plain folder of the repository, without ..")
    for part in parts:
        signs = _PART.findall(part)
        unknown = [one for one in signs if one.startswith("{") and one not in _PLACEHOLDERS]
        if unknown:
            raise InvalidName("search path", text, f"{unknown[0]} is none of {', '.join(_PLACEHOLDERS)}")
        # More of them in one part, and matching a name could take very long.
        if len(signs) > 2 or (_DEEP in part and part != _DEEP):
            raise InvalidName("search path", text, f"{part!r} is too wild: two of * ? {{...}} at most, ** alone")
    if parts.count(_DEEP) > 2:
        raise InvalidName("search path", text, "** may occur twice")
    return SearchPath(parts)


def find_locations(
    tree: TreeView,
    paths: Iterable[SearchPath],
    applications: Sequence[str],
    profiles: Sequence[str],
    label: str | None,
) -> tuple[bytes, ...]:
    """The folders to look in, the weakest first (Spring's ``AbstractScmAccessor``).

    The root, then each search path for every profile and application; wildcards give existing folders by name, deeper
    ones later; each folder once, where it came first. Without a label a path with ``{label}`` leads nowhere. Names
    are put in literally: a ``*`` in an application's name is no wildcard.
    """
    found: dict[bytes, None] = {b"": None}
    for path in paths:
        if label is None and path.uses("label"):
            continue
        for profile in profiles if path.uses("profile") else profiles[:1]:
            for application in applications if path.uses("application") else applications[:1]:
                names = {"application": application, "profile": profile, "label": label or ""}
                found.update(dict.fromkeys(_expand(tree, path, names)))
                if len(found) > MAX_LOCATIONS:
                    raise TooLarge("number of folders that search paths lead to", MAX_LOCATIONS)
    return tuple(found)


def _expand(tree: TreeView, path: SearchPath, names: Names) -> list[bytes]:
    folders = [b""]
    for number, part in enumerate(path.parts, 1):
        if part == _DEEP:
            deep = (below for folder in folders for below in _descendants(tree, folder))
            keep = [] if number == len(path.parts) else folders
            folders = list(dict.fromkeys([*keep, *deep]))
        elif "*" in part or "?" in part:
            pattern = _pattern(part, names)
            folders = [_join(one, name) for one in folders for name in _children(tree, one) if _named(pattern, name)]
        else:
            below = _fill(part, names).encode()
            # What is filled in may hold a slash, as a nested application does: it is then several folders.
            folders = [_join(one, below) for one in folders if tree.has_folder(_join(one, below))]
        if len(folders) > _MAX_FOLDERS_SEARCHED:
            raise TooLarge("number of folders that a search path goes through", _MAX_FOLDERS_SEARCHED)
    return folders


def _descendants(tree: TreeView, folder: bytes) -> Iterator[bytes]:
    for name in _children(tree, folder):
        below = _join(folder, name)
        yield below
        yield from _descendants(tree, below)


def _children(tree: TreeView, folder: bytes) -> list[bytes]:
    return [name for name in tree.folders(folder) if is_text(name)]


def is_text(name: bytes) -> bool:
    """Whether a name of a tree is UTF-8; no request can name others, so they hold no configuration."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _join(folder: bytes, below: bytes) -> bytes:
    return folder + b"/" + below if folder else below


def _named(pattern: re.Pattern[str], name: bytes) -> bool:
    return pattern.fullmatch(name.decode()) is not None


def _fill(part: str, names: Names) -> str:
    return _PART.sub(lambda found: names[found.group()[1:-1]], part)


def _pattern(part: str, names: Names) -> re.Pattern[str]:
    """One part as a pattern; placeholders that ``names`` lacks become groups."""
    made, end = "", 0
    groups: set[str] = set()
    for found in _PART.finditer(part):
        made += re.escape(part[end : found.start()]) + _sign(found.group(), names, groups)
        end = found.end()
    return re.compile(made + re.escape(part[end:]), re.DOTALL)


def _sign(sign: str, names: Names, groups: set[str]) -> str:
    if sign[0] != "{":
        return "[^/]*" if sign == "*" else "[^/]"
    name = sign[1:-1]
    if name in names:
        return re.escape(names[name])
    if name in groups:
        return f"(?P={name})"
    groups.add(name)
    return f"(?P<{name}>[^/]+)"


def lead_to(path: SearchPath, folder: str, label: str | None = None) -> Iterator[Names]:
    """The names with which ``path`` leads to ``folder``: a mapping for each way, empty where any name does."""
    given = {} if label is None else {"label": label}
    parts = folder.split("/")
    if len(parts) <= _MAX_DEPTH_BACKWARDS and (label is not None or not path.uses("label")):
        yield from _ways(path.parts, parts, given)


def _ways(template: Sequence[str], parts: Sequence[str], names: Names) -> Iterator[Names]:
    if not template:
        if not parts:
            yield {name: value for name, value in names.items() if name != "label"}
        return
    first, rest = template[0], template[1:]
    for length in range(len(parts) + 1):
        here = "/".join(parts[:length])
        if first == _DEEP:
            if length or rest:
                yield from _ways(rest, parts[length:], names)
        elif length and (found := _captured(first, here, names)) is not None:
            yield from _ways(rest, parts[length:], {**names, **found})


def _captured(part: str, text: str, names: Names) -> Names | None:
    """What placeholders of ``part`` must be for it to read ``text``; a whole part may stand for a nested name."""
    if part in _PLACEHOLDERS:
        name = part[1:-1]
        return {name: text} if names.get(name, text) == text else None
    if "/" in text:
        return None
    found = _pattern(part, names).fullmatch(text)
    return None if found is None else found.groupdict()
