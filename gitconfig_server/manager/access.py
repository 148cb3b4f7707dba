"""Ways to reach a running Manager from outside: adaptors by the scheme of their URL."""

from __future__ import annotations

import ipaddress
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlsplit

from gitconfig_server.manager.control import Control
from gitconfig_server.manager.errors import SchemeTaken, UnknownScheme


class AccessAdaptor(ABC):
    """Started and stopped with its Manager, on the service's loop.

    It calls ``manager.get``, ``set``, ``create``, ``delete`` and ``manager.verb(name, **arguments)``. What ``start``
    raises makes ``manager.start()`` fail; the accesses that had been started are stopped again.
    """

    def __init__(self, manager: Control, url: str) -> None:
        self.manager = manager
        self.url = url

    @property
    def shown(self) -> str:
        """What ``status()`` says of it."""
        return urlsplit(self.url)._replace(query="", fragment="").geturl()

    @abstractmethod
    async def start(self) -> None:
        """Begin; raise where that cannot be, a taken port for example."""

    @abstractmethod
    async def stop(self) -> None:
        """End: no port, no task and no thread is left."""


Factory = Callable[[Control, str], AccessAdaptor]

_ACCESSES: dict[str, Factory] = {}
_OWN = {
    "rest": "gitconfig_server.manager.rest.access",
    "rests": "gitconfig_server.manager.rest.access",
    "unix": "gitconfig_server.manager.rest.access",
    "telnet": "gitconfig_server.manager.telnet_access",
}


def register_access_adaptor(scheme: str, factory: Factory) -> None:
    """Let URLs of ``scheme`` be accesses that ``factory(manager, url)`` makes; SchemeTaken."""
    if scheme in _ACCESSES or scheme in _OWN:
        raise SchemeTaken(scheme)
    _ACCESSES[scheme] = factory


def create_access_adaptor(manager: Control, url: str) -> AccessAdaptor:
    """The access at ``url``; UnknownScheme where nobody registered its scheme."""
    scheme = urlsplit(url).scheme
    if scheme in _ACCESSES:
        return _ACCESSES[scheme](manager, url)
    if scheme not in _OWN:
        raise UnknownScheme(scheme, (*_OWN, *_ACCESSES))
    made: AccessAdaptor = import_module(_OWN[scheme]).make_access(manager, url)
    return made


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
