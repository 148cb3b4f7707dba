"""What goes with every write: query options, members of JSON bodies, preconditions, and the answer."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated
from urllib.parse import unquote

from fastapi import Path
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.config.names.file_names import SLASH
from gitconfig_server.errors import InvalidChange
from gitconfig_server.model.findings import OnConflict
from gitconfig_server.model.writes import EXISTS, Idempotency, SourcePlace, WriteOptions, WriteResult
from gitconfig_server.web.answers.conditional import RENDERER
from gitconfig_server.web.api.options import Options
from gitconfig_server.web.problems.refusals import InvalidHeader, InvalidOption
from gitconfig_server.wire.declarations import encode
from gitconfig_server.wire.writes import COMMIT_PATTERN, MAX_AUTHOR, WriteAnswer, WriteBody, read_author

_TAGS = re.compile(r'(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


def source_etag(validator: str, shape: str) -> str:
    """The strong validator of a source as it is shown in one shape."""
    return f'"{validator}-{shape}-{RENDERER}"'


def id_etag(name: str) -> str:
    """The strong validator of what an object's id names: a label's commit, a file's blob."""
    return f'"{name}"'


def _read_if_match(request: Request) -> frozenset[str] | None:
    """The validators of ``If-Match``, of which one must hold; None where it is not there.

    InvalidHeader for weak ones: an environment is made of many sources, so none of its validators allows a write.
    """
    given = _header(request, "if-match")
    if given is None or given == EXISTS:
        return None if given is None else frozenset([EXISTS])
    if not _TAGS.fullmatch(given):
        raise InvalidHeader("If-Match", "is neither * nor a list of ETags in quotes")
    tags = _TAG.findall(given)
    if any(weak for weak, _ in tags):
        raise InvalidHeader("If-Match", "holds a weak ETag, as environments have: take that of the source or label")
    return frozenset(opaque.partition("-")[0] for _, opaque in tags)


def _read_only_new(request: Request) -> bool:
    """Whether ``If-None-Match: *`` says that nothing may be there yet; InvalidHeader for any other."""
    given = _header(request, "if-none-match")
    if given not in (None, EXISTS):
        raise InvalidHeader("If-None-Match", "of a write can only be *: nothing may be there yet")
    return given == EXISTS


def _header(request: Request, name: str) -> str | None:
    values = request.headers.getlist(name)
    return ", ".join(values).strip() if values else None


def answer_write(result: WriteResult, etag: str | None = None) -> Response:
    """What a write did. ``etag``: of what was written as it is now; of a dry run none is sent."""
    body = encode(WriteAnswer.of(result))
    return Response(body, headers=answer_headers(result, etag), media_type="application/json")


def answer_headers(result: WriteResult, etag: str | None) -> dict[str, str]:
    """The headers of that answer."""
    headers = {"Cache-Control": "no-store"}
    if etag and not result.dry_run:
        headers["ETag"] = etag
    if result.commit and not result.dry_run:
        headers["Config-Commit"] = result.commit
    if result.cursor:
        headers["Config-Cursor"] = result.cursor
    return headers


_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MAX_WORDS = 1000
"""Characters that a caller may say in a header."""


def _check_author(text: str | None) -> str | None:
    try:
        if text is not None:
            read_author(text)
    except InvalidChange as error:
        raise PydanticCustomError("author", error.reason) from error
    return text


Message = Annotated[str | None, Field(description="The commit's message.", examples=["orders: a larger pool"])]
AuthorText = Annotated[
    str | None,
    Field(description="Whose change it is.", examples=["Ada <ada@example.com>"], max_length=MAX_AUTHOR),
    AfterValidator(_check_author),
]
Expect = Annotated[str | None, Field(description="The commit the label must be at, a full id.", pattern=COMMIT_PATTERN)]
Base = Annotated[
    str | None,
    Field(description="The commit that was seen, a full id: what came since is merged with.", pattern=COMMIT_PATTERN),
]
Otherwise = Annotated[OnConflict | None, Field(description="What is right where both sides changed something.")]
DryRun = Annotated[bool | None, Field(description="Do all but the write.")]
LabelName = Annotated[str, Path(description="A slash as it is, as `%2F` or `(_)`.", examples=["main"])]


class WriteQuery(Options):
    """The options of a write whose body says the rest."""

    expect: Expect = None
    dry_run: DryRun = None
    message: Message = None
    author: AuthorText = None
    base: Base = None
    on_conflict: Otherwise = None


class StageableWriteQuery(WriteQuery):
    """The same of a write that may be staged."""

    staged: Annotated[bool, Field(description="Write to the label's staged branch, to be applied later.")] = False


class RestoreQuery(StageableWriteQuery):
    """The same of a way back."""

    cancel_pending: Annotated[bool, Field(description="What is pending for the label goes, whatever it touches.")] = (
        False
    )


class LabelledWriteQuery(StageableWriteQuery):
    """The same of a write whose path does not name the label."""

    label: Annotated[str | None, Field(description="The branch to write; else the default one.")] = None


class SourceWriteQuery(LabelledWriteQuery):
    """Which part of a source of several files or documents."""

    path: Annotated[str | None, Field(description="Which of its files, or where to make one.")] = None
    document: Annotated[int | None, Field(description="Which document of the file, from 0.", ge=0)] = None

    def place(self, application: str, profile: str) -> SourcePlace:
        """The source, narrowed as the options say."""
        return SourcePlace(application, profile, self.path, self.document)


class PatchSourceQuery(SourceWriteQuery):
    """What becomes of the maps and lists that a patch empties."""

    tidy: Annotated[bool, Field(description="What null leaves empty goes too; with a merge patch.")] = False


class WholeSourceQuery(SourceWriteQuery):
    """What is to become of its other parts."""

    collapse: Annotated[bool, Field(description="All its files and documents go, or become one.")] = False


def _read_words(request: Request, name: str) -> str:
    """What a header says, percent-encoded where it is more than ASCII; InvalidHeader for too much of it."""
    said = unquote(_header(request, name) or "")
    if len(said) > _MAX_WORDS:
        raise InvalidHeader(name.title(), f"has more than {_MAX_WORDS} characters")
    return said


def label_name(text: str) -> str:
    """The label that a decoded part of a path names."""
    return text.replace(SLASH, "/")


async def write_options(request: Request, query: WriteQuery, body: WriteBody | None = None) -> WriteOptions:
    """All of it together. InvalidOption where query and body both say something, InvalidHeader."""
    said = {name: _said(name, query, body) for name in WriteQuery.model_fields}
    return WriteOptions(
        message=said["message"] or "",
        author=read_author(said["author"]) if said["author"] is not None else None,
        expect=said["expect"],
        if_match=_read_if_match(request),
        only_new=_read_only_new(request),
        dry_run=bool(said["dry_run"]),
        idempotency=await _idempotency(request),
        why=_read_words(request, "config-reason"),
        ticket=_read_words(request, "config-ticket"),
        cancel_pending=any(getattr(one, "cancel_pending", None) for one in (query, body)),
        staged=isinstance(query, StageableWriteQuery) and query.staged,
        base=said["base"],
        resolutions=body.resolved() if body else {},
        include_known_bad=bool(body and body.include_known_bad),
        on_conflict=OnConflict(said["on_conflict"] or OnConflict.FAIL),
    )


def _said(name: str, query: WriteQuery, body: WriteBody | None) -> str | None:
    asked, told = getattr(query, name), getattr(body, name, None)
    if asked is not None and told is not None:
        raise InvalidOption(name, "is said in the body too: say it once")
    found: str | None = told if asked is None else asked
    return found


async def _idempotency(request: Request) -> Idempotency | None:
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise InvalidHeader("Idempotency-Key", "is one word of at most 255 printable ASCII characters")
    scope, headers = request.scope, request.headers
    said = (request.method, scope["path"], scope["query_string"].decode("latin-1"), headers.get("content-type", ""))
    conditions = (headers.get("if-match", ""), headers.get("if-none-match", ""))
    digest = hashlib.sha256("\0".join((*said, *conditions)).encode() + b"\0" + await request.body())
    return Idempotency(keys[0], digest.hexdigest())
