"""Edits of files as they are found, judged from outside: by PyYAML's nodes, ``json``, ``javaproperties``, and lines.

The model of a document is what its format's own reader composes: dicts of typed keys, lists, and scalars as pairs of a
tag and a text. An edit is made to the model as the RFCs say, and to the file by the code that is judged.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import javaproperties
import yaml

from gitconfig_server.errors import GitConfigError
from gitconfig_server.formats.editing.patches import apply_patch
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.model.writes import JsonPatch, MergePatch

TAG = "tag:yaml.org,2002:"
NEW: list[Any] = ["x", "two words", "yes", "0755", "a: b # c", "", None, 7, -1, 2.5, True, {}, [], "a\nb\n", "é"]
NEW += [["one", 2], {"k": "v"}, {"k.d/o": {"l": [1, {}]}}]


class Unfit(Exception):
    """A file, or a place in it, that this judge cannot speak of."""


@dataclass
class Outcome:
    """What became of all edits: counts by kind, refusals by reason, and what was wrong."""

    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def model_of(extension: str, content: bytes) -> Any:
    """The model of a file of one document. Raises Unfit, also for what the format's own reader refuses."""
    try:
        return _read(extension, content)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise Unfit(str(error)) from error


def _read(extension: str, content: bytes) -> Any:
    if extension == "properties":
        text = content.decode("iso-8859-1")
        return {("str", key): ("text", value) for key, value in javaproperties.loads(text).items()}
    text = content.decode()
    if extension == "json":
        return _json_model(json.loads(text, parse_float=lambda digits: ("float", float(digits))))
    nodes = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    if len(nodes) != 1 or not isinstance(nodes[0], yaml.MappingNode):
        raise Unfit("not one map")
    return _yaml_model(nodes[0])


def _json_model(value: Any) -> Any:
    if isinstance(value, dict):
        return {("str", key): _json_model(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_json_model(one) for one in value]
    if isinstance(value, tuple):
        return value
    return (type(value).__name__, value)


def _yaml_model(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {_yaml_model(key): _yaml_model(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_yaml_model(one) for one in node.value]
    return _scalar(node.tag.removeprefix(TAG), node.value)


def _scalar(tag: str, text: str) -> tuple[str, Any]:
    if tag in ("null", "bool", "int", "float"):
        loaded = yaml.safe_load(f"!!{tag} {json.dumps(text)}") if tag != "null" else None
        return ({"null": "NoneType"}.get(tag, tag), loaded)
    return (tag, text)


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


def try_edits(extension: str, name: str, content: bytes, chance: Random, count: int, outcome: Outcome) -> None:
    """Make ``count`` edits of one file, each of the file as it is found. Raises Unfit for one that is none for us."""
    model = model_of(extension, content)
    if not isinstance(model, dict):
        raise Unfit("no map")
    every = places(model)
    if any(
        isinstance(child, dict) and len({name_of(key) for key in child}) < len(child)
        for child in (at(model, path) for path in every)
    ):
        raise Unfit("keys of one name")
    for _ in range(count):
        try:
            kind, patch, expected, touched, whole = _choose(extension, model, every, chance)
        except Unfit:
            continue
        told = f"{name}: {kind} {patch!r}"
        try:
            text = EditedText(f"f.{extension}", content)
            changes = TreeEdit("f", text.root)
            apply_patch(changes, MergePatch(patch) if isinstance(patch, dict) else JsonPatch(tuple(patch)))
            edited = text.written(changes.root)
        except GitConfigError as error:
            reason = getattr(error, "reason", str(error)) or str(error)
            outcome.refused[f"{error.code}: {' '.join(reason.split())[:70]}"] += 1
            if error.code not in ("shared-anchor",) and "text alone" not in str(error):
                outcome.wrong.append(f"REFUSED {told}: {error}")
            continue
        outcome.made[kind] += 1
        try:
            found = model_of(extension, edited)
        except Exception as error:
            outcome.wrong.append(f"UNREADABLE {told}: {error}")
            continue
        if found != expected:
            outcome.wrong.append(f"VALUES {told}")
        else:
            lost = _lost(extension, content, edited, touched, whole)
            if lost:
                outcome.wrong.append(f"LINES {told}: {lost[:3]!r}")


def _choose(
    extension: str, model: Any, every: list[Any], chance: Random
) -> tuple[str, Any, Any, tuple[Any, ...], bool]:
    """An edit: its kind, its patch, the model after it, the place it touches, and whether all beneath may change."""
    lists = [path for path in every if isinstance(at(model, path), list)]
    while True:
        path = chance.choice(lists if lists and chance.random() < 0.35 else every)
        node = at(model, path)
        expected = copy.deepcopy(model)
        new = chance.choice(NEW if extension != "properties" else ["x", "a = b", " lead", 7, True, "é\n"])
        value = to_model(extension, new)
        kind = chance.choice(
            [
                "replace",
                "remove",
                "add",
                "insert",
                "move-item",
                "take-item",
                "merge-set",
                "merge-null",
                "rename",
                "copy",
            ]
        )
        parent = at(expected, path[:-1]) if path else None
        if kind in ("replace", "merge-set") and path and isinstance(parent, dict):
            if kind == "merge-set" and (isinstance(new, dict) or new is None or not _all_keys(path)):
                continue
            parent[path[-1]] = value
            patch = (
                [{"op": "replace", "path": pointer_of(path), "value": new}] if kind == "replace" else _merge(path, new)
            )
            return kind, patch, expected, path, True
        if kind in ("remove", "merge-null") and path and isinstance(parent, dict):
            if kind == "merge-null" and not _all_keys(path):
                continue
            del parent[path[-1]]
            patch = [{"op": "remove", "path": pointer_of(path)}] if kind == "remove" else _merge(path, None)
            return kind, patch, expected, path, True
        if kind == "add" and isinstance(node, dict):
            key = ("str", chance.choice(["new", "new key", "on", "1", "new-x"]))
            if any(name_of(one) == key[1] for one in node):
                continue
            at(expected, path)[key] = value
            return kind, [{"op": "add", "path": pointer_of((*path, key)), "value": new}], expected, path, False
        if kind == "insert" and isinstance(node, list):
            index = chance.randrange(len(node) + 1)
            at(expected, path).insert(index, value)
            return kind, [{"op": "add", "path": pointer_of((*path, index)), "value": new}], expected, path, False
        if kind == "take-item" and isinstance(node, list) and node:
            index = chance.randrange(len(node))
            del at(expected, path)[index]
            return kind, [{"op": "remove", "path": pointer_of((*path, index))}], expected, (*path, index), True
        if kind == "move-item" and isinstance(node, list) and len(node) > 1:
            old, to = chance.randrange(len(node)), chance.randrange(len(node))
            items = at(expected, path)
            items.insert(to, items.pop(old))
            patch = [{"op": "move", "from": pointer_of((*path, old)), "path": pointer_of((*path, to))}]
            return kind, patch, expected, path, False
        if kind == "rename" and path and isinstance(parent, dict):
            key = ("str", "renamed")
            parent[key] = parent.pop(path[-1])
            target = pointer_of((*path[:-1], key))
            return kind, [{"op": "move", "from": pointer_of(path), "path": target}], expected, path, False
        if kind == "copy" and extension != "properties":
            expected[("str", "copied")] = copy.deepcopy(node)
            if extension != "json" and not _is_plain(node):
                continue
            if not path:
                continue
            return kind, [{"op": "copy", "from": pointer_of(path), "path": "/copied"}], expected, (), False


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


def _lost(extension: str, before: bytes, after: bytes, path: tuple[Any, ...], whole: bool) -> list[str]:
    """Lines that went though the edit does not concern them."""
    ends = ",\r\n " if extension == "json" else "\r\n"
    old = [line.rstrip(ends) for line in before.decode("iso-8859-1").splitlines()]
    new_lines = [line.rstrip(ends) for line in after.decode("iso-8859-1").splitlines()]
    new = Counter(new_lines)
    allowed = _span(extension, before, path, whole)
    concerned = Counter(line for number, line in enumerate(old) if number in allowed)
    lost = [line for line in Counter(old) - new - concerned if line.strip()]
    if extension == "json":
        return lost
    parted = _commented(old, allowed) - _commented(new_lines, set())
    return lost + [f"comment parted from its line: {one[1]}" for one in parted]


def _commented(lines: list[str], allowed: set[int]) -> Counter[tuple[str, str]]:
    """Each comment with the line right below it, where neither is concerned by an edit."""
    pairs = pairwise(lines)
    return Counter(
        (one.strip(), other.strip())
        for number, (one, other) in enumerate(pairs)
        if one.lstrip().startswith("#") and other.strip() and not {number, number + 1} & allowed
    )


def _span(extension: str, content: bytes, path: tuple[Any, ...], whole: bool) -> set[int]:
    """The numbers of the lines that a place stands on. Of JSON all are let through: its values are compared anyway."""
    if extension == "json":
        return {0, len(content.splitlines()) - 1} if not path else set(range(10**6))
    if extension == "properties":
        return set(range(10**6)) if not path else _entry_lines(content, path[0][1])
    node: Any = yaml.compose(content.decode(), Loader=yaml.CSafeLoader)
    start = node.start_mark.line
    more: set[int] = set()
    for number, step in enumerate(path):
        above_it, parent = start, node
        if isinstance(node, yaml.MappingNode):
            key, node = next((key, value) for key, value in node.value if _yaml_model(key) == step)
            start = key.start_mark.line
        else:
            node = node.value[step]
            start = node.start_mark.line
        if number == len(path) - 1 and len(parent.value) == 1:
            more.add(above_it)  # it becomes {} or []
        elif number == len(path) - 1 and isinstance(parent, yaml.MappingNode) and key is parent.value[0][0]:
            more.add(parent.value[1][0].start_mark.line)  # the next key may move up to a dash
    lines = content.decode().splitlines()
    end = node.end_mark.line
    above = start
    while above and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    if not whole:  # a flow or an empty value may be written anew; of a block the first line may change
        is_whole = isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value
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
