"""What a check finds in offered content, and what two sides of a merge disagree about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one place. ``fatal`` ones refuse the update; others are shown and let through.

    ``rule`` is a stable word (``yaml-syntax``, ``duplicate-key`` ...); line and column count from 1, 0 when unknown;
    ``commit`` is a hex id where the file is not that of the offered tip.
    """

    path: str
    rule: str
    detail: str
    line: int = 0
    column: int = 0
    fatal: bool = True
    commit: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        where = f"{self.commit[:8]} {place}" if self.commit else place
        return f"{where}: {self.detail} [{self.rule}]"


@dataclass(frozen=True, slots=True)
class ConflictSide:
    """What one side has made of a file. ``blob`` is None where it is gone there.

    ``revision`` is the side as people know it; ``commit`` the one that did it, with its author and subject.
    """

    revision: str
    commit: str
    author: str
    subject: str
    blob: str | None

    def __str__(self) -> str:
        return f"{self.revision} ({self.commit[:8]} {self.author}: {self.subject})"


@dataclass(frozen=True, slots=True)
class FileConflict:
    """A file that both sides have changed differently since ``base``, its blob there, None where it was not there."""

    path: str
    base: str | None
    sides: tuple[ConflictSide, ConflictSide]
