"""Kinds of edits that make sense in a file as it is found: what is asked for, and the model after it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from gitconfig_server.formats.editing.edits import RemoveKey, SetKey
from support.real_models import Unfit, at, flat_key, is_at, is_plain, name_of, places, plain_of, pointer_of, to_model

NEW: list[Any] = ["x", "two words", "yes", "0755", "a: b # c", "", None, 7, -1, 2.5, True, {}, [], "a\nb\n", "é"]
NEW += [
    ["one", 2],
    {"k": "v"},
    {"k.d/o": {"l": [1, {}]}},
    "it's",
    '"q" \\ ',
    "  lead",
    "a\n\n  b\n\n",
    "- x",
    "#",
    "\t",
    "\u2028",
]
NEW += [
    "0o17",
    "1_000",
    "12:30",
    "2020-01-02",
    "~",
    "=",
    "<<",
    "*a",
    "&a",
    "!t",
    "%d",
    "@",
    "null",
    "No",
    "😀",
    "w " * 400,
]
PLAIN_NEW: list[Any] = [
    "x",
    "a = b",
    " lead",
    7,
    True,
    "é\n",
    "",
    "a\\b",
    "#c",
    "!c",
    "😀",
    "\t",
    "end ",
    "a:b",
    "w " * 400,
]


@dataclass(frozen=True)
class Made:
    """An edit: what is asked for, the model after it, the place it touches, and whether all beneath may change.

    ``ask`` is a merge patch, a list of JSON patch operations, or one edit of a dotted key.
    """

    kind: str
    ask: Any
    expected: Any
    touched: tuple[Any, ...]
    whole: bool
    moves: bool = False
    """Lines may stand in another order afterwards."""


class Places:
    """All places of a document. Raises Unfit for one whose keys JSON has no different names for."""

    def __init__(self, extension: str, model: Any) -> None:
        self.extension = extension
        self.model = model
        self.every = places(model)
        self.lists = [path for path in self.every if isinstance(at(model, path), list)]
        self.maps = [path for path in self.every if isinstance(at(model, path), dict)]
        if any(len({name_of(key) for key in at(model, path)}) < len(at(model, path)) for path in self.maps):
            raise Unfit("keys of one name")
        self.dotted = [(flat_key(path), path) for path in self.every if all(map(_is_plain_name, path))]
        self.new = PLAIN_NEW if extension == "properties" else NEW

    def means_one(self, path: tuple[Any, ...]) -> bool:
        """Whether the dotted key of a path can mean nothing else, nor any part of it."""
        if not all(map(_is_plain_name, path)):
            return False
        for end in range(1, len(path) + 1):
            above = path[:end]
            key = flat_key(above)
            if any(is_at(key, one) and other[:end] != above for one, other in self.dotted):
                return False
        return True


def _is_plain_name(step: Any) -> bool:
    return isinstance(step, int) or bool(name_of(step).strip("".join(map(chr, range(33))) + "[].") == name_of(step))


def make_edit(found: Places, chance: Random) -> Made:
    """Some edit that makes sense at some place."""
    for _ in range(200):
        path = chance.choice(found.lists if found.lists and chance.random() < 0.35 else found.every)
        new = chance.choice(found.new)
        made = chance.choice(KINDS)(found, path, copy.deepcopy(found.model), new, chance)
        if made is not None:
            return made
    raise Unfit("no edit found")


Kind = Callable[[Places, "tuple[Any, ...]", Any, Any, Random], "Made | None"]


def _replace(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not isinstance(at(expected, path[:-1]), dict):
        return None
    at(expected, path[:-1])[path[-1]] = to_model(found.extension, new)
    ask: Any = [{"op": "replace", "path": pointer_of(path), "value": new}]
    if chance.random() < 0.3 and is_plain(at(found.model, path)):
        ask.insert(0, {"op": "test", "path": pointer_of(path), "value": plain_of(at(found.model, path))})
    return Made("replace", ask, expected, path, True)


def _merge_set(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not _all_keys(path) or isinstance(new, dict) or new is None:
        return None
    at(expected, path[:-1])[path[-1]] = to_model(found.extension, new)
    return Made("merge-set", _merge(path, new), expected, path, True)


def _merge_null(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not _all_keys(path):
        return None
    del at(expected, path[:-1])[path[-1]]
    return Made("merge-null", _merge(path, None), expected, path, True)


def _set(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not found.means_one(path) or (isinstance(new, dict) and new):
        return None
    at(expected, path[:-1])[path[-1]] = to_model(found.extension, new)
    return Made("set", SetKey(flat_key(path), new), expected, path, True)


def _unset(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(found.model, path)
    if not path or not found.means_one(path) or (isinstance(node, dict) and found.extension == "properties"):
        return None
    del at(expected, path[:-1])[path[-1]]
    return Made("unset", RemoveKey(flat_key(path)), expected, path, True)


def _remove(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path:
        return None
    del at(expected, path[:-1])[path[-1]]
    return Made("remove", [{"op": "remove", "path": pointer_of(path)}], expected, path, True)


def _add(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(expected, path)
    key = ("str", chance.choice(["new", "new key", "on", "1", "new-x"]))
    if not isinstance(node, dict) or any(name_of(one) == key[1] for one in node):
        return None
    if key[1] == "on" and ("bool", True) in node:  # it may stand there as on, which is what the name finds
        return None
    node[key] = to_model(found.extension, new)
    ask = [{"op": "add", "path": pointer_of((*path, key)), "value": new}]
    return Made("add", ask, expected, path, False)


def _insert(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(expected, path)
    if not isinstance(node, list):
        return None
    index = chance.randrange(len(node) + 1)
    pointer = pointer_of((*path, index)) if index < len(node) or chance.random() < 0.5 else pointer_of(path) + "/-"
    node.insert(index, to_model(found.extension, new))
    return Made("insert", [{"op": "add", "path": pointer, "value": new}], expected, path, False)


def _append(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(expected, path)
    if not isinstance(node, list) or not path or not found.means_one(path) or (isinstance(new, dict) and new):
        return None
    key = f"{flat_key(path)}[{len(node)}]"
    node.append(to_model(found.extension, new))
    return Made("append", SetKey(key, new), expected, path, False)


def _move_item(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    items = at(expected, path)
    if not isinstance(items, list) or len(items) < 2:
        return None
    old, to = chance.randrange(len(items)), chance.randrange(len(items))
    items.insert(to, items.pop(old))
    ask = [{"op": "move", "from": pointer_of((*path, old)), "path": pointer_of((*path, to))}]
    return Made("move-item", ask, expected, path, False, moves=True)


def _reorder(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    items = at(expected, path)
    if not isinstance(items, list) or len(items) < 2 or not path or not _all_keys(path) or not is_plain(items):
        return None
    chance.shuffle(items)
    return Made("reorder", _merge(path, [plain_of(one) for one in items]), expected, path, False, moves=True)


def _rename(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not isinstance(at(expected, path[:-1]), dict):
        return None
    parent, key = at(expected, path[:-1]), ("str", "renamed")
    parent[key] = parent.pop(path[-1])
    ask = [{"op": "move", "from": pointer_of(path), "path": pointer_of((*path[:-1], key))}]
    return Made("rename", ask, expected, path, False, moves=True)


def _move_away(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if len(path) < 2 or found.extension == "properties":
        return None
    parent = at(expected, path[:-1])
    expected[("str", "moved")] = parent.pop(path[-1])
    return Made("move", [{"op": "move", "from": pointer_of(path), "path": "/moved"}], expected, path, True, moves=True)


def _copy(found: Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(found.model, path)
    if not path or found.extension == "properties" or (found.extension != "json" and not is_plain(node)):
        return None
    expected[("str", "copied")] = copy.deepcopy(node)
    return Made("copy", [{"op": "copy", "from": pointer_of(path), "path": "/copied"}], expected, (), False)


KINDS: tuple[Kind, ...] = (
    _replace,
    _merge_set,
    _merge_null,
    _set,
    _unset,
    _remove,
    _add,
    _insert,
    _append,
    _move_item,
    _reorder,
    _rename,
    _move_away,
    _copy,
)


def _all_keys(path: tuple[Any, ...]) -> bool:
    return not any(isinstance(step, int) for step in path)


def _merge(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    for step in reversed(path):
        value = {name_of(step): value}
    assert isinstance(value, dict), "a path has a step"
    return value
