"""Moves of refs that stock Git made, as records for the journal: each once, as its reflog tells."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

from msgspec import Struct

from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.journal.file import Journal
from gitconfig_server.storage.disk.journal.format import JournalEntry
from gitconfig_server.storage.disk.journal.state import JournalState
from gitconfig_server.storage.disk.refs.reader import DiskRefs
from gitconfig_server.storage.objects import COMMIT, Objects

_LINE = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) ([^\t\n]*)(?:\t([^\n]*))?\n")
_IDENTITY = re.compile(rb"(.*?) ?<[^>]*> \d+ [+-]\d{4}\Z")
_NOTHING = b"0" * 40


class _LoggedMove(Struct, frozen=True):
    """One line of a reflog, which ends at byte ``end``. None stands for no value."""

    old: bytes | None
    new: bytes | None
    actor: str
    message: str
    end: int


def moves_between(path: str, start: int, known: bytes | None, current: bytes | None) -> Sequence[_LoggedMove]:
    """The chain of moves that leads from ``known`` to ``current``; empty where the log does not tell.

    The log was read up to byte ``start`` when the ref was known. Lines at the end may tell of moves that are not
    made yet, and gaps of moves that were not made by Git; logs may be cut at their beginning.
    """
    try:
        with Path(path).open("rb") as file:
            file.seek(start)
            chain = _chain(_parse(file.read(), start), known, current)
            if chain or known == current:
                return chain
            file.seek(0)
            return _last_chain(_parse(file.read(), 0), known, current)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ()


def size(path: str) -> int:
    """Up to where a log can be read now."""
    try:
        return Path(path).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _chain(moves: Sequence[_LoggedMove], known: bytes | None, current: bytes | None) -> Sequence[_LoggedMove]:
    """From the first of ``moves`` on."""
    value, reached = known, 0
    for count, move in enumerate(moves, 1):
        if move.old != value:
            break
        value = move.new
        if value == current:
            reached = count
    return moves[:reached]


def _last_chain(moves: Sequence[_LoggedMove], known: bytes | None, current: bytes | None) -> Sequence[_LoggedMove]:
    """The shortest that ends in the last arrival at ``current``."""
    last = next((index for index in reversed(range(len(moves))) if moves[index].new == current), None)
    if last is None:
        return ()
    first = last
    while moves[first].old != known:
        if first == 0 or moves[first - 1].new != moves[first].old:
            return ()
        first -= 1
    return moves[first : last + 1]


def _parse(content: bytes, offset: int) -> list[_LoggedMove]:
    moves = []
    for line in _LINE.finditer(content):
        identity = _IDENTITY.match(line[3])
        moves.append(
            _LoggedMove(
                old=None if line[1] == _NOTHING else line[1],
                new=None if line[2] == _NOTHING else line[2],
                actor=(identity[1] if identity else line[3]).decode(errors="replace"),
                message=(line[4] or b"").decode(errors="replace"),
                end=offset + line.end(),
            )
        )
    return moves


_PARENT = re.compile(rb"^parent ([0-9a-f]{40})$", re.MULTILINE)
_COMMITTED = re.compile(rb"^committer .*> (\d+) ", re.MULTILINE)
_OURS, _THEIRS = 1, 2

_LIMIT = 20_000


def leads_to(objects: Objects, old: bytes, new: bytes) -> bool:
    """Whether ``new`` leads to ``old``: a move from one to the other is a fast-forward. False for other objects.

    Walks both histories newest first and stops where they have met, so that a step back costs no more than a step
    forward. Histories that have not met after 20,000 commits are taken for unrelated.
    """
    marks = {new: _OURS}
    marks[old] = marks.get(old, 0) | _THEIRS
    waiting = [(-_date(objects, name), name) for name in marks]
    heapq.heapify(waiting)
    while marks[old] & _OURS == 0 and len(marks) < _LIMIT and any(marks[name] == _OURS for _date_, name in waiting):
        _negative, name = heapq.heappop(waiting)
        for parent in _parents(objects, name):
            before = marks.get(parent, 0)
            marks[parent] = before | marks[name]
            if marks[parent] != before:
                heapq.heappush(waiting, (-_date(objects, parent), parent))
    return marks[old] & _OURS != 0


def _commit(objects: Objects, name: bytes) -> bytes:
    try:
        type_num, raw = objects.get_raw(name)
    except KeyError:
        return b""
    return raw.partition(b"\n\n")[0] if type_num == COMMIT else b""


def _parents(objects: Objects, name: bytes) -> list[bytes]:
    return _PARENT.findall(_commit(objects, name))


def _date(objects: Objects, name: bytes) -> int:
    found = _COMMITTED.search(_commit(objects, name))
    return int(found[1]) if found else 0


def first_sight(root: str, values: Mapping[bytes, bytes]) -> list[JournalEntry]:
    """The record with which the journal of a repository begins that has lived without one."""
    if not values:
        return []
    updates = tuple(RefUpdate(ref, None, value) for ref, value in sorted(values.items()))
    logs = {ref: length for ref in values if (length := size(_log(root, ref)))}
    return [JournalEntry(JournalRecord(updates, "init"), logs)]


class Unjournalled:
    """Which refs are not what the journal says.

    They are looked for among those that moved on either side since the last time: with tens of thousands of refs, to
    compare all is most of what a save costs.
    """

    def __init__(self, refs: DiskRefs, journal: Journal) -> None:
        self._refs = refs
        self._journal = journal
        self._lock = Lock()
        self._found: set[bytes] = set()

    def find(self) -> set[bytes]:
        """As of the last looks at both."""
        with self._lock:
            # what moves from here on is taken the next time
            moved, doubtful = self._journal.take_moved(), self._found | self._refs.take_moved()
            values, known = self._refs.values, self._journal.state.refs
            doubtful |= {*list(known), *values} if moved is None else moved
            self._found = {ref for ref in doubtful if values.get(ref) != known.get(ref)}
            return self._found


def moves_by_others(
    root: str,
    objects: Objects,
    state: JournalState,
    values: Mapping[bytes, bytes],
    changed: Collection[bytes],
    touched: Collection[bytes],
) -> list[JournalEntry]:
    """What leads from the journal's state to ``values``, which differ in what is ``changed``.

    Refs that were ``touched`` may have moved there and back.
    """
    entries: list[JournalEntry] = []
    for ref in sorted({*changed, *touched}):
        entries += _moves(root, objects, state, ref, values.get(ref))
    return entries


def _moves(
    root: str, objects: Objects, state: JournalState, ref: bytes, current: bytes | None
) -> Iterator[JournalEntry]:
    known, read = state.refs.get(ref), state.logs.get(ref, 0)
    path = _log(root, ref)
    if known == current and size(path) <= read:
        return
    logged = moves_between(path, read, known, current) if size(path) else ()
    for move in logged:
        update = RefUpdate(ref, move.old, move.new)
        yield _entry(objects, update, {ref: move.end}, move.actor, move.message)
    if not logged and known != current:
        # nobody wrote down how it got there
        yield _entry(objects, RefUpdate(ref, known, current), {ref: size(path)})


def _entry(
    objects: Objects, update: RefUpdate, logs: Mapping[bytes, int], actor: str = "", message: str = ""
) -> JournalEntry:
    forward = update.old is None or (update.new is not None and leads_to(objects, update.old, update.new))
    reason = "external" if forward else "external-forced"
    return JournalEntry(JournalRecord((update,), reason, actor, message), logs)


def _log(root: str, ref: bytes) -> str:
    return f"{root}/logs/{os.fsdecode(ref)}"
