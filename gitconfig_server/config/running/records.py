"""Small records under ``refs/gitconfig/``: a commit whose tree is one JSON file, and whose parents must not be lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from gitconfig_server.config.running.clocks import Grant, Moment
from gitconfig_server.git import ref_names
from gitconfig_server.git.objects.commits import SERVER, make_commit, parents_of, tree_of
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, TreeView, edit_tree
from gitconfig_server.storage.base import Snapshot
from gitconfig_server.storage.objects import RawObject

PENDING = ref_names.PRIVATE + b"pending/"
PINS = ref_names.PRIVATE + b"pin/"
FREEZES = ref_names.PRIVATE + b"freeze/"

_FILE_NAME = b"record.json"

_NOTHING = ObjectMap(())

_T = TypeVar("_T")


class StagedMove(Struct, frozen=True):
    """What is to become of a staged branch at the confirmation: ``ref`` goes from ``old`` to ``new``, all hex ids."""

    ref: str
    old: str
    new: str


class PendingRecord(Struct, frozen=True):
    """An apply that awaits its confirmation. ``commit`` is the pending commit, ``value`` the record's own: the ref's.

    ``head``: where the label is while this is right; ``stood``: where it was one write earlier, so that a reader who
    sees this record before the label's move takes it for right too.
    """

    id: str
    label: str
    head: str
    stood: str
    deadline: Grant
    actor: str = ""
    message: str = ""
    staged: StagedMove | None = None
    commit: bytes = b""
    value: bytes = b""

    def stands_on(self, tip: bytes | None) -> bool:
        """Whether the label is where it must be; anywhere else the record is void."""
        return tip is not None and tip.decode() in (self.head, self.stood)


class PinRecord(Struct, frozen=True):
    """What readers of a label get whatever it holds. ``revision``: as it was asked for; ``deadline``: None for ever."""

    label: str
    revision: str
    why: str
    since: datetime
    actor: str = ""
    deadline: Grant | None = None
    commit: bytes = b""
    value: bytes = b""


class FreezeRecord(Struct, frozen=True):
    """Nobody saves, pushes or applies to the label until it is over."""

    label: str
    why: str
    since: datetime
    actor: str = ""
    deadline: Grant | None = None
    value: bytes = b""


def pending_ref(label_ref: bytes) -> bytes:
    """The ref of what is pending for a branch."""
    return PENDING + label_ref.removeprefix(ref_names.BRANCHES)


def pin_ref(label_ref: bytes) -> bytes:
    """The ref of a label's pin; a tag and a branch of one name have two."""
    return PINS + label_ref.removeprefix(b"refs/")


def freeze_ref(label_ref: bytes) -> bytes:
    """The ref of a label's freeze."""
    return FREEZES + label_ref.removeprefix(b"refs/")


def make_record(members: Mapping[str, Any], parents: tuple[bytes, ...], when: datetime) -> tuple[RawObject, ...]:
    """The objects of a record, the commit last. ``parents`` stay reachable as long as the record does."""
    blob = make_blob(json.dumps(members, indent=1, sort_keys=True).encode() + b"\n")
    tree, trees = edit_tree(_NOTHING, EMPTY_TREE, {_FILE_NAME: TreeEntry(FILE, blob.id)})
    subject = f"{members['kind']} {members['label']}"
    commit = make_commit(tree, parents, author=SERVER, committer=SERVER, when=when, message=subject)
    return blob, *trees, commit


def encode_pending(record: PendingRecord) -> dict[str, Any]:
    """The members of a pending's record."""
    staged = record.staged
    return {
        "kind": "pending",
        "id": record.id,
        "label": record.label,
        "head": record.head,
        "stood": record.stood,
        "actor": record.actor,
        "message": record.message,
        "staged": {"ref": staged.ref, "old": staged.old, "new": staged.new} if staged else None,
        **_encode_deadline(record.deadline),
    }


def encode_pin(record: PinRecord) -> dict[str, Any]:
    """The members of a pin's record."""
    return {"kind": "pin", "revision": record.revision, **_encode_brake(record)}


def encode_freeze(record: FreezeRecord) -> dict[str, Any]:
    """The members of a freeze's record."""
    return {"kind": "freeze", **_encode_brake(record)}


def read_pending(objects: ObjectReader, refs: Snapshot, label_ref: bytes) -> PendingRecord | None:
    """What the ref of a label's pending holds, whether it is still right or not; None where nothing can be read."""
    return _read(objects, refs.get(pending_ref(label_ref)), decode_pending)


def read_pin(objects: ObjectReader, refs: Snapshot, label_ref: bytes) -> PinRecord | None:
    """A label's pin, whether its time is over or not."""
    return _read(objects, refs.get(pin_ref(label_ref)), decode_pin)


def read_freeze(objects: ObjectReader, refs: Snapshot, label_ref: bytes) -> FreezeRecord | None:
    """A label's freeze, whether its time is over or not."""
    return _read(objects, refs.get(freeze_ref(label_ref)), _decode_freeze)


def read_record(objects: ObjectReader, value: bytes, decode: Callable[[dict[str, Any], bytes, bytes], _T]) -> _T | None:
    """What a record's commit says; None for what is no such record."""
    return _read(objects, value, decode)


def decode_pending(members: dict[str, Any], value: bytes, parent: bytes) -> PendingRecord:
    """A pending of its members, its commit and the commit's first parent."""
    staged = members["staged"]
    return PendingRecord(
        id=str(members["id"]),
        label=str(members["label"]),
        head=str(members["head"]),
        stood=str(members["stood"]),
        deadline=_decode_deadline(members),
        actor=str(members["actor"]),
        message=str(members["message"]),
        staged=StagedMove(str(staged["ref"]), str(staged["old"]), str(staged["new"])) if staged else None,
        commit=parent,
        value=value,
    )


def decode_pin(members: dict[str, Any], value: bytes, parent: bytes) -> PinRecord:
    """A pin of its members, its commit and the pinned commit."""
    return PinRecord(revision=str(members["revision"]), commit=parent, value=value, **_decode_brake(members))


def _decode_freeze(members: dict[str, Any], value: bytes, parent: bytes) -> FreezeRecord:
    return FreezeRecord(value=value, **_decode_brake(members))


def _read(
    objects: ObjectReader, value: bytes | None, decode: Callable[[dict[str, Any], bytes, bytes], _T]
) -> _T | None:
    """A ref that leads to no record is as good as none: whoever hangs on it gets what is saved."""
    if value is None:
        return None
    try:
        tree = TreeView(objects, tree_of(objects, value))
        entry = tree.entry(_FILE_NAME)
        members = json.loads(tree.read(entry.id)) if entry else None
        parents = parents_of(objects, value)[0]
        return decode(members, value, parents[0] if parents else b"") if isinstance(members, dict) else None
    # Anybody who may write the folder may write this ref: what it holds is no more trusted than a request.
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _encode_brake(record: PinRecord | FreezeRecord) -> dict[str, Any]:
    said = {"label": record.label, "why": record.why, "since": record.since.isoformat(), "actor": record.actor}
    return said | (_encode_deadline(record.deadline) if record.deadline else {})


def _decode_brake(members: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": str(members["label"]),
        "why": str(members["why"]),
        "since": datetime.fromisoformat(members["since"]),
        "actor": str(members["actor"]),
        "deadline": _decode_deadline(members) if "seconds" in members else None,
    }


def _encode_deadline(deadline: Grant) -> dict[str, Any]:
    started = deadline.started
    wall = started.wall.isoformat()
    return {"started": wall, "boot": started.boot, "ticks": started.ticks, "seconds": deadline.seconds}


def _decode_deadline(members: dict[str, Any]) -> Grant:
    started = datetime.fromisoformat(members["started"])
    if started.tzinfo is None:
        raise ValueError("a time without its zone")
    return Grant(Moment(started, str(members["boot"]), float(members["ticks"])), float(members["seconds"]))
