"""What the native API is asked: paths, query options, headers and JSON bodies, made of the nouns of the service."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

from gitconfig_server.errors import InvalidName
from gitconfig_server.model.history import DiffQuery, HistoryQuery
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import (
    EXISTS,
    JsonPatch,
    Patch,
    SourcePlace,
    WriteOptions,
)
from gitconfig_server.wire.writes import write_members

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
    return _given(revision=reading.revision, at=reading.at, staged="true" if reading.staged else None)


def diff_query(old: str | None, new: str | None, query: DiffQuery) -> Query:
    """What to compare; ``old`` and ``new`` are revisions."""
    effective = "true" if query.effective else None
    names = {"from": old, "to": new, "application": query.application, "profile": query.profile}
    return _given(**names, label=query.label, effective=effective, format=query.format.value)


def history_query(label: str | None, query: HistoryQuery) -> Query:
    """Which part of a label's history."""
    since, until = (when.isoformat() if when else None for when in (query.since, query.until))
    names = {"label": label, "application": query.application, "profile": query.profile}
    return _given(**names, since=since, until=until, cursor=query.cursor, limit=str(query.limit))


def write_query(options: WriteOptions, label: str | None = None, place: SourcePlace | None = None) -> Query:
    """The options of a write whose body says something else."""
    number = str(place.document) if place and place.document is not None else None
    said = write_members(options) | {
        "dry_run": "true" if options.dry_run else None,
        "resolutions": None,
        "include_known_bad": None,
    }
    named = _given(**said, label=label, path=place.path if place else None, document=number)
    return named | stage_query(options)


def stage_query(options: WriteOptions) -> Query:
    """Whether the label's staged branch is meant, and whether what is pending may go."""
    said = {"staged": options.staged, "cancel_pending": options.cancel_pending}
    return {name: "true" for name, wanted in said.items() if wanted}


def write_headers(options: WriteOptions, media_type: str = "application/json") -> dict[str, str]:
    """What the caller saw, and a key by which the server knows the request again should it come twice."""
    key = options.idempotency.key if options.idempotency else uuid4().hex
    headers = {"Idempotency-Key": key, "Content-Type": media_type}
    if options.if_match is not None:
        tags = ", ".join(f'"{one}"' for one in sorted(options.if_match))
        headers["If-Match"] = EXISTS if EXISTS in options.if_match else tags
    if options.only_new:
        headers["If-None-Match"] = EXISTS
    said = {"Config-Reason": options.why, "Config-Ticket": options.ticket}
    headers |= {name: quote(text, safe=" ") for name, text in said.items() if text}
    return headers


def patch_type(patch: Patch) -> str:
    """The media type of a patch."""
    return f"application/{'json-patch' if isinstance(patch, JsonPatch) else 'merge-patch'}+json"


def _given(**options: str | None) -> Query:
    return {name: value for name, value in options.items() if value is not None}
