"""Lists that a schema lets merge: as sets of items, or item by item, each known by one of its keys."""

from __future__ import annotations

import re
from collections.abc import Hashable

from gitconfig_server.formats.editing.tree import Key, ListNode, MapNode, Node, ScalarNode, resolved, same

_SET = "set"
_BY_KEY = re.compile(r"by-key\((.+)\)")


def merged_list(rule: str, base: ListNode | None, ours: ListNode | None, theirs: ListNode | None) -> ListNode | None:
    """Our list with what they changed in it; None where the rule does not fit, or an item conflicts."""
    if ours is None or theirs is None:
        return None
    if rule == _SET:
        return _as_sets(base or ListNode([]), ours, theirs)
    found = _BY_KEY.fullmatch(rule)
    return _by_key(found[1], base or ListNode([]), ours, theirs) if found else None


def is_list_rule(text: object) -> bool:
    """Whether a schema's ``x-merge`` says something that is known."""
    return isinstance(text, str) and (text == _SET or _BY_KEY.fullmatch(text) is not None)


def _as_sets(base: ListNode, ours: ListNode, theirs: ListNode) -> ListNode:
    gone = [one for one in base.items if not _has(theirs, one)]
    came = [one for one in theirs.items if not _has(base, one) and not _has(ours, one)]
    return _changed(ours, [one for one in ours.items if not any(same(one, other) for other in gone)] + came)


def _has(items: ListNode, item: Node) -> bool:
    return any(same(item, one) for one in items.items)


def _by_key(name: str, base: ListNode, ours: ListNode, theirs: ListNode) -> ListNode | None:
    known = [_named(name, one) for one in (base, ours, theirs)]
    old, mine, other = known
    if old is None or mine is None or other is None:
        return None
    items: list[Node] = []
    for key, item in mine.items():
        before, now = old.get(key), other.get(key)
        is_ours = now is not None and ((before is not None and same(before, now)) or same(item, now))
        if (before is None and now is None) or is_ours:
            items.append(item)
        elif before is None or not same(before, item):
            return None
        elif now is not None:
            items.append(now)
    for key, now in other.items():
        before = old.get(key)
        if key not in mine and before is None:
            items.append(now)
        elif key not in mine and before is not None and not same(before, now):
            return None
    return _changed(ours, items)


def _named(name: str, items: ListNode) -> dict[Hashable, Node] | None:
    """Items by the value of their key; None where one has none, or two have the same."""
    found: dict[Hashable, Node] = {}
    for item in items.items:
        inner = resolved(item)
        value = inner.get(Key(name)) if isinstance(inner, MapNode) else None
        if not isinstance(value, ScalarNode) or (type(value.value), value.value) in found:
            return None
        found[type(value.value), value.value] = item
    return found


def _changed(ours: ListNode, items: list[Node]) -> ListNode:
    """A changed copy of our list: its items keep their text."""
    copy = ListNode(items)
    copy.origin = ours.origin
    copy.start = ours.start
    return copy
