"""The rules every storage applies before it moves refs, and what refs are after a move."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from gitconfig_server.errors import InvalidName, RefChanged, UpdateRefused
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.object_store import is_id

_BRANCHES = b"refs/heads/"
_PENDING = b"refs/gitconfig/pending/"
_PER_WORKTREE = (b"refs/bisect/", b"refs/worktree/", b"refs/rewritten/")

_FORBIDDEN = re.compile(rb"[\0-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock/|\.lock\Z|[./]\Z")
_FEW = 8
_LONGEST_PART, _LONGEST_NAME = 250, 1000  # a file name, with ".lock" behind it, and a path must hold them


def is_ref_name(ref: bytes) -> bool:
    """Whether Git would take ``ref`` as the name of a ref that all work trees share."""
    return ref.startswith(b"refs/") and not ref.startswith(_PER_WORKTREE) and not _FORBIDDEN.search(ref)


def check_request(updates: Sequence[RefUpdate], record: JournalRecord) -> None:
    """Refuse names that Git would not take; ValueError for what no caller of ours may send."""
    if tuple(updates) != tuple(record.updates):
        raise ValueError("the record's updates are not the updates")
    if len({update.ref for update in updates}) != len(updates):
        raise ValueError("a ref is named twice")
    for update in updates:
        check_ref_name(update.ref)
        if not all(is_id(value) for value in (update.old, update.new) if value is not None):
            raise ValueError(f"not an object id: {update}")


def check_values(updates: Iterable[RefUpdate], current: Mapping[bytes, bytes]) -> None:
    """RefChanged for the first update whose old value is not the current one."""
    for update in updates:
        actual = current.get(update.ref)
        if actual != update.old:
            raise RefChanged(update.ref, update.old, actual)


def move_refs(refs: dict[bytes, bytes], updates: Iterable[RefUpdate]) -> None:
    """Make ``refs`` what they are after ``updates``."""
    for update in updates:
        if update.new is None:
            refs.pop(update.ref, None)
        else:
            refs[update.ref] = update.new


def check_folders(updates: Iterable[RefUpdate], current: Mapping[bytes, bytes]) -> None:
    """Refuse a new ref beside one that is beneath or above it; a branch that goes makes room for another."""
    updates = list(updates)
    created = [update.ref for update in updates if update.old is None and update.new is not None]
    if not created:
        return
    going = {update.ref for update in updates if update.new is None and update.ref.startswith(_BRANCHES)}
    made = set(created)

    def stands(ref: bytes) -> bool:
        return ref in made or (ref in current and ref not in going)

    beneath = find_beneath((*made, *current), made, going)
    for ref in created:
        in_the_way = beneath.get(ref) or next(filter(stands, folders_of(ref)), None)
        if in_the_way is not None:
            raise UpdateRefused(ref, "name-conflict", f"cannot stand beside {in_the_way.decode(errors='replace')}")


def find_beneath(names: Iterable[bytes], above: Collection[bytes], going: Collection[bytes]) -> dict[bytes, bytes]:
    """Those of ``above`` that one of ``names`` lies beneath which stays, with such a one."""
    if len(above) <= _FEW:
        beginnings = tuple(ref + b"/" for ref in above)
        names = [ref for ref in names if ref.startswith(beginnings)]  # quick: usually there are none
    return {folder: ref for ref in names if ref not in going for folder in folders_of(ref) if folder in above}


def given_room(updates: Sequence[RefUpdate]) -> dict[bytes, bytes]:
    """The refs, with their values, that are made beneath or above one that goes in the same transaction."""
    going = {update.ref for update in updates if update.new is None}
    above = {folder for ref in going for folder in folders_of(ref)}
    made = ((update.ref, update.new) for update in updates if update.new is not None)
    return {ref: new for ref, new in made if ref in above or not going.isdisjoint(folders_of(ref))}


def folders_of(ref: bytes) -> Iterator[bytes]:
    """Every name that ``ref`` lies beneath: ``refs/heads/a`` and ``refs/heads`` for ``refs/heads/a/b``."""
    end = ref.rfind(b"/")
    while end > len(b"refs"):
        yield ref[:end]
        end = ref.rfind(b"/", 0, end)


def publication_order(updates: Iterable[RefUpdate]) -> list[RefUpdate]:
    """Updates so ordered that a reader who sees only the first few sees an old or a new state of each label.

    Pending applies that begin or are built anew (their record names the label's old place and its new one), then
    labels, then other refs, then pending applies that end, then staged branches.
    """
    return sorted(updates, key=lambda update: (_rank(update), update.ref))


def _rank(update: RefUpdate) -> int:
    ref = update.ref
    if ref == b"refs/heads/staged" or ref.startswith(b"refs/heads/staged-"):
        return 4
    if ref.startswith(_PENDING):
        return 0 if update.new else 3
    return 1 if ref.startswith(b"refs/heads/") else 2


def check_ref_name(ref: bytes) -> None:
    """InvalidName for what is no name of a ref, or one that no file system could hold."""
    if not is_ref_name(ref):
        raise InvalidName("ref", ref.decode(errors="replace"), "Git does not allow this name for a shared ref")
    if len(ref) > _LONGEST_NAME or max(map(len, ref.split(b"/"))) > _LONGEST_PART:
        raise InvalidName("ref", ref.decode(errors="replace"), f"longer than {_LONGEST_PART} bytes a part")
