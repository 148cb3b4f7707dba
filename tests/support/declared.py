"""Whether what was sent is what the OpenAPI document says of it, by a validator that is not ours."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import jsonschema_rs

from gitconfig_server.wire.declarations import describe
from gitconfig_server.wire.decoding import convert

T = TypeVar("T")


def validate(content: object, kind: type) -> None:
    """Raise ValidationError for what the schema of ``kind`` does not allow, members it does not name included."""
    schemas = describe([kind])
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    text = json.dumps({"$defs": schemas, **schemas[kind.__name__]}).replace("#/components/schemas/", "#/$defs/")
    jsonschema_rs.validator_for(json.loads(text), validate_formats=True).validate(content)


def read_declared(content: Any, kind: type[T]) -> T:
    """``content`` as it is declared, once the schema allows it."""
    validate(content, kind)
    return convert(content, kind)
