"""What a client gets: values, where they came from, and how they stack up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct, field

Value = str | int | float | bool
"""A flattened value. Null has become ``""`` and dates have stayed text, as Spring's clients expect."""


class Position(Struct, frozen=True):
    """Where a value's token stands in its file; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


class PropertySource(Struct, frozen=True):
    """The flattened properties of one document of one file, in file order.

    ``document`` is None for a file of one document, else the document's number from 0. ``blob`` is the hex id of the
    file's content. ``positions`` may lack keys (formats without positions). ``nested``: of what is read as it is
    stored, the maps and lists of its format.
    """

    path: str
    blob: str
    properties: Mapping[str, Value]
    positions: Mapping[str, Position] = field(default_factory=dict)
    document: int | None = None
    nested: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The path, with the document's number where there are several."""
        return self.path if self.document is None else f"{self.path} (document #{self.document})"


class Until(Protocol):
    """The time until which an answer is right, though no ref moves then."""

    def has_passed(self) -> bool:
        """Whether it is over, on either clock."""


class Basis(Protocol):
    """What an answer was made from, so that one can tell later whether it is still right."""

    @property
    def commit(self) -> str:
        """The hex id of the commit that was read."""

    @property
    def size(self) -> int:
        """About how many bytes of memory it holds."""

    @property
    def until(self) -> Until | None:
        """When the answer ends to be right by itself; None for never."""

    @property
    def running(self) -> RunningState | None:
        """Why it is another commit than the one that is saved; None where it is not."""

    def renewed(self) -> Basis | None:
        """The basis as of now; None where an answer made from it would differ in more than its commit.

        Sees every move of refs that was acknowledged before the call. May block; raises what reading anew would raise.
        """


class RunningState(Struct, frozen=True):
    """Why readers of a label get another commit than ``saved``, the hex id of what is saved.

    Either an apply awaits its confirmation: ``pending`` is its id, ``deadline`` when it ends. Or the label is pinned:
    ``pin`` is the revision that was asked for, ``deadline`` when the pin ends, None for never. Or what upstream has
    cannot be read by these applications: ``held`` says why, and they keep the last commit that they can read.
    """

    saved: str
    pending: str | None = None
    pin: str | None = None
    deadline: datetime | None = None
    held: str = ""


class Environment(Struct, frozen=True):
    """The sources of some applications and profiles at one commit, the strongest first.

    ``label`` is what the caller asked for, None where nothing was asked; ``commit`` is the hex id that was read.
    ``basis`` is there where the environment is the same as long as the basis stands. ``running`` is there where readers
    of the label get another commit than the one that is saved.
    """

    applications: tuple[str, ...]
    profiles: tuple[str, ...]
    label: str | None
    commit: str
    sources: tuple[PropertySource, ...]
    running: RunningState | None = None
    basis: Basis | None = None
