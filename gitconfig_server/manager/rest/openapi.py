"""The OpenAPI document of the tree and its verbs."""

from __future__ import annotations

from typing import Any

from gitconfig_server.manager.verbs import VERBS, Verb
from gitconfig_server.version import __version__


def openapi() -> dict[str, Any]:
    """Operation ids are the verbs' names; the tree has one template, since its paths are the service's own."""
    paths: dict[str, Any] = {"/{path}": _tree()}
    for verb in VERBS.values():
        paths[f"/-/{verb.name}"] = _verb(verb)
    paths["/-/status"] = {"get": _operation("status", "How the Manager is doing")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Configuration of a running service", "version": __version__},
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM, "Applied": _APPLIED}},
    }


def _tree() -> dict[str, Any]:
    path = {
        "name": "path",
        "in": "path",
        "required": True,
        "description": "a path of the tree, as config/running/server/port; a slash within a name is %2F",
        "schema": {"type": "string"},
    }
    asked = {"name": "save", "in": "query", "schema": {"type": "string"}, "description": "save as well: the message"}
    save = {"parameters": [asked]}
    return {
        "parameters": [path],
        "get": _operation("get", "The values at and beneath a path"),
        "put": _operation("set", "Let a value stand at a path", {}) | save,
        "post": _operation("create", "A new child, or an element of a list", {}, 201) | save,
        "patch": _operation("merge", "Change some of the values beneath a path (RFC 7396)", {}) | save,
        "delete": _operation("delete", "Let what stands at a path go") | save,
    }


def _verb(verb: Verb) -> dict[str, Any]:
    members = {name: {"type": kind, "description": text} for name, (kind, text) in verb.parameters.items()}
    found = {"post": _operation(verb.name, verb.summary, {"type": "object", "properties": members})}
    if verb.reads:
        found["get"] = _operation(f"get-{verb.name}", verb.summary)
        found["get"]["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": kind}, "description": text}
            for name, (kind, text) in verb.parameters.items()
        ]
    return found


def _operation(name: str, summary: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {
            str(status): {"description": "done", "content": {"application/json": {"schema": {}}}},
            "default": {"description": "refused", **problem},
        },
    }
    if body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return found


_PROBLEM = {
    "type": "object",
    "required": ["status", "code", "detail"],
    "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
}
_APPLIED = {
    "type": "object",
    "required": ["changed", "changes"],
    "properties": {
        "changed": {"type": "boolean"},
        "changes": {"type": "array", "items": {"type": "object"}},
        "restart_required": {"type": "array", "items": {"type": "string"}},
    },
}
