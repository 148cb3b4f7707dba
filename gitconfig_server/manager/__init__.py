"""Floor 7: running, staged and saved configuration inside a Python service.

What is named here is loaded on demand. ``import gitconfig_server.manager as config`` has all that ``aioconfig`` has.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitconfig_server.manager.access import AccessAdaptor as AccessAdaptor
    from gitconfig_server.manager.access import create_access_adaptor as create_access_adaptor
    from gitconfig_server.manager.access import register_access_adaptor as register_access_adaptor
    from gitconfig_server.manager.bindings.marks import FUNCS as FUNCS
    from gitconfig_server.manager.bindings.marks import children as children
    from gitconfig_server.manager.bindings.marks import create_child as create_child
    from gitconfig_server.manager.bindings.marks import create_element as create_element
    from gitconfig_server.manager.bindings.marks import create_object as create_object
    from gitconfig_server.manager.bindings.marks import delete as delete
    from gitconfig_server.manager.bindings.marks import get as get
    from gitconfig_server.manager.bindings.marks import set as set
    from gitconfig_server.manager.bindings.marks import status as status
    from gitconfig_server.manager.changes import Change as Change
    from gitconfig_server.manager.errors import ApplyAborted as ApplyAborted
    from gitconfig_server.manager.errors import ApplyFailed as ApplyFailed
    from gitconfig_server.manager.errors import AsynchronousConfigException as AsynchronousConfigException
    from gitconfig_server.manager.errors import BadStorageURLFormat as BadStorageURLFormat
    from gitconfig_server.manager.errors import BadStorageURLScheme as BadStorageURLScheme
    from gitconfig_server.manager.errors import Misfit as Misfit
    from gitconfig_server.manager.errors import Refused as Refused
    from gitconfig_server.manager.manager import Manager as Manager
    from gitconfig_server.manager.nodes.tree import List as List
    from gitconfig_server.manager.nodes.tree import Object as Object
    from gitconfig_server.manager.nodes.tree import Property as Property
    from gitconfig_server.manager.probation import Reverted as Reverted
    from gitconfig_server.manager.storing.adaptors import StorageAdaptor as StorageAdaptor
    from gitconfig_server.manager.storing.adaptors import create_storage_adaptor as create_storage_adaptor
    from gitconfig_server.manager.storing.adaptors import register_storage_adaptor as register_storage_adaptor

_HOMES = {
    "access": ["AccessAdaptor", "create_access_adaptor", "register_access_adaptor"],
    "bindings.marks": [
        "FUNCS",
        "children",
        "create_child",
        "create_element",
        "create_object",
        "delete",
        "get",
        "set",
        "status",
    ],
    "changes": ["Change"],
    "errors": [
        "ApplyAborted",
        "ApplyFailed",
        "AsynchronousConfigException",
        "BadStorageURLFormat",
        "BadStorageURLScheme",
        "Misfit",
        "Refused",
    ],
    "manager": ["Manager"],
    "nodes.tree": ["List", "Object", "Property"],
    "probation": ["Reverted"],
    "storing.adaptors": ["StorageAdaptor", "create_storage_adaptor", "register_storage_adaptor"],
}
_PLACES = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [name for names in _HOMES.values() for name in names]


def __getattr__(name: str) -> Any:
    """The named class or function, loaded now."""
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
