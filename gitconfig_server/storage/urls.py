"""Storage URLs: where a repository is, in one word of the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.storage.base import Storage
from gitconfig_server.storage.disk.repository import DiskStorage
from gitconfig_server.storage.memory import MemoryStorage

DEFAULT_NAME = "config"

_EXPECTED = "a path, file:///path or memory://name"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def open_storage(url: str, hooks: Mapping[str, str] | None = None) -> tuple[Storage, str]:
    """The storage that ``url`` names, and the name of the repository in it, which need not exist yet.

    ``/path/to/repository``, ``file:///path/to/repository`` or ``memory://name``. A memory storage is a new one each
    time. ``hooks`` are for repositories on disk. The caller closes the storage.
    """
    if not url.strip():
        raise InvalidSettings(f"repository: empty, expected {_EXPECTED}")
    scheme = _SCHEME.match(url)
    if scheme is None:
        return _on_disk(Path(url).expanduser(), hooks)
    if scheme[1].lower() == "file":
        return _on_disk(Path(_file_path(url)), hooks)
    if scheme[1].lower() == "memory":
        return MemoryStorage(), unquote(urlsplit(url).netloc) or DEFAULT_NAME
    # the rest of the URL may hold a password: it is never repeated
    raise InvalidSettings(f"repository: unknown storage {scheme[1]}://, expected {_EXPECTED}")


def _on_disk(path: Path, hooks: Mapping[str, str] | None) -> tuple[Storage, str]:
    path = path.absolute()
    if path.name == ".git":
        path = path.parent
    if not path.name:
        raise InvalidSettings("repository: the root folder of the file system cannot be a repository")
    return DiskStorage(path.parent, hooks), path.name


def _file_path(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise InvalidSettings("repository: file:// takes an absolute path of this machine, as in file:///srv/config")
    if not parts.path.strip("/"):
        raise InvalidSettings("repository: file:// names no folder, expected file:///path/to/repository")
    return unquote(parts.path)
