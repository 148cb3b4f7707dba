"""Addresses of repositories with ``{application}``, ``{profile}`` and ``{label}`` in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from gitconfig_server.config.names.file_names import check_path
from gitconfig_server.errors import InvalidName, InvalidSettings, RepositoryNotFound

_PLACEHOLDERS = ("application", "profile", "label")

_SIGN = re.compile(r"\{([^{}]*)\}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://|[\w.-]+@[\w.-]+:")


class Location(Struct, frozen=True):
    """A folder that should be a repository.

    Where names have been put into its path, it must not lie outside ``root``, wherever symbolic links lead.
    """

    path: Path
    uri: str
    root: Path | None = None

    def is_inside(self) -> bool:
        """Whether whatever storage may open for it lies in the root. Reads the file system; OSError, RuntimeError."""
        if self.root is None:
            return True
        root = self.root.resolve()
        places = (self.path, self.path.with_name(f"{self.path.name}.git"), self.path / ".git")
        return all(place.resolve().is_relative_to(root) for place in places)


class Template(Struct, frozen=True):
    """An address as ``setting`` gives it: the fixed folder ``root``, and beneath it ``tail``, that names are put into.

    ``shown`` is the address that names of sources begin with; it has the same placeholders.
    """

    setting: str
    root: Path
    tail: str
    shown: str

    def uses(self, placeholder: str) -> bool:
        """Whether ``{placeholder}`` occurs in it."""
        return f"{{{placeholder}}}" in self.tail

    def locate(self, names: Mapping[str, str]) -> Location:
        """The folder for these names, made of sound path segments alone; RepositoryNotFound where they are none."""
        tail = _filled(self.tail, names)
        try:
            path = self.root / check_path(tail) if self.tail else self.root
        except InvalidName as error:
            raise RepositoryNotFound(self.setting, tail) from error
        uri = _filled(self.shown, names) if self.shown else path.as_uri()
        return Location(path, uri, self.root if self.tail else None)


def has_placeholders(uri: str) -> bool:
    """Whether ``uri`` names several repositories."""
    return any(f"{{{name}}}" in uri for name in _PLACEHOLDERS)


def parse_template(setting: str, uri: str, shown: str = "") -> Template:
    """The template that ``uri`` states, a path or ``file://`` URL of this machine; InvalidSettings for anything else.

    ``shown`` is given where clients are to see another address.
    """
    unknown = [name for name in _SIGN.findall(uri + shown) if name not in _PLACEHOLDERS]
    if unknown:
        raise InvalidSettings(f"{setting}: {{{unknown[0]}}} is none of {{{'}, {'.join(_PLACEHOLDERS)}}}")
    text, url = _path_of(setting, uri)
    placeholder = _SIGN.search(text)
    cut = text.rfind("/", 0, placeholder.start()) + 1 if placeholder else len(text)
    root = Path(text[:cut] or ".").expanduser().absolute()
    if not placeholder and not root.name:
        raise InvalidSettings(f"{setting}: the root folder of the file system cannot be a repository")
    return Template(setting, root, text[cut:].rstrip("/"), (shown or url).rstrip("/"))


def _path_of(setting: str, uri: str) -> tuple[str, str]:
    """The path, and the URL that names of sources show, which is empty where the path makes it."""
    if not uri.strip():
        raise InvalidSettings(f"{setting}: empty, expected a path or file:///path")
    remote = _SCHEME.match(uri)
    if remote is None:
        return uri, ""
    host, _, path = uri[remote.end() :].partition("/")
    if (remote[1] or "").lower() != "file" or host not in ("", "localhost") or not path.strip("/"):
        raise InvalidSettings(f"{setting}: expected a path or file:///path of this machine, where a clone can be kept")
    return "/" + unquote(path), uri


def _filled(template: str, names: Mapping[str, str]) -> str:
    return _SIGN.sub(lambda sign: names[sign[1]], template)
