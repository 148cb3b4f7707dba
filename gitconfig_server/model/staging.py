"""What is staged for a label: edits assembled on its staged branch, not in force."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gitconfig_server.model.findings import Affected, FileConflict, Finding, Keep
from gitconfig_server.model.history import CommitSummary, FileChange, KeyChange


class StagedPart(Struct, frozen=True):
    """Some of what is staged: the files of ``applications``, and those at or beneath ``paths``. None of either: all.

    ``keys``: of those files these keys alone, and what stands beneath them. ``source``: another branch than the one
    that is staged, from which it is taken; it stays where it is.
    """

    applications: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    source: str | None = None

    @property
    def whole(self) -> bool:
        """Whether all that is staged is meant."""
        return not self.applications and not self.paths and not self.keys


EVERYTHING = StagedPart()


NOTHING_RESOLVED: Mapping[str, Keep] = {}


class Staged(Struct, frozen=True):
    """What is staged for ``label``, which is at ``commit``; ids are hex.

    ``branch``: the staged branch; ``tip`` is where it is, None if the branch does not exist. ``base``: the commit it
    grew from, or was last updated to; None where the two have nothing in common. ``commits``: what it holds that the
    label has not, newest first; ``truncated`` where there are more. ``behind``: how many commits the label has moved on
    since.
    ``changes`` and ``files``: what is staged, against the base; what the label has got in the same way meanwhile is
    left out. ``conflicts``: files that both have changed differently. ``findings``: what checking would tell.
    """

    label: str
    commit: str
    branch: str
    tip: str | None = None
    base: str | None = None
    commits: tuple[CommitSummary, ...] = ()
    truncated: bool = False
    behind: int = 0
    changes: tuple[KeyChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    conflicts: tuple[FileConflict, ...] = ()
    findings: tuple[Finding, ...] = ()


class Check(Struct, frozen=True):
    """What an apply would meet now. ``paths``: the files of the label that it would change.

    ``findings`` are about the merged result; where there are conflicts, about the staged branch as it is.
    ``affected``: whose environments would differ, and in which keys.
    """

    label: str
    commit: str
    tip: str | None
    paths: tuple[str, ...] = ()
    conflicts: tuple[FileConflict, ...] = ()
    findings: tuple[Finding, ...] = ()
    affected: tuple[Affected, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.conflicts and not any(finding.fatal for finding in self.findings)
