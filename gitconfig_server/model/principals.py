"""Who is calling, and on what ground refs are to move."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Principal(Struct, frozen=True):
    """The caller of a service method. ``name`` goes into commits and the journal; empty means nobody said."""

    name: str = ""
    email: str = ""

    @property
    def actor(self) -> str:
        """The word the journal keeps for this caller."""
        return self.name or "anonymous"


ANONYMOUS = Principal()


class Intent(Enum):
    """On what ground refs are to move; the door forbids one what it lets another do."""

    PUSH = "push"
    """What somebody sent: the settings for pushes hold."""
    WRITE = "write"
    """A new commit upon a label; as a push."""
    DELIBERATE = "deliberate"
    """A label was named to go, or a tag to move, so the settings for pushes do not hold."""
    UPSTREAM = "upstream"
    """The upstream repository has done it, which nobody else may do to labels that follow it."""
    OWN = "own"
    """The server notes something for itself, under ``refs/gitconfig/`` alone."""


class Mover(Struct, frozen=True):
    """Who asks the door to move refs, and why.

    ``former``: a commit that comes back, so what stood there already is not held against it. ``keep``: the branch that
    may not go, where it is another than HEAD is advertised as now. ``settles``: refs under ``refs/gitconfig/`` that it
    moves itself in the same transaction, so that the door need not.
    """

    who: Principal = ANONYMOUS
    intent: Intent = Intent.PUSH
    former: bytes | None = None
    keep: bytes | None = None
    settles: tuple[bytes, ...] = ()
