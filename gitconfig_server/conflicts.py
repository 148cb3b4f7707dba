"""What two sides of a merge disagree about."""

from __future__ import annotations

from dataclasses import dataclass


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
