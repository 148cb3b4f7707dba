"""From a URL to a store: a third party's scheme first, then servers, then storages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gitconfig_server.errors import InvalidName, InvalidSettings
from gitconfig_server.manager.errors import BadServerId, BadStorageURLFormat, UnknownScheme
from gitconfig_server.manager.storing.adaptors import AdaptedStore, create_storage_adaptor, has_storage_adaptor
from gitconfig_server.manager.storing.base import SavedConfigurations

if TYPE_CHECKING:
    from gitconfig_server.service.base import ConfigService

_SCHEMES = ("file", "sqlite", "postgresql", "mongodb", "memory", "http", "https")
_THREADS = 2
"""Of the engine in a service's own process."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def open_store(
    urls: Sequence[str], server_id: str, profile: str, label: str | None, token_file: str | Path | None = None
) -> SavedConfigurations:
    """The store at a URL, or behind the first of several servers that answers. Nothing is opened yet.

    Raises BadStorageURLFormat, UnknownScheme, BadServerId.
    """
    check_server_id(server_id)
    if not urls or not all(isinstance(url, str) and url.strip() for url in urls):
        raise BadStorageURLFormat("the URL of the store is empty: give a path, or one of " + _expected())
    scheme = _scheme_of(urls[0])
    if has_storage_adaptor(scheme):
        try:
            return AdaptedStore(create_storage_adaptor(server_id, urls[0]), f"{scheme}://")
        except TypeError as error:
            raise BadStorageURLFormat(f"the adaptor of {scheme}:// cannot be made: {error}") from error
    if len(urls) > 1 and any(_scheme_of(url) not in ("http", "https") for url in urls):
        raise BadStorageURLFormat("several URLs are several servers: each must begin with http:// or https://")
    from gitconfig_server.manager.storing.repository import RepositoryStore

    if scheme in ("http", "https"):
        from gitconfig_server.manager.storing.servers import ServerStore, connect

        return ServerStore(lambda: connect(urls, token_file), _shown(urls[0]), server_id, profile, label)
    if scheme and scheme not in (*_SCHEMES, "sqlite3", "postgres") and not _is_known(scheme):
        raise UnknownScheme(scheme, _SCHEMES)
    url = storage_url(urls[0])
    return RepositoryStore(lambda: _embedded(url), _shown(url), server_id, profile, label)


def check_server_id(name: str) -> None:
    """BadServerId where ``name`` cannot be an application of its own."""
    from gitconfig_server.config.names.file_names import check_application

    if name == "application":
        raise BadServerId(name, "application.yml is everybody's: choose a name of your own")
    try:
        found = check_application(name)
    except InvalidName as error:
        raise BadServerId(error.name, error.reason) from error
    if found != name or "," in name or name != name.strip():
        raise BadServerId(name, "letters, digits, dashes and dots make a name")


def storage_url(url: str) -> str:
    """The URL as the storages have it.

    ``sqlite3://`` is ``sqlite://`` and ``postgres://`` is ``postgresql://``. As elsewhere in Python, one name behind
    three slashes is a file of the working folder: ``sqlite:///echo.db``; ``:memory:`` is a new store each time.
    """
    scheme, colon, rest = url.partition("://")
    scheme = {"sqlite3": "sqlite", "postgres": "postgresql"}.get(scheme.lower(), scheme)
    if scheme.lower() == "sqlite":
        file, mark, query = rest.partition("?")
        if file.strip("/") == ":memory:":
            return "memory://"
        if file.startswith("/") and "/" not in file[1:]:
            file = file[1:]
        rest = file + mark + query
    return scheme + colon + rest if colon else url


def _scheme_of(url: str) -> str:
    """What stands before ``://``, ``""`` for a path."""
    found = _SCHEME.match(url)
    return found[1].lower() if found and url[found.end() :].startswith("/") else ""


def default_server_id(kind: type) -> str:
    """The name of a class as an application: ``EchoServer`` is ``echo-server``."""
    return (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", kind.__name__).lower().strip("_") or "service"
    )


@asynccontextmanager
async def _embedded(url: str) -> AsyncIterator[ConfigService]:
    """The engine in this process; a repository that does not exist is made."""
    import asyncio

    from gitconfig_server.service.crossing import Crossing
    from gitconfig_server.service.embedded import EmbeddedConfigService
    from gitconfig_server.service.opening import make_engine, open_stored

    try:
        opened = await asyncio.to_thread(open_stored, url, make=True)
    except InvalidSettings as error:
        raise BadStorageURLFormat(str(error)) from error
    crossing = Crossing(_THREADS)
    try:
        yield EmbeddedConfigService(make_engine(opened.stored), crossing)
    finally:
        await crossing.drain()
        await asyncio.to_thread(opened.storage.close)


def _is_known(scheme: str) -> bool:
    """Whether a third party has given the storages this scheme."""
    from importlib.metadata import entry_points

    return any(one.name == scheme for one in entry_points(group="gitconfig_server.storages"))


def _shown(url: str) -> str:
    """The URL without what may be a password."""
    return re.sub(r"//[^/@]*@", "//", url)


def _expected() -> str:
    return ", ".join(f"{one}://" for one in _SCHEMES)
