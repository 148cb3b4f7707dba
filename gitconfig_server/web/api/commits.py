"""``POST labels/{label}/commits``: several changes in one commit, all of them or none."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.config.names.file_names import DEFAULT_PROFILE
from gitconfig_server.errors import InvalidChange
from gitconfig_server.model.writes import (
    Change,
    DeleteFile,
    DeleteSource,
    JsonPatch,
    MergePatch,
    Patch,
    PatchFile,
    PatchSource,
    PutFile,
    PutSource,
    SourcePlace,
)
from gitconfig_server.web.api.bodies import JSON, body_of, inlined, read_model
from gitconfig_server.web.api.options import Caller, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    StageableWriteQuery,
    WriteBody,
    id_etag,
    label_name,
    write_options,
    written,
)
from gitconfig_server.web.models import WriteAnswer

router = APIRouter(tags=["commits"])

_EXAMPLES: list[dict[str, Any]] = [
    {"op": "patch", "application": "orders", "profile": "prod", "patch": {"db": {"pool": 30}}},
    {"op": "put", "path": "motd.txt", "content": "hello\n"},
]
_PLACE = {"application", "profile", "path", "document"}
_MEMBERS = {
    ("put", True): {"properties", "collapse"} | _PLACE,
    ("put", False): {"content", "base64", "path"},
    ("patch", True): {"patch"} | _PLACE,
    ("patch", False): {"patch", "path", "document"},
    ("delete", True): {"collapse"} | _PLACE,
    ("delete", False): {"path"},
}
"""What goes with which operation, of a source (True) or of a file."""


class ChangeItem(BaseModel):
    """A change of a source, named by its application, or of a file, named by its path alone."""

    model_config = ConfigDict(extra="forbid")

    op: Literal["put", "patch", "delete"]
    application: str | None = None
    profile: Annotated[str | None, Field(description="`default` where none is given.")] = None
    path: Annotated[str | None, Field(description="A file; or which of a source's files.")] = None
    document: Annotated[int | None, Field(ge=0)] = None
    collapse: bool | None = None
    properties: Annotated[dict[str, Any] | None, Field(description="All that a source is to hold.")] = None
    patch: Annotated[
        dict[str, Any] | list[dict[str, Any]] | None, Field(description="An object merges, a list is a JSON Patch.")
    ] = None
    content: Annotated[str | None, Field(description="All that a file is to hold, as text.")] = None
    base64: Annotated[str | None, Field(description="The same, as bytes.")] = None


class CommitBody(WriteBody):
    """Changes to be made in this order, each upon what those before it left."""

    changes: Annotated[list[ChangeItem], Field(examples=[_EXAMPLES])]


@router.post(
    "/labels/{label:rest}/commits",
    operation_id="makeCommit",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(CommitBody)}),
)
async def make_commit(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[StageableWriteQuery, Query()]
) -> Response:
    """Make several changes in one commit, all of them or none. `If-Match` takes the label's ETag."""
    body = await read_model(request, CommitBody)
    changes = [_change(item, f"/changes/{number}") for number, item in enumerate(body.changes)]
    write = await write_options(request, options, body)
    try:
        found = await service.commit(who, label_name(label), changes, write)
    except InvalidChange as error:
        if len(changes) != 1:
            raise
        raise InvalidChange(error.reason, f"/changes/0{error.pointer}") from error  # one alone is not numbered
    return written(found, id_etag(found.commit) if found.commit else None)


def patch_of(content: Any, pointer: str = "", *, beneath: str = "") -> Patch:
    """An object is a merge patch, a list of objects a JSON Patch; InvalidChange for anything else.

    It stands at ``pointer`` of a change, and that ``beneath`` in what was sent.
    """
    if isinstance(content, dict):
        return MergePatch(content, pointer)
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        reason = "a patch is an object (merge patch) or a list of operations (JSON Patch)"
        raise InvalidChange(reason, beneath + pointer)
    return JsonPatch(tuple(content), pointer)


def _change(item: ChangeItem, pointer: str) -> Change:
    of_source = item.application is not None
    for name in sorted(item.model_fields_set - {"op"} - _MEMBERS[item.op, of_source]):
        what = f"{item.op} of a {'source' if of_source else 'file'}"
        raise InvalidChange(f"does not go with {what}", f"{pointer}/{name}")
    if of_source:
        return _source_change(item, pointer)
    if item.path is None:
        raise InvalidChange("an application (and profile) or a path is needed", pointer)
    if item.op == "put":
        return PutFile(item.path, _content(item, pointer))
    if item.op == "patch":
        return PatchFile(item.path, patch_of(item.patch, "/patch", beneath=pointer), item.document)
    return DeleteFile(item.path)


def _source_change(item: ChangeItem, pointer: str) -> Change:
    place = SourcePlace(item.application or "", item.profile or DEFAULT_PROFILE, item.path, item.document)
    if item.op == "patch":
        return PatchSource(place, patch_of(item.patch, "/patch", beneath=pointer))
    if item.op == "delete":
        return DeleteSource(place, bool(item.collapse))
    if item.properties is None:
        raise InvalidChange("properties are needed", f"{pointer}/properties")
    return PutSource(place, item.properties, bool(item.collapse))


def _content(item: ChangeItem, pointer: str) -> bytes:
    if (item.content is None) == (item.base64 is None):
        raise InvalidChange("content or base64 is needed, one of them", pointer)
    try:
        return item.content.encode() if item.content is not None else b64decode(item.base64 or "", validate=True)
    except UnicodeEncodeError as error:
        raise InvalidChange("the text is not Unicode: a surrogate stands alone", f"{pointer}/content") from error
    except (binascii.Error, ValueError) as error:
        raise InvalidChange("is not base64", f"{pointer}/base64") from error
