"""The model of a configuration file: what its format's own reader composes.

Of each document dicts of typed keys, lists, and scalars as pairs of a tag and a text. By PyYAML's nodes, ``json`` and
``javaproperties``.
"""

from __future__ import annotations

import json
import re
from typing import Any

import javaproperties
import yaml

TAG = "tag:yaml.org,2002:"

_SEPARATOR = re.compile(r"^[ \t\f]*[#!]---", re.MULTILINE)


class Unfit(Exception):
    """A file, or a place in it, that this judge cannot speak of."""


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
    return [yaml_model(node) for node in nodes]


def _json_model(value: Any) -> Any:
    if isinstance(value, dict):
        return {("str", key): _json_model(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_json_model(one) for one in value]
    if isinstance(value, tuple):
        return value
    return (type(value).__name__, value)


def yaml_model(node: yaml.Node) -> Any:
    if not node.tag.startswith(TAG):
        raise Unfit(f"a tag such as {node.tag}, which Spring refuses")
    if isinstance(node, yaml.MappingNode):
        return {yaml_model(key): yaml_model(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [yaml_model(one) for one in node.value]
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


def is_at(above: str, key: str) -> bool:
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


def plain_of(node: Any) -> Any:
    """A model that JSON can say, as JSON."""
    if isinstance(node, dict):
        return {key[1]: plain_of(child) for key, child in node.items()}
    return [plain_of(child) for child in node] if isinstance(node, list) else node[1]


def is_plain(node: Any) -> bool:
    """Whether JSON can say all of it: a copy has text for keys."""
    if isinstance(node, dict):
        return all(key[0] == "str" and is_plain(child) for key, child in node.items())
    if isinstance(node, list):
        return all(map(is_plain, node))
    return node[0] in ("str", "int", "bool", "NoneType") or (node[0] == "float")
