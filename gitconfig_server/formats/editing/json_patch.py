"""JSON Patch (RFC 6902) on nested properties."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from gitconfig_server.errors import Conflict, InvalidChange
from gitconfig_server.wire.json_pointer import token

MAX_COPIED = 200_000
"""Values that all operations of one patch may copy: copies of copies grow fast."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_NEEDS = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from", "remove": ""}


def apply_operations(document: dict[str, Any], operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``document``, which is changed, after all operations.

    Raises InvalidChange, pointing at the operation, for one that is malformed or leads nowhere, and Conflict where a
    ``test`` finds something else.
    """
    patching = _Patching(document)
    for number, operation in enumerate(operations):
        try:
            patching.apply(operation)
        except InvalidChange as error:
            raise InvalidChange(error.reason, f"/{number}{error.pointer}") from error
    if not isinstance(patching.root, dict):
        raise InvalidChange("properties are a map: the patch leaves something else")
    return patching.root


class _Patching:
    """A document while it is being patched."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self._copied = 0

    def apply(self, operation: Mapping[str, Any]) -> None:
        """One operation."""
        if not isinstance(operation, Mapping):
            raise InvalidChange("an operation is an object")
        kind = operation.get("op")
        need = _NEEDS.get(kind) if isinstance(kind, str) else None
        if need is None:
            raise InvalidChange(f"{kind!r} is none of {', '.join(_NEEDS)}", "/op")
        path = _parse(operation, "path")
        if need == "value" and "value" not in operation:
            raise InvalidChange("a value is needed", "/value")
        if kind == "test":
            self._test(path, operation["value"])
        elif need == "value":
            self._put(path, self._copy(operation["value"]), replace=kind == "replace")
        elif need == "from":
            self._transfer(_parse(operation, "from"), path, keep=kind == "copy")
        else:
            self._take(path, "/path")

    def _transfer(self, source: list[str], path: list[str], *, keep: bool) -> None:
        if keep:
            value = self._copy(self._at(source, "/from"))
        elif path[: len(source)] == source:
            if path == source:
                self._at(source, "/from")
                return
            raise InvalidChange("nothing can be moved into itself", "/path")
        else:
            value = self._take(source, "/from")
        self._put(path, value, replace=False)

    def _test(self, path: list[str], wanted: Any) -> None:
        found = self._at(path, "/path")
        if not same(found, wanted):
            raise Conflict(f"the test of {_shown(path)} fails: something else stands there")

    def _at(self, path: list[str], place: str) -> Any:
        node = self.root
        for depth, name in enumerate(path):
            node = _child(node, name, path[: depth + 1], place)
        return node

    def _put(self, path: list[str], value: Any, *, replace: bool) -> None:
        if not path:
            self.root = value
            return
        parent, name = self._at(path[:-1], "/path"), path[-1]
        if replace:
            _child(parent, name, path, "/path")
        if isinstance(parent, dict):
            parent[name] = value
        elif isinstance(parent, list):
            at = len(parent) if name == "-" else _index(name, len(parent) + 1, path, "/path")
            parent[at : at + replace] = [value]
        else:
            raise InvalidChange(f"{_shown(path[:-1])} is a single value, so nothing can stand beneath it", "/path")

    def _take(self, path: list[str], place: str) -> Any:
        if not path:
            self.root, taken = {}, self.root
            return taken
        parent = self._at(path[:-1], place)
        taken = _child(parent, path[-1], path, place)
        if isinstance(parent, dict):
            del parent[path[-1]]
        else:
            del parent[int(path[-1])]
        return taken

    def _copy(self, value: Any) -> Any:
        self._copied += _size(value, MAX_COPIED - self._copied)
        if self._copied >= MAX_COPIED:
            raise InvalidChange(f"the patch adds or copies more than {MAX_COPIED} values")
        return deepcopy(value)


def same(one: Any, two: Any) -> bool:
    """Whether two values are the same JSON: ``1`` is ``1.0``, but not ``true``."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(value, two[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    return bool(one == two)


def _parse(operation: Mapping[str, Any], member: str) -> list[str]:
    """A pointer's names."""
    text = operation.get(member)
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        raise InvalidChange(f"{text!r} is no JSON pointer such as /db/pool", f"/{member}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _child(node: Any, name: str, path: list[str], place: str) -> Any:
    if isinstance(node, dict) and name in node:
        return node[name]
    if isinstance(node, list):
        return node[_index(name, len(node), path, place)]
    raise InvalidChange(f"there is nothing at {_shown(path)}", place)


def _index(name: str, length: int, path: list[str], place: str) -> int:
    if not _INDEX.fullmatch(name) or int(name) >= length:
        raise InvalidChange(f"{_shown(path)} is past the end of the list, or no index of it", place)
    return int(name)


def _size(value: Any, bound: int) -> int:
    """How many values there are in ``value``; ``bound`` is enough."""
    waiting, count = [value], 0
    while waiting and count < bound:
        node = waiting.pop()
        count += 1
        waiting.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    return count


def _shown(path: list[str]) -> str:
    return "".join(f"/{token(name)}" for name in path)[:200]
