"""YAML as plain values, for texts that are no configuration: schemas."""

from __future__ import annotations

from typing import Any

import yaml

_DATES = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.CSafeLoader):
    """Dates stay text: JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATES]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_plain_yaml(text: str) -> Any:
    """What one document says. Raises ValueError where it cannot be read, and for aliases: few could say very much."""
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
            raise ValueError("aliases are not used here: write what they stand for")
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error).replace("\n", " ")) from error
