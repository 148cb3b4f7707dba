"""What maintenance asks of a storage. Whoever calls holds the lease ``LEASE``; it stops neither readers nor writers.

Garbage goes in two steps. What nothing leads to is condemned: it can be read, but is absent for ``contains_many``, so
that nobody relies on it any more, and a ``put`` of it makes it an object like any other. What is still condemned after
twice the time that a write may take, and still nothing leads to it, is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Set
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

LEASE = "maintenance"

YOUNG = timedelta(hours=24)
"""What was stored since then is never condemned: copies and pushes store objects long before a ref leads to them."""

MOST_SINGLES = 5000
"""Objects stored one by one from which on they are folded into a pack."""

MOST_PACKS = 10
"""Packs from which on all are written anew as one."""

MOST_LOOSE_REFS = 1000
"""Refs with files of their own from which on they are kept together: each save looks at all of them."""

Reachable = Container[bytes]
"""The ids (20 bytes) that refs and the journal lead to."""


class Due(Enum):
    """What there is to fold."""

    NOTHING = 0
    SINGLES = 1
    ALL = 2


class Foldable(Struct, frozen=True):
    """The objects (20 bytes each) that are stored one by one, and those in ``packs``, which may be replaced."""

    singles: Set[bytes]
    packed: Set[bytes]
    packs: frozenset[str]


class Upkeep(Protocol):
    """The housekeeping of one repository."""

    def due(self) -> Due:
        """Whether there is much to fold; costs little, and may be an estimate."""

    def pack_refs(self) -> int:
        """Keep refs together where very many are stored one by one, and that matters; how many those were."""

    def foldable(self, due: Due) -> Foldable:
        """What a new pack may hold; what lies in packs only where ``due`` is ALL."""

    def fold(self, pack: Path, replaced: frozenset[str]) -> None:
        """Take in a complete pack of stored objects, with its index beside it, in the place of their other copies.

        The packs ``replaced`` go; what they hold beyond it is condemned. Nothing is ever absent meanwhile, for anybody.
        """

    def condemn(self, reachable: Reachable) -> int:
        """Condemn what is not ``reachable`` and not young; how much."""

    def sweep(self, refresh: Callable[[], Reachable], condemned_for: timedelta) -> int:
        """Delete what has been condemned for so long, and give back what has become reachable; how much was deleted.

        ``refresh`` answers what is reachable now; it is asked again where writers are shut out, if they can be.
        """
