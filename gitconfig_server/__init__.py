"""A configuration server whose database is Git."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitconfig_server.server import create_app as create_app

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``create_app``, on demand: who imports one noun of this package gets neither dulwich nor FastAPI with it."""
    if name == "create_app":
        from gitconfig_server.server import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
