"""Answers for machines: the shapes of the HTTP API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.findings import FileConflict, Finding
from gitconfig_server.model.history import (
    CommitDetails,
    CommitSummary,
    Comparison,
    DiffFormat,
    FileChange,
    HistoryEntry,
    KeyChange,
)
from gitconfig_server.model.reads import Label
from gitconfig_server.model.staging import Check, Staged
from gitconfig_server.model.writes import WriteResult

Shape = dict[str, Any]


def label_shape(label: Label) -> Shape:
    """As an item of ``labels``."""
    return {"name": label.name, "kind": label.kind, "commit": label.commit, "default": label.default}


def origin_shape(source: PropertySource, key: str) -> Shape:
    """Where a key's value stands."""
    place = source.positions.get(key)
    return {
        "path": source.path,
        "document": source.document,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def written_shape(result: WriteResult) -> Shape:
    """As the answer of every write."""
    return {
        "label": result.label,
        "commit": result.commit,
        "previous": result.previous,
        "changed": result.changed,
        "paths": result.paths,
        "findings": list(map(finding_shape, result.findings)),
        "dry_run": result.dry_run,
    }


def finding_shape(finding: Finding) -> Shape:
    """As an item of ``findings``."""
    return {
        "file": finding.path,
        "rule": finding.rule,
        "detail": finding.detail,
        "line": finding.line or None,
        "column": finding.column or None,
        "fatal": finding.fatal,
    }


def changes_shape(changes: Iterable[KeyChange], files: Iterable[FileChange]) -> Shape:
    """The keys and files that differ."""
    return {
        "changes": list(map(asdict, changes)),
        "files": [asdict(file) | {"problem": file.problem or None} for file in files],
    }


def comparison_shape(found: Comparison, form: DiffFormat) -> Shape:
    """As ``diff`` in any format but ``unified``."""
    told = {} if form is DiffFormat.KEYS else {form.value.replace("-", "_"): found.told}
    sides = {"from": asdict(found.old), "to": asdict(found.new)}
    return sides | changes_shape(found.changes, found.files) | told


def commit_shape(commit: CommitSummary) -> Shape:
    """A commit as lists show it."""
    return {
        "commit": commit.commit,
        "parents": commit.parents,
        "author": commit.author,
        "email": commit.email,
        "authored_at": commit.authored_at.isoformat(),
        "subject": commit.subject,
        "message": commit.message,
        "trailers": dict(commit.trailers),
    }


def entry_shape(entry: HistoryEntry) -> Shape:
    """As an item of ``history``."""
    return commit_shape(entry.tip) | {
        "received_at": entry.received_at.isoformat() if entry.received_at else None,
        "seq": entry.seq,
        "actor": entry.actor,
        "reason": entry.reason,
        "commits": list(map(commit_shape, entry.commits)),
        "truncated": entry.truncated,
    }


def details_shape(found: CommitDetails) -> Shape:
    """As ``history/{commit}``."""
    times = [
        asdict(one)
        | {
            "received_at": one.received_at.isoformat() if one.received_at else None,
            "until": one.until.isoformat() if one.until else None,
        }
        for one in found.in_force
    ]
    return commit_shape(found.summary) | {"in_force": times} | changes_shape(found.changes, found.files)


def conflict_shape(conflict: FileConflict) -> Shape:
    """As an item of ``conflicts``."""
    return {"file": conflict.path, "base": conflict.base, "sides": list(map(asdict, conflict.sides))}


def staged_shape(found: Staged) -> Shape:
    """As ``labels/{label}/staged``."""
    return {
        "label": found.label,
        "commit": found.commit,
        "branch": found.branch,
        "tip": found.tip,
        "base": found.base,
        "behind": found.behind,
        "commits": list(map(commit_shape, found.commits)),
        "truncated": found.truncated,
        **changes_shape(found.changes, found.files),
        "conflicts": list(map(conflict_shape, found.conflicts)),
        "findings": list(map(finding_shape, found.findings)),
    }


def check_shape(found: Check) -> Shape:
    """As ``labels/{label}/check``."""
    return {
        "label": found.label,
        "commit": found.commit,
        "tip": found.tip,
        "passed": found.passed,
        "paths": found.paths,
        "conflicts": list(map(conflict_shape, found.conflicts)),
        "findings": list(map(finding_shape, found.findings)),
    }
