"""What a merge of one document comes to: changes to ours, and what conflicts and who settles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct, field

from gitconfig_server.formats.editing.tree import Key, Node
from gitconfig_server.formats.merging.units import Unit, UnitPlace, UnitValue

ListRule = Callable[[str], str]
"""Flat key of a list -> ``set``, ``by-key(name)``, or ``""``: it is one value."""


class Why(StrEnum):
    """Why a unit conflicts."""

    CHANGED = "changed"
    """Both sides gave it another value, or one did and the other removed it."""
    SPELLING = "second-spelling"
    """It would be there twice."""
    STRUCTURE = "structure"
    """It is a value on one side and a map on the other, or what it stands in is gone there."""
    ANCHOR = "shared-anchor"
    """It gets its value from somewhere else, or others get theirs from it."""


class Clash(Struct, frozen=True):
    """A place that both sides changed in ways that do not go together; None where it is not there."""

    path: UnitPlace
    key: str
    why: Why
    base: Unit | None
    ours: Unit | None
    theirs: Unit | None


class ConflictChoice(Struct, frozen=True):
    """What is right about a place that conflicts: ours, theirs, or, with ``value``, something else."""

    ours: bool = False
    value: Node | None = None


Decide = Callable[[Clash], ConflictChoice | None]
"""Who says what is right; None: nobody."""


class KeyMoves(Struct, frozen=True):
    """What stands at ``path`` becomes what ``nodes`` hold, key by key; without any it goes."""

    path: UnitPlace
    nodes: Mapping[Key, Node]


class Outcome(Struct):
    """``changes`` to make to ours; ``clashes`` that stand in the way, and those that were ``settled``.

    ``values``: all of the result, by path.
    """

    changes: list[KeyMoves] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    settled: list[tuple[Clash, ConflictChoice]] = field(default_factory=list)
    values: dict[UnitPlace, UnitValue] = field(default_factory=dict)


def nobody(clash: Clash) -> ConflictChoice | None:
    """Leaves every clash open."""
    return None


def as_one(key: str) -> str:
    """Takes every list for one value."""
    return ""
