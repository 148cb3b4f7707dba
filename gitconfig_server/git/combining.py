"""Putting what one side changed in a tree since the base onto the other side's tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field

from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.objects.trees import TreeEntry, TreeView, changed_files
from gitconfig_server.storage.objects import RawObject

UNKNOWN = TreeEntry(0, b"")
"""What stood somewhere before, where nobody can say it: equal to nothing."""

PathChange = tuple[bytes, TreeEntry | None, TreeEntry | None]
"""A path, what stood there before, and what is to stand there."""

MergeContent = Callable[[bytes, bytes, bytes, bytes], bytes | None]
"""Path, base (empty where there was no file), ours, theirs -> what becomes of them; None where they conflict."""

DecideFile = Callable[[bytes], bool | None]
"""Whether theirs is right about a path that conflicts; None where nobody says."""


class Combined(Struct):
    """``changes`` to be made to ours, with the ``blobs`` they need; the paths, sorted, that conflict.

    ``settled``: those that would, had nobody decided.
    """

    changes: dict[bytes, TreeEntry | None] = field(default_factory=dict)
    conflicts: list[bytes] = field(default_factory=list)
    settled: list[bytes] = field(default_factory=list)
    blobs: list[RawObject] = field(default_factory=list)


def nobody_decides(path: bytes) -> bool | None:
    """The ``DecideFile`` that leaves every conflict open."""
    return None


def combine(
    base: TreeView,
    mine: TreeView,
    changes: Iterable[PathChange],
    other: TreeView,
    content: MergeContent | None = None,
    decide: DecideFile = nobody_decides,
) -> Combined:
    """What is to be made to ``mine`` of the changes that lead from ``base`` to ``other``.

    A file that one side moved as it was is followed to its new place, if there is only one such. Where the other side
    removed it, moved it elsewhere or put something in its new place, that is a conflict, at that place.
    """
    return _Combining(base, mine, other, content, decide).combined(list(changes))


class _Combining:
    def __init__(
        self, base: TreeView, mine: TreeView, other: TreeView, content: MergeContent | None, decide: DecideFile
    ) -> None:
        self._base = base
        self._mine = mine
        self._other = other
        self._content = content
        self._decide = decide
        self._found = Combined()
        self._conflicts: set[bytes] = set()
        self._made: dict[bytes, TreeEntry | None] = {}
        self._my_moves = _moves(base, mine)
        self._their_moves = _moves(base, other)

    def combined(self, theirs: list[PathChange]) -> Combined:
        """The whole of it."""
        changes = self._found.changes
        folders: dict[bytes, TreeEntry | None] = {}
        for path, before, after in theirs:
            here = self._mine.entry(path)
            if here == after:
                continue
            if here == before:
                changes[path] = after
            # Judged at the end: whether the folder goes is only known when all changes are.
            elif here and here.is_folder and before is None:
                folders[path] = after
            elif not self._merge(path, before, here, after) and not self._follow(path, before, here, after):
                self._clash(path)
        self._check_moves({path: before for path, before, _ in theirs})
        changes.update(self._made)
        for path, after in folders.items():
            if all(changes.get(one, entry) is None for one, entry in self._mine.walk(path)):
                changes[path] = after  # everything in the folder goes: the file may take its place
            else:
                self._clash(path)
        self._conflicts |= {path for path, entry in changes.items() if entry and _obstructed(self._mine, path, changes)}
        self._found.changes = {path: entry for path, entry in changes.items() if path not in self._conflicts}
        self._found.conflicts = sorted(self._conflicts)
        return self._found

    def _merge(
        self,
        path: bytes,
        before: TreeEntry | None,
        here: TreeEntry | None,
        after: TreeEntry | None,
        place: bytes | None = None,
    ) -> bool:
        """Make one file of both, to stand at ``place``; False where that cannot be."""
        if self._content is None or before == UNKNOWN or not (here and after and here.is_file and after.is_file):
            return False
        if before is not None and not before.is_file:
            return False
        base = self._base.read(before.id) if before else b""
        made = self._content(place or path, base, self._mine.read(here.id), self._other.read(after.id))
        if made is None:
            return False
        blob = make_blob(made)
        self._found.blobs.append(blob)
        # The bit that makes a file executable is merged as its text is: who changed it wins.
        mode = after.mode if before and here.mode == before.mode else here.mode
        self._made[place or path] = TreeEntry(mode, blob.id)
        return True

    def _follow(self, path: bytes, before: TreeEntry | None, here: TreeEntry | None, after: TreeEntry | None) -> bool:
        """Bring a change to where the other side has moved the file; False where it has not."""
        if before == UNKNOWN:
            return False
        if after is None and path in self._their_moves:
            is_brought = self._merge(path, before, here, before, self._their_moves[path])
            if is_brought:
                self._made[path] = None
            return is_brought
        if here is None and path in self._my_moves:
            return self._merge(path, before, before, after, self._my_moves[path])
        return False

    def _check_moves(self, changed: Mapping[bytes, TreeEntry | None]) -> None:
        """Find where a move meets what the other side did with the file, or with the place it went to."""
        for source, place in self._their_moves.items():
            here, there = self._mine.entry(source), self._mine.entry(place)
            is_theirs = source in changed or place in changed
            if not is_theirs or changed.get(source) == UNKNOWN or there == self._other.entry(place):
                continue
            if here is None or (there is not None and here != self._base.entry(source)):
                self._clash(place, source, self._my_moves.get(source))
        for source, place in self._my_moves.items():
            now, there = self._other.entry(source), self._other.entry(place)
            if source in self._their_moves or changed.get(source) == UNKNOWN or there == self._mine.entry(place):
                continue
            if now is None or (there is not None and now != self._base.entry(source)):
                self._clash(place, source)

    def _clash(self, path: bytes, *others: bytes | None) -> None:
        """Note a conflict, or let one side be right about the path, and the ``others`` that it has to do with."""
        take_theirs = self._decide(path)
        if take_theirs is None:
            self._conflicts.add(path)
            return
        if path not in self._found.settled:
            self._found.settled.append(path)
        for one in (path, *filter(None, others)):
            self._found.changes.pop(one, None)
            self._made.pop(one, None)
            wanted = self._other.entry(one)
            if take_theirs and wanted != self._mine.entry(one):
                self._found.changes[one] = wanted


def _moves(base: TreeView, side: TreeView) -> dict[bytes, bytes]:
    """Where a side has moved files as they were: each the only one of its content that went, to the only new one.

    Empty files are all alike: that one came where another went says nothing.
    """
    gone: dict[TreeEntry, list[bytes]] = {}
    came: dict[TreeEntry, list[bytes]] = {}
    for path, before, after in changed_files(base, side):
        if before and not after:
            gone.setdefault(before, []).append(path)
        elif after and not before:
            came.setdefault(after, []).append(path)
    alone = (
        (paths[0], came[entry][0])
        for entry, paths in gone.items()
        if entry.is_file and len(paths) == len(came.get(entry, ())) == 1 and base.read(entry.id)
    )
    return dict(alone)


def _obstructed(tree: TreeView, path: bytes, changes: Mapping[bytes, TreeEntry | None]) -> bool:
    """Whether a file of ours, which stays, stands where ``path`` needs a folder."""
    parts = path.split(b"/")
    above = (b"/".join(parts[:length]) for length in range(1, len(parts)))
    return any((entry := tree.entry(one)) and not entry.is_folder and changes.get(one, entry) for one in above)
