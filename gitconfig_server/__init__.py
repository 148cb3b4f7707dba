"""A configuration server whose database is Git.

What is named here is loaded on demand: who imports ``ConfigClient`` gets neither dulwich nor FastAPI with it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gitconfig_server.version import __version__ as __version__

if TYPE_CHECKING:
    from gitconfig_server.backend import ConfigBackend as ConfigBackend
    from gitconfig_server.backend import ConfigSource as ConfigSource
    from gitconfig_server.backends.filesystem import FilesystemConfigBackend as FilesystemConfigBackend
    from gitconfig_server.backends.git import GitConfigBackend as GitConfigBackend
    from gitconfig_server.backends.memory import InMemoryConfigBackend as InMemoryConfigBackend
    from gitconfig_server.client.config_client import ConfigClient as ConfigClient
    from gitconfig_server.errors import Conflict as Conflict
    from gitconfig_server.errors import ContentRefused as ContentRefused
    from gitconfig_server.errors import Denied as Denied
    from gitconfig_server.errors import GitConfigError as GitConfigError
    from gitconfig_server.errors import InvalidChange as InvalidChange
    from gitconfig_server.errors import InvalidContent as InvalidContent
    from gitconfig_server.errors import InvalidInput as InvalidInput
    from gitconfig_server.errors import LabelNotFound as LabelNotFound
    from gitconfig_server.errors import MergeConflict as MergeConflict
    from gitconfig_server.errors import NotARepository as NotARepository
    from gitconfig_server.errors import NotFound as NotFound
    from gitconfig_server.errors import PreconditionFailed as PreconditionFailed
    from gitconfig_server.errors import ServerUnreachable as ServerUnreachable
    from gitconfig_server.errors import SourceNotFound as SourceNotFound
    from gitconfig_server.errors import StorageError as StorageError
    from gitconfig_server.server.assembly import create_app as create_app
    from gitconfig_server.settings import Settings as Settings
    from gitconfig_server.web.config_server import ConfigServer as ConfigServer


__all__ = [
    "ConfigSource",
    "ConfigBackend",
    "InMemoryConfigBackend",
    "FilesystemConfigBackend",
    "GitConfigBackend",
    "ConfigServer",
    "ConfigClient",
    "Settings",
    "create_app",
    "GitConfigError",
    "InvalidInput",
    "InvalidChange",
    "InvalidContent",
    "ContentRefused",
    "NotFound",
    "LabelNotFound",
    "SourceNotFound",
    "Conflict",
    "PreconditionFailed",
    "MergeConflict",
    "Denied",
    "ServerUnreachable",
    "StorageError",
    "NotARepository",
]

_HOMES = {
    "ConfigSource": "backend",
    "ConfigBackend": "backend",
    "InMemoryConfigBackend": "backends.memory",
    "FilesystemConfigBackend": "backends.filesystem",
    "GitConfigBackend": "backends.git",
    "ConfigServer": "web.config_server",
    "ConfigClient": "client.config_client",
    "Settings": "settings",
    "create_app": "server.assembly",
}


def __getattr__(name: str) -> Any:
    """The named class or function, loaded now; what has no home of its own is an error."""
    if name in __all__:
        return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether they have been loaded or not."""
    return sorted([*__all__, "__version__"])
