"""Storage URLs: where a repository is, in one word of the settings.

Each scheme has an opener in a file of its own, imported when first named. A package of somebody else's adds one by an
entry point in the group ``gitconfig_server.storages``: its name is the scheme, its value a function that takes the URL
and answers a storage with the name of the repository in it. The storage passes ``storage/conformance``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.storage.base import Storage
from gitconfig_server.storage.object_store import StoredObjects

_Opener = Callable[[str], tuple[Storage, str]]

_DEFAULT_NAME = "config"
_GROUP = "gitconfig_server.storages"

_OURS = {
    "memory": "gitconfig_server.storage.memory.storage",
    "mongodb": "gitconfig_server.storage.mongodb.storage",
    "postgresql": "gitconfig_server.storage.postgresql.storage",
    "sqlite": "gitconfig_server.storage.sqlite.storage",
}
"""Scheme -> the module whose ``open_url`` opens it; what a path or ``file://`` names is on disk."""

_DRIVERS = {"mongodb": "pymongo", "postgresql": "psycopg"}

_EXPECTED = "a path, file:///path, sqlite:///path, postgresql://host/database, mongodb://host/database or memory://name"
_SECRET = re.compile("password|secret|authMechanismProperties", re.IGNORECASE)
"""Is in the names of those parameters of drivers that hold something secret."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def open_storage(url: str, hooks: Mapping[str, str] | None = None) -> tuple[Storage, str]:
    """The storage that ``url`` names, and the name of the repository in it, which need not exist yet.

    A memory storage is a new one each time. ``hooks`` are for repositories on disk. The caller closes the storage.
    """
    if not url.strip():
        raise InvalidSettings(f"repository: empty, expected {_EXPECTED}")
    scheme = _scheme_of(url)
    if scheme in ("", "file"):
        from gitconfig_server.storage.disk.storage import open_path

        return open_path(Path(_file_path(url) if scheme else url).expanduser(), hooks)
    return _opener(scheme)(url)


@contextmanager
def open_objects(folder: str) -> Iterator[StoredObjects]:
    """The objects in a folder that stock Git made, such as its quarantine: loose ones and packs."""
    from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders
    from gitconfig_server.storage.disk.objects.store import DiskObjects

    files = DiskFiles()
    with closing(DiskObjects(folder, files, DurableFolders(folder, files))) as objects:
        yield objects


def _scheme_of(url: str) -> str:
    """The scheme of a URL in lower case, empty where it is a path."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def public_uri(url: str) -> str:
    """What names of property sources begin with, where no setting says so.

    A folder's own URL; of what is in a database the repository's name alone, which is the same for every server.
    """
    scheme = _scheme_of(url)
    if not scheme:
        return Path(url).expanduser().absolute().as_uri()
    return url if scheme in ("file", "memory") else _repository_name(url)


def shown_url(url: str) -> str:
    """A storage URL as it may be printed: without what is secret in it."""
    scheme = _scheme_of(url)
    if not scheme:
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    open_to_all = "&".join(one for one in parts.query.split("&") if not _SECRET.search(one.partition("=")[0]))
    return f"{scheme}://{user.partition(':')[0]}{at}{host}{parts.path}{'?' if open_to_all else ''}{open_to_all}"


def _repository_name(url: str) -> str:
    """What ``?repository=`` of a database's URL says."""
    return parse_qs(urlsplit(url).query).get("repository", [_DEFAULT_NAME])[-1]


def _opener(scheme: str) -> _Opener:
    if scheme in _OURS:
        try:
            opener: _Opener = import_module(_OURS[scheme]).open_url
        except ModuleNotFoundError as error:
            package = _DRIVERS.get(scheme, error.name)  # MongoDB's goes by the name of another package, too
            raise InvalidSettings(
                f"repository: {scheme}:// needs the package {package}: pip install 'gitconfig-server[{scheme}]'"
            ) from error
        return opener
    from importlib.metadata import entry_points  # a fifth of what the hook loads, and hardly ever needed

    for entry in entry_points(group=_GROUP, name=scheme):
        opener = entry.load()
        return opener
    # the rest of the URL may hold a password: it is never repeated
    raise InvalidSettings(f"repository: unknown storage {scheme}://, expected {_EXPECTED}")


def _file_path(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise InvalidSettings("repository: file:// takes an absolute path of this machine, as in file:///srv/config")
    if not parts.path.strip("/"):
        raise InvalidSettings("repository: file:// names no folder, expected file:///path/to/repository")
    return unquote(parts.path)
