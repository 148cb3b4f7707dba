"""How properties and the documents they come from are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.findings import FileConflict, Finding
from gitconfig_server.model.history import CommitSummary, FileChange, KeyChange


def shown_document(source: PropertySource) -> dict[str, Any]:
    """Where a source's properties stand."""
    return {"name": source.name, "path": source.path, "document": source.document, "blob": source.blob}


def shown_positions(source: PropertySource) -> dict[str, Any]:
    """Where in its file each value of a source stands, as far as its format lets one know."""
    return {key: {"line": place.line, "column": place.column} for key, place in source.positions.items()}


def shown_commit(commit: CommitSummary) -> dict[str, Any]:
    """A commit as lists show it."""
    return {
        "commit": commit.commit,
        "parents": commit.parents,
        "author": commit.author,
        "email": commit.email,
        "authored_at": commit.authored_at,
        "subject": commit.subject,
        "message": commit.message,
        "trailers": dict(commit.trailers),
    }


def shown_changes(changes: Sequence[KeyChange], files: Sequence[FileChange]) -> dict[str, Any]:
    """What differs, by key and by file."""
    return {
        "changes": [asdict(change) for change in changes],
        "files": [asdict(file) | {"problem": file.problem or None} for file in files],
    }


def shown_conflict(conflict: FileConflict) -> dict[str, Any]:
    """A file that two sides have changed differently, as answers and problems show it."""
    return {"file": conflict.path, "base": conflict.base, "sides": [asdict(side) for side in conflict.sides]}


def shown_finding(finding: Finding) -> dict[str, Any]:
    """A finding as answers and problems show it."""
    return {
        "file": finding.path,
        "rule": finding.rule,
        "detail": finding.detail,
        "line": finding.line or None,
        "column": finding.column or None,
        "fatal": finding.fatal,
    }
