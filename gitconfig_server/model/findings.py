"""What a check finds in offered content, and what two sides of a merge disagree about."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One remark about one place. ``fatal`` ones refuse the update; others are shown and let through.

    ``rule`` is a stable word (``yaml-syntax``, ``duplicate-key`` ...); line and column count from 1, 0 when unknown;
    ``commit`` is a hex id where the file is not that of the offered tip. ``applications``: whose environments do not
    fit their schemas by it.
    """

    path: str
    rule: str
    detail: str
    line: int = 0
    column: int = 0
    fatal: bool = True
    commit: str = ""
    applications: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = ":".join(map(str, (self.path, *filter(None, (self.line, self.column)))))
        where = f"{self.commit[:8]} {place}" if self.commit else place
        return f"{where}: {self.detail} [{self.rule}]"


class NodeState(StrEnum):
    """Whether one side of a merge has a node."""

    SET = "set"
    ABSENT = "absent"
    DELETED = "deleted"
    """The base has it."""


class ConflictNode(Struct, frozen=True):
    """A node of a configuration file on one side of a merge.

    ``spelling``: its key as it is stored there; ``line`` 0 and ``value`` None where it is not there.
    """

    state: NodeState
    spelling: str = ""
    line: int = 0
    value: Any = None

    def __str__(self) -> str:
        """What stands there, in front of who made it so."""
        if self.state is not NodeState.SET:
            return f"{self.state.value} by "
        return f"{json.dumps(self.value, ensure_ascii=False, default=str)} in line {self.line} by "


class ConflictSide(Struct, frozen=True):
    """What one side has made of a file, or of one ``node`` in it. ``blob`` is None where the file is gone there.

    ``revision`` is the side as people know it; ``commit`` the one that did it, with its author, subject and time.
    """

    revision: str
    commit: str
    author: str
    subject: str
    blob: str | None
    time: datetime | None = None
    node: ConflictNode | None = None

    def __str__(self) -> str:
        return f"{self.revision} ({self.commit[:8]} {self.author}: {self.subject})"


class FileConflict(Struct, frozen=True):
    """A file that both sides have changed differently since ``base``, its blob there, None where it was not there.

    With ``reason`` it is one node of it: ``key`` as readers know it (``""``: the whole document), ``document`` counts
    from 0. Reasons: ``changed``, ``second-spelling``, ``structure`` (a value here, a map there, or what it stands in
    is gone), ``shared-anchor``.
    """

    path: str
    base: str | None
    sides: tuple[ConflictSide, ConflictSide]
    key: str = ""
    document: int | None = None
    reason: str = ""
    node: ConflictNode | None = None
    """What the base has."""

    @property
    def place(self) -> str:
        """What a resolution names."""
        return f"{self.path}#{self.key}" if self.reason else self.path

    def __str__(self) -> str:
        one, two = (f"{side.node or ''}{side}" for side in self.sides)
        return f"{self.place}: {one} and {two}"


class Keep(StrEnum):
    """Which side is right where both have changed something: the label, or the change that is to go onto it."""

    STAGED = "staged"
    LABEL = "label"


class Given(Struct, frozen=True):
    """Neither side is right: it is to be this value, as JSON has it."""

    value: Any


Resolution = Keep | Given


class OnConflict(StrEnum):
    """What happens where both sides changed something and no resolution names it."""

    FAIL = "fail"
    STAGED = "staged"
    LABEL = "label"


class Affected(Struct, frozen=True):
    """An environment for whose readers a change makes a difference: ``count`` keys, of which ``keys`` are the first."""

    application: str
    profile: str
    keys: tuple[str, ...]
    count: int


class Concerned(Struct, frozen=True):
    """Whom a change concerns, as far as anybody has looked: there may be more where that was not ``everywhere``."""

    affected: tuple[Affected, ...] = ()
    everywhere: bool = True
