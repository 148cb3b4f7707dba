"""Configuration files as nested values, for those who keep whole bundles in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from gitconfig_server.errors import GitConfigError, InvalidChange, InvalidContent
from gitconfig_server.formats.editing.edits import replace_text
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.reading.decoding import decode_utf8
from gitconfig_server.formats.reading.formats import extension_of, parse
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar
from gitconfig_server.formats.rendering.snake_yaml import dump


def read_nested(path: str, content: bytes) -> dict[str, Any]:
    """What a file holds, as nested as it is written; an empty one holds nothing.

    Several documents count as one, the later over the earlier, key by key at the top. Scalars are of the types that
    Spring reads. Raises InvalidContent for what our readers refuse, and where the top is no mapping.
    """
    documents = parse(path, content)  # refuses what is broken, or expands without bound
    extension = extension_of(path)
    if extension in ("yml", "yaml"):
        found = list(yaml.load_all(decode_utf8(path, content), Loader=_Loader))
    elif extension == "json":
        found = [json.loads(decode_utf8(path, content))] if documents else []
    else:
        found = [unflatten(document.properties) for document in documents]
    nested: dict[str, Any] = {}
    for document in found:
        if isinstance(document, dict):
            nested.update((str(key), value) for key, value in document.items())
        elif document is not None:
            raise InvalidContent(path, "not-a-mapping", "expected `key: value` at the top")
    return nested


def write_nested(path: str, properties: Mapping[str, Any], standing: bytes | None = None) -> bytes:
    """A file that reads back as exactly ``properties``; of ``standing`` comments and order stay where they can.

    InvalidChange for what a file of this kind cannot hold, or could never be read from it again.
    """
    anew = _written(path, properties)
    if standing is not None:
        try:
            kept = replace_text(path, standing, properties)
            if read_nested(path, kept) == properties:
                return kept
        except GitConfigError:
            pass  # several documents, an alias, a file that was broken: it is written anew
    return anew


def _written(path: str, properties: Mapping[str, Any]) -> bytes:
    try:
        is_json = extension_of(path) == "json"
        text = json.dumps(properties, indent=2, ensure_ascii=False) + "\n" if is_json else dump(properties)
        content = text.encode()
        read = read_nested(path, content)
    except (TypeError, ValueError, RecursionError, GitConfigError) as error:
        raise InvalidChange(f"{path} cannot hold these properties: {error}") from error
    if read != _with_lists(properties):
        raise InvalidChange(f"{path} cannot hold these properties: they would be read back differently")
    return content


def _with_lists(value: Any) -> Any:
    """``value`` with lists for tuples."""
    if isinstance(value, Mapping):
        return {key: _with_lists(one) for key, one in value.items()}
    return [_with_lists(one) for one in value] if isinstance(value, list | tuple) else value


class _Loader(yaml.CSafeLoader):
    """Scalars without quotes as Spring reads them; ``<<`` merges."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile(r"<<"))]}  # noqa: RUF012


def _scalar(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return node.value if node.style else plain_scalar(node.value)


_Loader.add_constructor("tag:yaml.org,2002:str", _scalar)
