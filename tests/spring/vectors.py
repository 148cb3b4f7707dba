"""The recorded requests, the settings they were answered with, and how an answer of ours compares (data/README.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spring.make_repos import DATA

REPOSITORIES = "{R}"
"""Stands for the folder of the repositories."""

ERRORS = (400, 404, 405, 415)
"""Only the status counts: our bodies say more."""

DIFFERENT = (
    # Released servers (5.0.2) fill placeholders into the rendered text: in keys too, and a blank belongs to the key.
    ("  sp: <foo>\n", "  sp: ${ foo }\n"),
    ('"sp":"<foo>"', '"sp":"${ foo }"'),
    ("keyref:\n  ${foo}: kv\n", "keyref:\n  <foo>: kv\n"),
    ('"keyref":{"${foo}":"kv"}', '"keyref":{"<foo>":"kv"}'),
    # A key that is value and parent never becomes one that nobody wrote.
    ("springframework:\n  org.boot: DEBUG\n", "org.springframework.boot: DEBUG\n"),
    ('"springframework":{"org.boot":"DEBUG"}', '"org.springframework.boot":"DEBUG"'),
)
"""What was recorded in ``.yml`` and ``.json``, a snapshot's words, and ours in their place; ``<foo>`` is its value."""

_SPRING = {
    "searchPaths": "search_paths",
    "tryMaster": "try_master_branch",
    "continueOnMultipleLabelFailure": "continue_on_multiple_label_failure",
    "reverseLocationOrder": "reverse_location_order",
    "overrides": "overrides",
    "acceptEmpty": "accept_empty",
    "prefix": "prefix",
    "validateProfiles": "validate_profiles",
}


@dataclass(frozen=True)
class Row:
    """One request and what Spring answered."""

    number: int
    config: Mapping[str, Any]
    told: Mapping[str, Any]

    @property
    def path(self) -> str:
        return str(self.told["request"]["path"])

    def request(self) -> dict[str, Any]:
        """The arguments of ``support.asgi.ask``."""
        names = {"path": "path", "m": "method", "h": "headers", "body": "body"}
        return {names[key]: value for key, value in self.told["request"].items()}

    def statuses(self) -> list[int]:
        """Those that are right."""
        return list(self.told.get("ours", {}).get("status", [self.told["status"]]))


ROWS = [
    Row(number, told["config"], told)
    for number, told in enumerate(map(json.loads, (DATA / "vectors.jsonl").read_text().splitlines()), 1)
]


def settings_of(config: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Our settings for a configuration of Spring's server."""
    settings: dict[str, Any] = {"spring": {}, "encrypt": {}}
    for key, value in config.items():
        if key == "uri":
            settings["repository"] = value.replace(REPOSITORIES, folder)
        elif key == "defaultLabel":
            settings["default_label"] = value
        elif key == "repos":
            settings["spring"]["repositories"] = {name: _repository(one, folder) for name, one in value.items()}
        elif key == "key":
            settings["encrypt"]["key"] = value
        elif key == "prefixInvalid":
            settings["encrypt"]["prefix_invalid_properties"] = value
        else:
            settings["spring"][_SPRING[key]] = value
    return settings


def _repository(config: Mapping[str, Any], folder: str) -> dict[str, Any]:
    names = {"uri": "uri", "pattern": "pattern", "searchPaths": "search_paths"}
    found = {names[key]: value for key, value in config.items()}
    return found | {"uri": found["uri"].replace(REPOSITORIES, folder)}


def differences(row: Row, status: int, media_type: str, body: bytes, folder_uri: str) -> list[str]:
    """How an answer differs from the recorded one, in words; empty where it agrees."""
    if status not in row.statuses():
        return [f"status {status}, not {row.statuses()}: {body[:300]!r}"]
    if "ours" in row.told or status in ERRORS:
        return []
    found = []
    if row.told["request"].get("m") == "HEAD":
        return [f"a body: {body!r}"] if body else []
    expected_type = (row.told.get("contentType") or "").partition(";")[0]
    if expected_type and media_type.partition(";")[0] != expected_type:
        found.append(f"media type {media_type}, not {expected_type}")
    if "json" in row.told:
        ours, theirs = _comparable(json.loads(body), folder_uri), _comparable(row.told["json"], REPOSITORIES)
        if ours != theirs:
            found.append(f"JSON\n{ours}\nnot\n{theirs}")
    elif "body" in row.told and (text := body.decode(errors="replace")) != (expected := _ours(row)):
        found.append(f"body\n{text}\nnot\n{expected}")
    return found


def _ours(row: Row) -> str:
    """The recorded body, with what differs on purpose in our words."""
    body = str(row.told["body"])
    path = row.path.partition("?")[0]
    if not path.endswith((".yml", ".yaml", ".json")):
        return body
    foo = row.config.get("overrides", {}).get("foo", "bar")
    kept = "resolvePlaceholders=false" in row.path
    for theirs, ours in DIFFERENT:
        if not (kept and "foo" in ours):
            body = body.replace(theirs.replace("<foo>", foo), ours.replace("<foo>", foo))
    return body


def _comparable(content: Any, folder: str) -> str:
    """JSON text that differs where the contract does: order counts within sources alone, number types everywhere."""
    if not isinstance(content, dict) or "propertySources" not in content:
        return json.dumps(content, sort_keys=True)
    sources = [
        [source["name"].partition(f"{folder}/")[2] or source["name"], [_pair(*one) for one in source["source"].items()]]
        for source in content["propertySources"]
    ]
    return json.dumps(content | {"propertySources": sources}, sort_keys=True, indent=1)


def _pair(key: str, value: Any) -> list[Any]:
    return [key, value]
