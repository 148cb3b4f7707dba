"""What differs between two configurations, key by key; and three of them joined by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher

from msgspec import Struct

from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import MISSING, Data, Secret, is_same, masked
from gitconfig_server.model.history import Op

_MATCHED_ITEMS = 2_000
"""Lists longer than this are compared item by item at the same index: matching them takes quadratic time."""


class NodeDifference(Struct, frozen=True):
    """A value that differs. ``old`` is MISSING where it is new, ``new`` where it is gone."""

    segments: Segments
    op: Op
    old: Data
    new: Data

    @property
    def path(self) -> str:
        """The path as people write it."""
        return join_path(self.segments)

    def shown(self) -> dict[str, Data]:
        """As JSON, secrets masked; the side that does not exist is left out."""
        told: dict[str, Data] = {"path": join_path(self.segments), "op": self.op.value}
        if self.old is not MISSING:
            told["old"] = masked(self.old)
        if self.new is not MISSING:
            told["new"] = masked(self.new)
        return told

    def __str__(self) -> str:
        old, new = (repr(masked(value)) for value in (self.old, self.new))
        sign = {Op.ADD: "+", Op.REMOVE: "-", Op.CHANGE: "~"}[self.op]
        values = {Op.ADD: new, Op.REMOVE: old, Op.CHANGE: f"{old} -> {new}"}[self.op]
        return f"{sign} {self.path}: {values}"


def differences(old: Data, new: Data, path: Segments = ()) -> Iterator[NodeDifference]:
    """What differs, in the order of ``new``, with what is gone first at each level.

    A map's order is no difference. Items of lists are matched (longest common part), so that one that was taken out
    does not change those behind it.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name not in new:
                yield NodeDifference((*path, name), Op.REMOVE, value, MISSING)
        for name, value in new.items():
            yield from differences(old.get(name, MISSING), value, (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _item_differences(old, new, path)
    elif old is MISSING:
        yield NodeDifference(path, Op.ADD, MISSING, new)
    elif new is MISSING:
        yield NodeDifference(path, Op.REMOVE, old, MISSING)
    elif not is_same(old, new):
        yield NodeDifference(path, Op.CHANGE, old, new)


def matched_items(old: list[Data], new: list[Data]) -> list[tuple[str, int, int, int, int]]:
    """How the items of two lists correspond: the opcodes of ``difflib`` over their values."""
    if max(len(old), len(new)) > _MATCHED_ITEMS:
        common = min(len(old), len(new))
        rest = ("delete", common, len(old), common, common), ("insert", common, common, common, len(new))
        return [("replace", 0, common, 0, common), *(one for one in rest if one[1] < one[2] or one[3] < one[4])]
    keys = [_key(one) for one in old], [_key(one) for one in new]
    return list(SequenceMatcher(None, *keys, autojunk=False).get_opcodes())


def merged(base: Data, ours: Data, theirs: Data, path: Segments = ()) -> tuple[Data, list[Segments]]:
    """Three configurations joined by key, and the paths that both sides changed differently, which keep ``ours``.

    Maps are joined; a list is one value. Files are merged by ``formats.merging``, to which a map without members is as
    good as none, and ``a.b`` another spelling of ``a: {b: }``. Here a map is an object that stands, empty or not, and a
    dot is part of a name: whoever deleted an object must not find it again because somebody else had emptied it.
    """
    if is_same(ours, theirs) or is_same(base, theirs):
        return ours, []
    if is_same(base, ours):
        return theirs, []
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        return ours, [path]
    olds = base if isinstance(base, dict) else {}
    joined: dict[str, Data] = {}
    conflicts: list[Segments] = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        sides = (olds.get(name, MISSING), ours.get(name, MISSING), theirs.get(name, MISSING))
        value, met = merged(*sides, (*path, name))
        conflicts += met
        if value is not MISSING:
            joined[name] = value
    return joined, conflicts


def _item_differences(old: list[Data], new: list[Data], path: Segments) -> Iterator[NodeDifference]:
    for tag, low, high, start, end in matched_items(old, new):
        if tag == "equal":
            continue
        common = min(high - low, end - start)
        for offset in range(common):
            yield from differences(old[low + offset], new[start + offset], (*path, str(start + offset)))
        for index in range(low + common, high):
            yield NodeDifference((*path, str(index)), Op.REMOVE, old[index], MISSING)
        for index in range(start + common, end):
            yield NodeDifference((*path, str(index)), Op.ADD, MISSING, new[index])


def _key(data: Data) -> str:
    """A text that is equal for equal values only."""
    return json.dumps(data, sort_keys=True, default=_secret_key)


def _secret_key(secret: Secret) -> list[str]:
    return ["secret", secret.reveal()]
