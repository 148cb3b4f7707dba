"""The last good commit: what readers keep of a followed label while its tip is not fit for them.

It is not where files that they would read are broken, or where their environments do not fit their schemas. The latter
was found out when the tip was taken, and stands in the journal's record of that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, islice

from msgspec import Struct

from gitconfig_server.config.kept import KeptEnvironments, KeptNames, Resolved, size_of_names
from gitconfig_server.config.labels import Located
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.commits import parents_of, peel
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.upstream_refs import seen_ref
from gitconfig_server.lru import Recent
from gitconfig_server.model.findings import Finding
from gitconfig_server.storage.base import JournalRecord, RefUpdate

MAX_LOOKED_AT = 100
"""Commits that are tried; an application that was broken for longer gets the error."""

_ENTRY = 500
"""Bytes that CPython takes for what is known of some names, beside these."""

_UNFIT = "unfit"
"""Where a record's details keep, of each label, the applications that are not to get its tip, and why."""
Unfit = Mapping[str, InvalidContent]
"""Application -> what is wrong with its environments."""


class Held(Struct, frozen=True):
    """A commit that can be read, and what was found there."""

    commit: bytes
    resolved: Resolved


class LastGood:
    """Finds what an application could read last, and remembers it in ``kept`` bytes. Safe to use from any thread."""

    def __init__(
        self, git: GitRepository, environments: KeptEnvironments, tree: Callable[[bytes], TreeView], kept: int
    ) -> None:
        self._git = git
        self._environments = environments
        self._tree = tree
        self._known: Recent[tuple[bytes, KeptNames], bytes] = Recent(kept)

    def check(self, located: Located, applications: Collection[str]) -> None:
        """Raise InvalidContent where the tip was taken from upstream, and does not fit what one of these would get."""
        ref = located.ref
        if ref is None or seen_ref(ref) not in self._git.snapshot():
            return
        record = self._git.last_move(ref)
        if record is None or not any(update.ref == ref and self._leads(update, located) for update in record.updates):
            return
        unfit = read_unfit(record, ref)
        for one in applications:
            if one in unfit:
                raise unfit[one]

    def _leads(self, update: RefUpdate, located: Located) -> bool:
        return update.new is not None and peel(self._git.objects, update.new) == located.commit

    def find(self, located: Located, names: KeptNames) -> Held | None:
        """The youngest state of a followed label before ``located`` in which ``names`` can be read.

        None if the label is none of upstream's, or nothing good was found among MAX_LOOKED_AT commits.
        """
        if located.ref is None or seen_ref(located.ref) not in self._git.snapshot():
            return None
        # A commit never changes, so what was good beneath this tip for these names stays the answer.
        known = self._known.get((located.commit, names))
        nobody: Unfit = {}
        older = [(known, nobody)] if known else islice(self._older(located.ref, located.commit), MAX_LOOKED_AT)
        for commit, unfit in older:
            if any(one in unfit for one in names[0]):
                continue
            try:
                held = Held(commit, self._environments.resolve(self._tree(commit), names))
            except InvalidContent:
                continue
            self._known.put((located.commit, names), commit, _ENTRY + size_of_names(names))
            return held
        return None

    def _older(self, ref: bytes, tip: bytes) -> Iterator[tuple[bytes, Unfit]]:
        """What was in force before, the newest first; then, for what came with the first fetch, what it grew from."""
        seen = {tip}
        for commit, unfit in chain(self._tips(ref), self._ancestors(tip)):
            if commit not in seen:
                seen.add(commit)
                yield commit, unfit

    def _tips(self, ref: bytes) -> Iterator[tuple[bytes, Unfit]]:
        first: bytes | None = None
        for record in self._git.moves(ref, newest_first=True, limit=MAX_LOOKED_AT):
            update = next(one for one in record.updates if one.ref == ref)
            first = update.old
            if update.new and (commit := peel(self._git.objects, update.new)):
                yield commit, read_unfit(record, ref)
        if first and (commit := peel(self._git.objects, first)):
            yield commit, {}

    def _ancestors(self, commit: bytes) -> Iterator[tuple[bytes, Unfit]]:
        nobody: Unfit = {}
        while parents := parents_of(self._git.objects, commit)[0]:
            commit = parents[0]
            yield commit, nobody


def unfit_details(unfit: Mapping[bytes, Iterable[Finding]]) -> dict[str, str]:
    """What a record's details keep of the findings that keep applications from the new tip of each ref."""
    said = {ref.decode(): dict(_said(findings)) for ref, findings in unfit.items()}
    said = {ref: found for ref, found in said.items() if found}
    return {_UNFIT: json.dumps(said)} if said else {}


def _said(findings: Iterable[Finding]) -> Iterator[tuple[str, list[object]]]:
    for one in findings:
        yield from ((name, [one.path, one.rule, one.detail, one.line]) for name in one.applications)


def read_unfit(record: JournalRecord, ref: bytes) -> Unfit:
    """Who was kept from a ref's tip when it was moved so."""
    if _UNFIT not in record.details:
        return {}
    found = json.loads(record.details[_UNFIT]).get(ref.decode(), {})
    return {application: InvalidContent(*said) for application, said in found.items()}
