"""What a configuration holds: plain data (maps, lists, text, numbers, booleans, null) and secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gitconfig_server.errors import InvalidChange, MalformedRequest
from gitconfig_server.manager.errors import LookupFailed, Misfit, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path, list_index
from gitconfig_server.wire.json import parse_json

Data = Any
"""Plain data: ``dict[str, Data] | list[Data] | str | int | float | bool | None | Secret``."""

MASK: Final = "**********"
"""What is shown of a secret; sent back in, it means that the secret stays as it is."""
_MAX_DEPTH: Final = 100

_SURROGATE = re.compile("[\ud800-\udfff]")


class Secret:
    """A text that is shown to nobody; JSON refuses it, so that it cannot slip out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return MASK


class _Missing:
    """Nothing stands there; unlike None, which is a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


def is_same(one: Data, other: Data) -> bool:
    """Whether two values are equal: ``1``, ``1.0``, ``True`` differ; a map's order does not count, a list's does."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(is_same(value, other[name]) for name, value in one.items())
        )
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(is_same(mine, its) for mine, its in zip(one, other, strict=True))
        )
    return type(one) is type(other) and bool(one == other)


def checked(data: object, path: Segments = ()) -> Data:
    """``data`` as plain data of its own, tuples as lists. Raises Misfit with every place that holds something else."""
    if data is None or type(data) in (int, bool):
        return data
    problems: list[Problem] = []
    copied = _copied(data, path, problems)
    if problems:
        raise Misfit(problems)
    return copied


def read_json(body: bytes) -> Data:
    """The plain data of a JSON text; Misfit says what is wrong with it, and where."""
    try:
        return parse_json(body)
    except InvalidChange as error:
        raise Misfit([Problem(error.pointer.strip("/"), error.reason)]) from error
    except MalformedRequest as error:
        raise Misfit([Problem("", str(error))]) from error


def masked(data: Data) -> Data:
    """``data`` with a mask in place of every secret."""
    return _mapped(data, _masked_value)


def unmasked(data: Data, present: Data) -> Data:
    """``data`` where a mask that stands at the place of a secret means that secret."""
    if isinstance(present, Secret):
        return present if data == MASK else Secret(data) if isinstance(data, str) else data
    if isinstance(data, dict) and isinstance(present, dict):
        return {name: unmasked(value, present.get(name, MISSING)) for name, value in data.items()}
    if isinstance(data, list) and isinstance(present, list):
        return [unmasked(value, _item(present, index)) for index, value in enumerate(data)]
    return data


def find_data(data: Data, path: Segments) -> Data:
    """What stands at ``path`` in ``data``; LookupFailed names the first segment that leads nowhere."""
    for position, segment in enumerate(path):
        found = _step(data, segment)
        if found is MISSING:
            raise LookupFailed(segment, join_path(path[: position + 1]))
        data = found
    return data


def found_or_missing(data: Data, path: Segments) -> Data:
    """What stands at ``path``, MISSING where nothing does."""
    for segment in path:
        data = _step(data, segment)
        if data is MISSING:
            return MISSING
    return data


def _step(data: Data, segment: str) -> Data:
    """What stands one segment down, MISSING where nothing does."""
    if isinstance(data, dict):
        return data.get(segment, MISSING)
    if isinstance(data, list):
        index = list_index(segment)
        return MISSING if index is None else _item(data, index)
    return MISSING


def replaced(data: Data, path: Segments, value: Data) -> Data:
    """``data`` with ``value`` at ``path`` (MISSING: nothing); what is not on the way is shared, nothing is changed.

    The parent must stand; in a list ``path`` ends with an index, or the list's length to append. LookupFailed.
    """
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(data, dict):
        return _with_member(data, head, rest, value)
    index = list_index(head) if isinstance(data, list) else None
    if index is None or index > len(data) or (index == len(data) and (rest or value is MISSING)):
        raise LookupFailed(head)
    inner = [] if index == len(data) else [data[index]]
    new = replaced(inner[0], rest, value) if rest else value
    return [*data[:index], *([] if new is MISSING else [new]), *data[index + 1 :]]


def inserted(data: list[Data], index: int, value: Data) -> list[Data]:
    """``data`` with ``value`` before ``index``."""
    return [*data[:index], value, *data[index:]]


def overlaid(weak: Data, strong: Data) -> Data:
    """``strong`` over ``weak``: maps are joined, everything else, lists as well, is taken whole from ``strong``."""
    if not (isinstance(weak, dict) and isinstance(strong, dict)):
        return strong
    joined = dict(weak)
    for name, value in strong.items():
        joined[name] = overlaid(weak[name], value) if name in weak else value
    return joined


def _with_member(data: dict[str, Data], head: str, rest: Segments, value: Data) -> dict[str, Data]:
    if rest:
        if head not in data:
            raise LookupFailed(head)
        value = replaced(data[head], rest, value)
    if value is MISSING:
        if head not in data:
            raise LookupFailed(head)
        return {name: kept for name, kept in data.items() if name != head}
    return {**data, head: value}


def _masked_value(value: Data) -> Data:
    return MASK if isinstance(value, Secret) else value


def _item(data: Sequence[Data], index: int) -> Data:
    return data[index] if index < len(data) else MISSING


def _mapped(data: Data, change: Callable[[Data], Data]) -> Data:
    if isinstance(data, dict):
        return {name: _mapped(value, change) for name, value in data.items()}
    if isinstance(data, list):
        return [_mapped(value, change) for value in data]
    return change(data)


def _copied(data: object, path: Segments, problems: list[Problem]) -> Data:
    if len(path) > _MAX_DEPTH:
        problems.append(Problem(join_path(path[:3]) + "/...", f"nested more than {_MAX_DEPTH} levels deep"))
        return None
    if isinstance(data, Mapping):
        found = {}
        for name, value in data.items():
            if (reason := _name_fault(name)) is not None:
                problems.append(Problem(join_path(path), reason))
            else:
                found[name] = _copied(value, (*path, name), problems)
        return found
    if isinstance(data, list | tuple):
        return [_copied(value, (*path, str(index)), problems) for index, value in enumerate(data)]
    if (reason := _value_fault(data)) is not None:
        problems.append(Problem(join_path(path), reason))
    return data


def _name_fault(name: object) -> str | None:
    if not isinstance(name, str):
        return f"{name!r} cannot be a name: names are text"
    if not name:
        return "an empty text cannot be a name"
    return "the name is not Unicode: a surrogate stands alone" if _SURROGATE.search(name) else None


def _value_fault(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "no configuration holds infinite numbers or NaN"
    if isinstance(value, str) and _SURROGATE.search(value):
        return "the text is not Unicode: a surrogate stands alone"
    if value is None or type(value) in (str, int, float, bool, Secret):
        return None
    return f"a {type(value).__name__} cannot be kept: use text, a number, a boolean, a map or a list"
