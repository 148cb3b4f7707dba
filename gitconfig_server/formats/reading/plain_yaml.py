"""YAML as plain values, for texts that are no configuration: schemas."""

from __future__ import annotations

import json
from typing import Any

import yaml

_MAX_DEPTH = 100
_DATES = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.CSafeLoader):
    """Dates stay text: JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATES]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _read_plain_yaml(text: str) -> Any:
    """What one document says. Raises ValueError where it cannot be read, and for aliases: few could say very much."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise ValueError("aliases are not used here: write what they stand for")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error).replace("\n", " ")) from error


def parse_schema(path: str, text: str) -> Any:
    """The schema that a JSON or YAML text states, as the ending of ``path`` says; ValueError."""
    schema = json.loads(text) if path.endswith(".json") else _read_plain_yaml(text)
    if not isinstance(schema, dict | bool):
        raise ValueError("a schema is a map, true or false")
    return schema
