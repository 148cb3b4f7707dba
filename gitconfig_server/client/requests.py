"""What the native API is asked: paths, query options, headers and JSON bodies, made of the nouns of the service."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from gitconfig_server.errors import InvalidChange, InvalidName
from gitconfig_server.model.history import DiffQuery, HistoryQuery
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.model.writes import (
    EXISTS,
    Author,
    Change,
    DeleteFile,
    DeleteSource,
    JsonPatch,
    MergePatch,
    Patch,
    PatchFile,
    PatchSource,
    PutFile,
    Restore,
    Revert,
    SourcePlace,
    WriteOptions,
)

Query = dict[str, str]


def path_of(*parts: str | tuple[str, str]) -> str:
    """The path of ``parts``: words as they are, names as (kind, name). InvalidName for a name that no path can carry.

    A slash inside a name is encoded, and so are the dots of one that would lead elsewhere.
    """
    return "".join(f"/{part if isinstance(part, str) else _segment(*part)}" for part in parts)


def _segment(kind: str, name: str) -> str:
    if not name:
        raise InvalidName(kind, name, "is empty")
    try:
        encoded = quote(name, safe="")
    except UnicodeEncodeError as error:
        raise InvalidName(kind, name, "is not Unicode") from error
    return encoded.replace(".", "%2E") if set(name) == {"."} else encoded


def reading_query(reading: Reading) -> Query:
    """Which commit to read."""
    return _given(revision=reading.revision, at=reading.at)


def diff_query(old: str | None, new: str | None, query: DiffQuery) -> Query:
    """What to compare; ``old`` and ``new`` are revisions."""
    effective = "true" if query.effective else None
    names = {"from": old, "to": new, "application": query.application, "profile": query.profile}
    return _given(**names, effective=effective, format=query.format.value)


def history_query(label: str | None, query: HistoryQuery) -> Query:
    """Which part of a label's history."""
    since, until = (when.isoformat() if when else None for when in (query.since, query.until))
    names = {"label": label, "application": query.application, "profile": query.profile}
    return _given(**names, since=since, until=until, cursor=query.cursor, limit=str(query.limit))


def write_query(options: WriteOptions, label: str | None = None, place: SourcePlace | None = None) -> Query:
    """The options of a write whose body says something else."""
    number = str(place.document) if place and place.document is not None else None
    said = {name: str(value) for name, value in write_members(options).items() if value is not True}
    dry_run = "true" if options.dry_run else None
    named = _given(label=label, path=place.path if place else None, document=number, dry_run=dry_run)
    return said | named | stage_query(options)


def stage_query(options: WriteOptions) -> Query:
    """Whether the label's staged branch is meant."""
    return {"staged": "true"} if options.staged else {}


def write_members(options: WriteOptions) -> dict[str, Any]:
    """The options of a write as members of its JSON body."""
    said: dict[str, Any] = _given(message=options.message or None, expect=options.expect)
    if options.author:
        said["author"] = _author(options.author)
    if options.dry_run:
        said["dry_run"] = True
    return said


def write_headers(options: WriteOptions, media_type: str = "application/json") -> dict[str, str]:
    """What the caller saw, and a key by which the server knows the request again should it come twice."""
    key = options.idempotency.key if options.idempotency else uuid4().hex
    headers = {"Idempotency-Key": key, "Content-Type": media_type}
    if options.if_match is not None:
        tags = ", ".join(f'"{one}"' for one in sorted(options.if_match))
        headers["If-Match"] = EXISTS if EXISTS in options.if_match else tags
    if options.only_new:
        headers["If-None-Match"] = EXISTS
    return headers


def json_body(content: object) -> bytes:
    """JSON; InvalidChange for what it has no word for."""
    try:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidChange(f"{error}: send text, numbers, booleans, lists and maps") from error


def change_item(change: Change) -> dict[str, Any]:
    """One of several changes of a commit."""
    if isinstance(change, PutFile):
        return {"op": "put", "path": change.path, "base64": b64encode(change.content).decode("ascii")}
    if isinstance(change, PatchFile):
        said = {"op": "patch", "path": change.path, "patch": patch_content(change.patch)}
        return said if change.document is None else said | {"document": change.document}
    if isinstance(change, DeleteFile):
        return {"op": "delete", "path": change.path}
    place = _place(change.place)
    if isinstance(change, PatchSource):
        return {"op": "patch", **place, "patch": patch_content(change.patch)}
    if isinstance(change, DeleteSource):
        return {"op": "delete", **place, "collapse": change.collapse}
    return {"op": "put", **place, "properties": dict(change.properties), "collapse": change.collapse}


def patch_content(patch: Patch) -> object:
    """A patch as JSON tells it."""
    return dict(patch.members) if isinstance(patch, MergePatch) else list(map(dict, patch.operations))


def patch_type(patch: Patch) -> str:
    """The media type of a patch."""
    return f"application/{'json-patch' if isinstance(patch, JsonPatch) else 'merge-patch'}+json"


def changes_body(changes: Sequence[Change], options: WriteOptions) -> bytes:
    """The body of a commit of several changes."""
    return json_body({**write_members(options), "changes": list(map(change_item, changes))})


def part_members(part: StagedPart) -> dict[str, Any]:
    """Which part of what is staged."""
    named = {"applications": part.applications, "paths": part.paths}
    return {name: list(found) for name, found in named.items() if found}


def restore_members(asked: Restore) -> dict[str, Any]:
    """What is to be as it was."""
    named = _given(to=asked.to, application=asked.application, profile=asked.profile, path=asked.path)
    return {**named, "keys": list(asked.keys)} if asked.keys else {**named}


def revert_members(asked: Revert) -> dict[str, Any]:
    """What is to be undone."""
    named: dict[str, Any] = {"commit": asked.commit}
    return named if asked.mainline is None else named | {"mainline": asked.mainline}


def _place(place: SourcePlace) -> dict[str, Any]:
    given = {"path": place.path, "document": place.document}
    return {"application": place.application, "profile": place.profile} | {
        name: value for name, value in given.items() if value is not None
    }


def _author(author: Author) -> str:
    return f"{author.name} <{author.email}>" if author.email else author.name


def _given(**options: str | None) -> Query:
    return {name: value for name, value in options.items() if value is not None}
