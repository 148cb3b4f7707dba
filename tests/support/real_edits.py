"""Edits of files as they are found, judged from outside: by PyYAML's nodes, ``json``, ``javaproperties``, and lines.

The model of a document is what its format's own reader composes: dicts of typed keys, lists, and scalars as pairs of a
tag and a text. An edit is made to the model as the RFCs say, and to the file by the code that is judged.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import javaproperties
import yaml

from gitconfig_server.errors import GitConfigError, InvalidContent
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text
from gitconfig_server.formats.editing.patches import apply_patch
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.model.writes import JsonPatch, MergePatch

TAG = "tag:yaml.org,2002:"
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
BOM = b"\xef\xbb\xbf"

_SEPARATOR = re.compile(r"^[ \t\f]*[#!]---", re.MULTILINE)
_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ANY_END = re.compile(r"\r\n|\r|\n")
_YAML_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


class Unfit(Exception):
    """A file, or a place in it, that this judge cannot speak of."""


@dataclass
class Outcome:
    """What became of all edits: counts by kind, refusals by reason, and what was wrong."""

    made: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def models_of(extension: str, content: bytes) -> list[Any]:
    """The models of a file's documents. Raises Unfit, also for what the format's own reader refuses."""
    try:
        return _read(extension, content)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise Unfit(str(error)) from error


def _read(extension: str, content: bytes) -> list[Any]:
    if extension == "properties":
        text = content.decode("iso-8859-1")
        if _SEPARATOR.search(text):
            raise Unfit("several documents, which this judge's reader does not know")
        return [{("str", key): ("text", value) for key, value in javaproperties.loads(text).items()}]
    text = content.decode("utf-8-sig")
    if extension == "json":
        return [_json_model(json.loads(text, parse_float=lambda digits: ("float", float(digits))))]
    nodes = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    return [_yaml_model(node) for node in nodes]


def _json_model(value: Any) -> Any:
    if isinstance(value, dict):
        return {("str", key): _json_model(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_json_model(one) for one in value]
    if isinstance(value, tuple):
        return value
    return (type(value).__name__, value)


def _yaml_model(node: yaml.Node) -> Any:
    if not node.tag.startswith(TAG):
        raise Unfit(f"a tag such as {node.tag}, which Spring refuses")
    if isinstance(node, yaml.MappingNode):
        return {_yaml_model(key): _yaml_model(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_yaml_model(one) for one in node.value]
    return _scalar(node.tag.removeprefix(TAG), node.value)


def _scalar(tag: str, text: str) -> tuple[str, Any]:
    if tag in ("null", "bool", "int", "float"):
        loaded = yaml.safe_load(f"!!{tag} {json.dumps(text)}") if tag != "null" else None
        return ({"null": "NoneType"}.get(tag, tag), loaded)
    return ("str" if tag == "timestamp" else tag, text)  # Spring's YAML has no dates


def to_model(extension: str, value: Any) -> Any:
    """The model of a new value."""
    if isinstance(value, dict):
        return {("str", key): to_model(extension, child) for key, child in value.items()}
    if isinstance(value, list):
        return [to_model(extension, one) for one in value]
    if extension == "properties":
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return ("text", text)
    return (type(value).__name__, value)


def name_of(key: tuple[str, Any]) -> str:
    """A key as JSON names it. Raises Unfit for what JSON has no name for."""
    kind, value = key
    if kind in ("str", "merge", "value"):
        return str(value)
    if kind in ("int", "bool"):
        return str(value).lower()
    raise Unfit("key")


def places(model: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All paths of a model but those into what ``<<`` brings."""
    found = [path]
    if isinstance(model, dict):
        for key, child in model.items():
            if key[0] != "merge":
                found += places(child, (*path, key))
    elif isinstance(model, list):
        for index, child in enumerate(model):
            found += places(child, (*path, index))
    return found


def at(model: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for step in path:
        model = model[step]
    return model


def pointer_of(path: tuple[Any, ...]) -> str:
    """The JSON pointer of a path."""
    names = (str(step) if isinstance(step, int) else name_of(step) for step in path)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


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


def try_edits(extension: str, name: str, content: bytes, chance: Random, count: int, outcome: Outcome) -> None:
    """Make ``count`` edits of one file, each of the file as it is found. Raises Unfit for one that is none for us."""
    models = models_of(extension, content)
    try:
        parse(f"f.{extension}", content)
    except InvalidContent as error:
        raise Unfit(f"what Spring's reader refuses: {error.rule}") from error
    maps = [number for number, one in enumerate(models) if isinstance(one, dict)]
    if not maps:
        raise Unfit("no map")
    places = {number: _Places(extension, models[number]) for number in maps}
    for _ in range(count):
        number = chance.choice(maps)
        try:
            made = make_edit(places[number], chance)
            before = content if len(models) > 1 else dressed(extension, content, chance)
        except Unfit:
            continue
        _try(extension, name, before, number, models, made, outcome)


def _try(
    extension: str, name: str, content: bytes, number: int, models: list[Any], made: Made, outcome: Outcome
) -> None:
    told = f"{name}#{number}: {made.kind} {made.ask!r}"
    try:
        edited = _edited(extension, content, number, made.ask)
    except GitConfigError as error:
        reason = getattr(error, "reason", str(error)) or str(error)
        outcome.refused[f"{error.code}: {' '.join(reason.split())[:70]}"] += 1
        if error.code != "shared-anchor" and not any(one in str(error) for one in ("text alone", "'' cannot be a key")):
            outcome.wrong.append(f"REFUSED {told}: {error}")
        return
    outcome.made[made.kind] += 1
    try:
        found = models_of(extension, edited)
    except Unfit as error:
        outcome.wrong.append(f"UNREADABLE {told}: {error}")
        return
    expected = [made.expected if at == number else one for at, one in enumerate(models)]
    if found != expected:
        outcome.wrong.append(f"VALUES {told}")
    elif lost := _lost(extension, content, edited, number, made):
        outcome.wrong.append(f"LINES {told}: {lost[:3]!r}")


def _edited(extension: str, content: bytes, number: int, ask: Any) -> bytes:
    path = f"f.{extension}"
    if isinstance(ask, SetKey | RemoveKey):
        return edit_text(path, content, [ask], number)
    text = EditedText(path, content, number)
    changes = TreeEdit("f", text.root)
    apply_patch(changes, MergePatch(ask) if isinstance(ask, dict) else JsonPatch(tuple(ask)))
    return text.written(changes.root)


def dressed(extension: str, content: bytes, chance: Random) -> bytes:
    """The same file with other ends of lines, a byte order mark, or without an end of its last line."""
    dress = chance.randrange(6)
    if dress == 0 and b"\r" not in content:
        return content.replace(b"\n", b"\r\n")
    if dress == 1 and extension != "properties" and not content.startswith(BOM):
        return BOM + content
    if dress == 2 and not (extension == "yml" and _ends_in_block(content)):
        return content.rstrip(b"\r\n") or content
    return content


def _ends_in_block(content: bytes) -> bool:
    """Whether a text in a block, to which the end of its last line belongs, may stand at the end."""
    return b"|" in content or b">" in content


class _Places:
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
            if any(_is_at(key, one) and other[:end] != above for one, other in self.dotted):
                return False
        return True


def _is_plain_name(step: Any) -> bool:
    return isinstance(step, int) or bool(name_of(step).strip("".join(map(chr, range(33))) + "[].") == name_of(step))


def _is_at(above: str, key: str) -> bool:
    return key == above or key.startswith((above + ".", above + "["))


def flat_key(path: tuple[Any, ...]) -> str:
    """The dotted key of a path."""
    key = ""
    for step in path:
        if isinstance(step, int):
            key += f"[{step}]"
        else:
            name = name_of(step)
            part = name if step[0] in ("str", "merge", "value") else f"[{name}]"
            key += part if part.startswith("[") or not key else f".{part}"
    return key


def make_edit(found: _Places, chance: Random) -> Made:
    """Some edit that makes sense at some place."""
    for _ in range(200):
        path = chance.choice(found.lists if found.lists and chance.random() < 0.35 else found.every)
        new = chance.choice(found.new)
        made = chance.choice(KINDS)(found, path, copy.deepcopy(found.model), new, chance)
        if made is not None:
            return made
    raise Unfit("no edit found")


Kind = Callable[[_Places, "tuple[Any, ...]", Any, Any, Random], "Made | None"]


def _replace(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not isinstance(at(expected, path[:-1]), dict):
        return None
    at(expected, path[:-1])[path[-1]] = to_model(found.extension, new)
    ask: Any = [{"op": "replace", "path": pointer_of(path), "value": new}]
    if chance.random() < 0.3 and _is_plain(at(found.model, path)):
        ask.insert(0, {"op": "test", "path": pointer_of(path), "value": plain_of(at(found.model, path))})
    return Made("replace", ask, expected, path, True)


def _merge_set(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not _all_keys(path) or isinstance(new, dict) or new is None:
        return None
    at(expected, path[:-1])[path[-1]] = to_model(found.extension, new)
    return Made("merge-set", _merge(path, new), expected, path, True)


def _merge_null(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not _all_keys(path):
        return None
    del at(expected, path[:-1])[path[-1]]
    return Made("merge-null", _merge(path, None), expected, path, True)


def _set(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not found.means_one(path) or (isinstance(new, dict) and new):
        return None
    at(expected, path[:-1])[path[-1]] = to_model(found.extension, new)
    return Made("set", SetKey(flat_key(path), new), expected, path, True)


def _unset(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(found.model, path)
    if not path or not found.means_one(path) or (isinstance(node, dict) and found.extension == "properties"):
        return None
    del at(expected, path[:-1])[path[-1]]
    return Made("unset", RemoveKey(flat_key(path)), expected, path, True)


def _remove(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path:
        return None
    del at(expected, path[:-1])[path[-1]]
    return Made("remove", [{"op": "remove", "path": pointer_of(path)}], expected, path, True)


def _add(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(expected, path)
    key = ("str", chance.choice(["new", "new key", "on", "1", "new-x"]))
    if not isinstance(node, dict) or any(name_of(one) == key[1] for one in node):
        return None
    node[key] = to_model(found.extension, new)
    ask = [{"op": "add", "path": pointer_of((*path, key)), "value": new}]
    return Made("add", ask, expected, path, False)


def _insert(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(expected, path)
    if not isinstance(node, list):
        return None
    index = chance.randrange(len(node) + 1)
    pointer = pointer_of((*path, index)) if index < len(node) or chance.random() < 0.5 else pointer_of(path) + "/-"
    node.insert(index, to_model(found.extension, new))
    return Made("insert", [{"op": "add", "path": pointer, "value": new}], expected, path, False)


def _append(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(expected, path)
    if not isinstance(node, list) or not path or not found.means_one(path) or (isinstance(new, dict) and new):
        return None
    key = f"{flat_key(path)}[{len(node)}]"
    node.append(to_model(found.extension, new))
    return Made("append", SetKey(key, new), expected, path, False)


def _move_item(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    items = at(expected, path)
    if not isinstance(items, list) or len(items) < 2:
        return None
    old, to = chance.randrange(len(items)), chance.randrange(len(items))
    items.insert(to, items.pop(old))
    ask = [{"op": "move", "from": pointer_of((*path, old)), "path": pointer_of((*path, to))}]
    return Made("move-item", ask, expected, path, False, moves=True)


def _reorder(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    items = at(expected, path)
    if not isinstance(items, list) or len(items) < 2 or not path or not _all_keys(path) or not _is_plain(items):
        return None
    chance.shuffle(items)
    return Made("reorder", _merge(path, [plain_of(one) for one in items]), expected, path, False, moves=True)


def _rename(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if not path or not isinstance(at(expected, path[:-1]), dict):
        return None
    parent, key = at(expected, path[:-1]), ("str", "renamed")
    parent[key] = parent.pop(path[-1])
    ask = [{"op": "move", "from": pointer_of(path), "path": pointer_of((*path[:-1], key))}]
    return Made("rename", ask, expected, path, False, moves=True)


def _move_away(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    if len(path) < 2 or found.extension == "properties":
        return None
    parent = at(expected, path[:-1])
    expected[("str", "moved")] = parent.pop(path[-1])
    return Made("move", [{"op": "move", "from": pointer_of(path), "path": "/moved"}], expected, path, True, moves=True)


def _copy(found: _Places, path: Any, expected: Any, new: Any, chance: Random) -> Made | None:
    node = at(found.model, path)
    if not path or found.extension == "properties" or (found.extension != "json" and not _is_plain(node)):
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


def plain_of(node: Any) -> Any:
    """A model that JSON can say, as JSON."""
    if isinstance(node, dict):
        return {key[1]: plain_of(child) for key, child in node.items()}
    return [plain_of(child) for child in node] if isinstance(node, list) else node[1]


def _is_plain(node: Any) -> bool:
    """Whether JSON can say all of it: a copy has text for keys."""
    if isinstance(node, dict):
        return all(key[0] == "str" and _is_plain(child) for key, child in node.items())
    if isinstance(node, list):
        return all(map(_is_plain, node))
    return node[0] in ("str", "int", "bool", "NoneType") or (node[0] == "float")


def _all_keys(path: tuple[Any, ...]) -> bool:
    return not any(isinstance(step, int) for step in path)


def _merge(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    for step in reversed(path):
        value = {name_of(step): value}
    assert isinstance(value, dict), "a path has a step"
    return value


def _lost(extension: str, before: bytes, after: bytes, number: int, made: Made) -> list[str]:
    """Lines that went, or stand elsewhere, though the edit does not concern them; and what else of the text went."""
    lost = ["the byte order mark"] if before.startswith(BOM) is not after.startswith(BOM) else []
    if b"\r\n" in before and not _LONE.search(before) and _LONE.search(after):
        lost.append("the ends of lines")
    ends = {"json": ", \t", "yml": ","}.get(extension, "")
    old, new = ([line.rstrip(ends) for line in _lines(extension, content)] for content in (before, after))
    allowed = _span(extension, before, number, made.touched, made.whole)
    rest = [line for at, line in enumerate(old) if at not in allowed and line.strip()]
    if extension == "json" or made.moves:
        lost += Counter(rest) - Counter(new)
    else:
        lost += _out_of_order(rest, new)
    if extension == "json":
        return lost
    parted = _commented(old, allowed) - _commented(new, set())
    return lost + [f"comment parted from its line: {one[1]}" for one in parted]


def _out_of_order(lines: list[str], new: list[str]) -> list[str]:
    """The lines that do not stand in ``new`` behind those before them."""
    lost, start = [], 0
    for line in lines:
        if line in new[start:]:
            start = new.index(line, start) + 1
        else:
            lost.append(line)
    return lost


def _lines(extension: str, content: bytes) -> list[str]:
    """As the format's own reader counts them."""
    if extension == "properties":
        return _ANY_END.split(content.decode("iso-8859-1"))
    return (_YAML_END if extension == "yml" else _ANY_END).split(content.decode("utf-8-sig"))


def _commented(lines: list[str], allowed: set[int]) -> Counter[tuple[str, str]]:
    """Each comment with the line right below it, where neither is concerned by an edit."""
    pairs = pairwise(lines)
    return Counter(
        (one.strip(), other.strip())
        for number, (one, other) in enumerate(pairs)
        if one.lstrip().startswith("#") and other.strip() and not {number, number + 1} & allowed
    )


def _span(extension: str, content: bytes, number: int, path: tuple[Any, ...], whole: bool) -> set[int]:
    """The numbers of the lines that a place stands on. Of JSON all are let through: its values are compared anyway."""
    if extension == "json":
        return {0, len(content.splitlines()) - 1} if not path else set(range(10**6))
    if extension == "properties":
        return set(range(10**6)) if not path else _entry_lines(content, path[0][1])
    node: Any = list(yaml.compose_all(content.decode("utf-8-sig"), Loader=yaml.CSafeLoader))[number]
    start = node.start_mark.line
    more: set[int] = set()
    for depth, step in enumerate(path, 1):
        above_it, parent = start, node
        if isinstance(node, yaml.MappingNode):
            key, node = next((key, value) for key, value in node.value if _yaml_model(key) == step)
            start = key.start_mark.line
            if depth == len(path):
                more.update(range(start, key.end_mark.line + 1), {node.start_mark.line})
        else:
            node = node.value[step]
            start = node.start_mark.line
        if depth == len(path) and len(parent.value) == 1:
            more.update({above_it, parent.end_mark.line})  # it becomes {} or []
        elif depth == len(path):
            starts = [one[0] if isinstance(one, tuple) else one for one in parent.value[:2]]
            if starts[0].start_mark.line in (start, node.start_mark.line):
                more.add(starts[1].start_mark.line)  # the next key or item may move up to a dash
    lines = _lines(extension, content)
    end = node.end_mark.line
    above = start
    while above and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    if not whole:  # a flow or an empty value may be written anew; of a block the first line may change
        is_whole = isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value
        if isinstance(node, yaml.SequenceNode) and lines[node.start_mark.line][: node.start_mark.column].strip():
            more |= {item.start_mark.line for item in node.value}  # the first one stands behind a dash or colon
        return more | set(range(start, end + 1)) if is_whole else more | {start}
    below = end + 1
    while below < len(lines) and (not lines[below].strip() or lines[below].lstrip().startswith("#")):
        below += 1
    return more | set(range(above, below))


def _entry_lines(content: bytes, key: str) -> set[int]:
    """The lines of an entry of ``.properties``, all that spell its key."""
    found: set[int] = set()
    number = 0
    for one in javaproperties.parse(content.decode("iso-8859-1")):
        height = len(one.source.splitlines()) or 1
        if getattr(one, "key", None) == key:
            found |= set(range(number, number + height))
        number += height
    return found
