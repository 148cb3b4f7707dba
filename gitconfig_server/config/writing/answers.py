"""Whom a write concerns, and what its caller was told, for a caller who asks again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from gitconfig_server.config.summaries import summarise
from gitconfig_server.errors import (
    IdempotencyMismatch,
)
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView, changed_files
from gitconfig_server.git.ref_names import BRANCHES, PRIVATE, is_staged
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Affected
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import WriteOptions, WriteRequest, WriteResult
from gitconfig_server.storage.base import REQUEST_KEY, JournalRecord, RefUpdate
from gitconfig_server.storage.objects import RawObject

_DIGEST, _ANSWER = "idempotency-digest", "answer"
"""Where a record's details keep what a request said and what its caller was told, for a caller who asks again."""
STAGED_BASE = "staged-base"
"""Where the details of a discard keep the commit that what was staged grew from."""

FindAffected = Callable[[TreeView, TreeView], tuple[Affected, ...]]
"""Whose environments differ between two trees."""


class EarlierAnswers:
    """What requests were answered with, as the journal remembers it; ``concerns`` tells whom they affect."""

    def __init__(self, git: GitRepository, concerns: FindAffected | None) -> None:
        self._git = git
        self._concerns = concerns

    def find(self, request: WriteRequest) -> WriteResult | None:
        """What this very request was answered with, if it came before."""
        options = request.options
        if not options.idempotency or options.dry_run:
            return None
        record = self._git.stored.recorded(request.who.actor, options.idempotency.key)
        if record is None:
            return None
        if record.details.get(_DIGEST) != options.idempotency.digest:
            raise IdempotencyMismatch(options.idempotency.key)
        return self._told(record, request)

    def _told(self, record: JournalRecord, request: WriteRequest) -> WriteResult:
        """The answer that went with a record. Paths and findings follow from the commits."""
        told = json.loads(record.details[_ANSWER])
        result = WriteResult(
            label=told["label"],
            commit=told["commit"],
            previous=told["previous"],
            changed=told["changed"],
            validator=told["validator"],
            pending=told.get("pending"),
        )
        moved = [update for update in record.updates if not update.ref.startswith(PRIVATE)]
        findings = tuple(one for judged in self._git.judge(moved) for one in judged.findings)
        result = replace(result, keys_set=told.get("keys_set"), keys_removed=told.get("keys_removed"))
        left = told["commit"] or record.details.get(STAGED_BASE)
        paths = self._paths_between(told["previous"], left) if told["files"] and left else ()
        affected = self.find_affected(moved, (), request) if result.changed else ()
        lost = tuple(summarise(self._git, one.encode()) for one in told.get("lost", ()))
        return replace(result, paths=paths, findings=findings, cursor=cursor_of(record), affected=affected, lost=lost)

    def _paths_between(self, old: str | None, new: str) -> tuple[str, ...]:
        objects = self._git.objects
        before = TreeView(objects, tree_of(objects, old.encode())) if old else None
        after = TreeView(objects, tree_of(objects, new.encode()))
        return tuple(sorted(path.decode(errors="replace") for path, _, _ in changed_files(before, after)))

    def find_affected(
        self, updates: Sequence[RefUpdate], new: Iterable[RawObject], request: WriteRequest
    ) -> tuple[Affected, ...]:
        """Whom the first move of a label concerns, where whoever asked wants to know before anything else."""
        update = next(iter(updates), None)
        asked = request.options.dry_run or request.reason != "save"
        if not (self._concerns and asked and update and update.old and update.new):
            return ()
        if not update.ref.startswith(BRANCHES) or is_staged(update.ref):
            return ()
        objects = Overlay(ObjectMap(new), self._git.objects)
        before, after = (TreeView(objects, tree_of(objects, one)) for one in (update.old, update.new))
        return self._concerns(before, after)


def cursor_of(record: JournalRecord) -> str:
    """How callers name a record of the journal: ``<epoch>.<seq>``."""
    return f"{record.epoch}.{record.seq}"


def remember(options: WriteOptions, result: WriteResult) -> dict[str, str]:
    """What the journal keeps so that the same request gets the same answer."""
    if not options.idempotency:
        return {}
    told = {
        "label": result.label,
        "commit": result.commit,
        "previous": result.previous,
        "validator": result.validator,
        "changed": result.changed,
        "files": bool(result.paths),
        "lost": [one.commit for one in result.lost],
        "keys_set": result.keys_set,
        "keys_removed": result.keys_removed,
        "pending": result.pending,
    }
    return {REQUEST_KEY: options.idempotency.key, _DIGEST: options.idempotency.digest, _ANSWER: json.dumps(told)}
