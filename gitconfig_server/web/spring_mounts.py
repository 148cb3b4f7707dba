"""Where Spring's routes hang, and what their faces have in common."""

from __future__ import annotations

from dataclasses import dataclass

from gitconfig_server.environments import Basis
from gitconfig_server.served import Asked
from gitconfig_server.web.reuse import Reusable

NOT_KEPT = {"Cache-Control": "no-store"}
"""Headers of an answer with secrets in it: nobody may store it."""


@dataclass(frozen=True, slots=True)
class Mount:
    """``path`` stands in front of every route; ``first`` is the convertor of the first segment after it."""

    path: str
    first: str


def reuse_of(asked: Asked, basis: Basis | None) -> Reusable | None:
    """How an answer from this basis may be given again, if at all."""
    return Reusable(basis, asked.applications) if basis else None
