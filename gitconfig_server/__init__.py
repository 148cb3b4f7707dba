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
    from gitconfig_server.server.assembly import create_app as create_app
    from gitconfig_server.web.config_server import ConfigServer as ConfigServer


__all__ = [
    "ConfigSource",
    "ConfigBackend",
    "InMemoryConfigBackend",
    "FilesystemConfigBackend",
    "GitConfigBackend",
    "ConfigServer",
    "ConfigClient",
    "create_app",
]

_HOMES = {
    "ConfigSource": "backend",
    "ConfigBackend": "backend",
    "InMemoryConfigBackend": "backends.memory",
    "FilesystemConfigBackend": "backends.filesystem",
    "GitConfigBackend": "backends.git",
    "ConfigServer": "web.config_server",
    "ConfigClient": "client.config_client",
    "create_app": "server.assembly",
}


def __getattr__(name: str) -> Any:
    """The named class or function, loaded now."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
