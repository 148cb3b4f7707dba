"""A first schema of an application, as what it gets now suggests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gitconfig_server.commands.session import ask
from gitconfig_server.config.checking.instances import Instance
from gitconfig_server.errors import SourceNotFound
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import put_json, say

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def suggest_schema(server: str, application: str, reading: Reading) -> None:
    """Print a JSON Schema that every environment of an application meets. SourceNotFound."""

    async def work(service: ConfigService) -> list[Any]:
        listed = (await service.applications(ANONYMOUS, reading)).items
        profiles = next((one.profiles for one in listed if one.name == application), None)
        if profiles is None:
            raise SourceNotFound(application, "*", reading.revision or "the default label")
        wanted = dict.fromkeys(("default", *profiles))
        found = [await service.environment(ANONYMOUS, (application,), (one,), reading) for one in wanted]
        return [json.loads(Instance(one.sources).values) for one in found if one.sources]

    schema = {"$schema": _DIALECT, "title": application, **infer(ask(server, work))}
    put_json(schema)
    say(f"next: save it as schemas/{application}.json, make it stricter, and gitcfg check .")


def infer(values: Sequence[Any]) -> dict[str, Any]:
    """The narrowest plain schema that all values meet: types, and keys that each of several maps has."""
    kinds = sorted({_TYPES[type(one)] for one in values if one is not None})
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    found: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}
    maps = [one for one in values if isinstance(one, dict)]
    items = [item for one in values if isinstance(one, list) for item in one]
    if maps:
        names = dict.fromkeys(name for one in maps for name in one)
        found["properties"] = {name: infer([one[name] for one in maps if name in one]) for name in names}
        if required := [name for name in names if all(name in one for one in maps)]:
            found["required"] = required
    if items:
        found["items"] = infer(items)
    return found
