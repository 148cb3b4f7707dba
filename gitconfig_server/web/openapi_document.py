"""What the OpenAPI document says beside the routes' own signatures: the headers that reads and writes share."""

from __future__ import annotations

from typing import Any

WRITTEN = "#/components/schemas/WriteAnswer"

_TEXT = {"type": "string"}
_ETAG = {"description": "Names this content, whatever the commit.", "schema": _TEXT}
_COMMIT = {"description": "The commit that was read, or is the label's now.", "schema": _TEXT}
_CURSOR = {"description": "The place in the journal that includes the write.", "schema": _TEXT}

_READ = {"If-None-Match": ("An `ETag`: 304 where it still holds.", _TEXT)}
_WRITE = {
    "If-Match": ("The `ETag` of the source, file or label as you saw it: 412 where it has changed.", _TEXT),
    "If-None-Match": ("Nothing may be there yet.", {"const": "*"}),
    "Idempotency-Key": (
        "A word of your own: sent again within a day, the same request gets the first answer again.",
        _TEXT | {"pattern": "^[!-~]{1,255}$"},
    ),
}


def with_headers(document: dict[str, Any]) -> dict[str, Any]:
    """``document``, which is changed, with the headers of its operations; only reads are answered with 304."""
    for operations in document["paths"].values():
        for method, operation in operations.items():
            writes = _is_write(operation)
            if method != "get":
                operation["responses"].pop("304", None)
            if method == "get" or writes:
                taken = [_parameter(name, *said) for name, said in (_WRITE if writes else _READ).items()]
                operation["parameters"] = [*operation.get("parameters", ()), *taken]
                given = {"ETag": _ETAG, "Config-Commit": _COMMIT} | ({"Config-Cursor": _CURSOR} if writes else {})
                operation["responses"]["200"]["headers"] = given
    return document


def _is_write(operation: dict[str, Any]) -> bool:
    content = operation["responses"]["200"].get("content", {})
    return any(one.get("schema", {}).get("$ref") == WRITTEN for one in content.values())


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}
