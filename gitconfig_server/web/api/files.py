"""``GET files``, and one file: ``GET``, ``PUT``, ``DELETE files/{path}``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.config.names.file_names import DEFAULT_PROFILE, check_applications, check_profiles
from gitconfig_server.model.reads import StoredFile
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.writes import DeleteFile, PutFile
from gitconfig_server.web.answers.conditional import answer
from gitconfig_server.web.api.bodies import answers, body_of
from gitconfig_server.web.api.lists import answer_listing, pin_reading, read_cursor
from gitconfig_server.web.api.options import Caller, FileOptions, FilePath, ListOptions, Service
from gitconfig_server.web.api.writes import LabelledWriteQuery, answer_write, id_etag, write_options
from gitconfig_server.web.mounting import prefix_of
from gitconfig_server.web.problems.refusals import InvalidOption
from gitconfig_server.wire.problems import API
from gitconfig_server.wire.sources import FileItem, FileList
from gitconfig_server.wire.writes import WriteAnswer

router = APIRouter(tags=["files"])

_TYPES = {
    ".yml": "application/yaml",
    ".yaml": "application/yaml",
    ".json": "application/json",
    ".toml": "application/toml",
    ".xml": "application/xml",
    ".properties": "text/plain",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".conf": "text/plain; charset=utf-8",
}
"""Types by extension; nothing here runs in a browser, and all else is bytes."""
_BYTES = "application/octet-stream"
_CONTENT_TYPES = {_BYTES, *(one.partition(";")[0] for one in _TYPES.values())}


@router.get("/files", operation_id="listFiles", **answers(FileList))
async def list_files(
    request: Request, service: Service, who: Caller, options: Annotated[ListOptions, Query()]
) -> Response:
    """Every file, sorted by path."""
    listing = await service.files(who, pin_reading(options.reading(), read_cursor(options.cursor)))
    return await answer_listing(
        request,
        options,
        listing,
        lambda items, **page: FileList(files=tuple(map(FileItem.of, items)), **page),
        key=lambda one: (one.path,),
    )


@router.get(
    "/files/{path:rest}",
    operation_id="getFile",
    response_class=Response,
    responses={200: {"content": {one: {} for one in sorted(_CONTENT_TYPES)}, "description": "The file's bytes."}},
)
async def get_file(
    request: Request, service: Service, who: Caller, path: FilePath, options: Annotated[FileOptions, Query()]
) -> Response:
    """One file's bytes, as they are stored. With `application` and `profiles` it is the file that Spring's clients of
    these would get for this path; `Content-Location` names it."""
    reading = options.reading()
    if options.application is None and options.profiles is not None:
        raise InvalidOption("profiles", "needs an application beside it")
    if options.application is None:
        found: StoredFile | ServedFile = await service.file(who, path, reading)
    else:
        names = check_applications(options.application), check_profiles(options.profiles or DEFAULT_PROFILE)
        found = await service.plain_file(who, *names, path, reading)
    media_type = _TYPES.get(PurePosixPath(path).suffix.lower(), _BYTES)
    return answer(
        request,
        found.content,
        media_type=media_type,
        etag=id_etag(found.blob),
        commit=found.commit,
        asked=reading.revision,
        headers={"Content-Location": f"{prefix_of(request.scope)}{API}/files/{quote(found.path)}"},
    )


@router.put(
    "/files/{path:rest}",
    operation_id="putFile",
    **answers(WriteAnswer),
    openapi_extra=body_of({_BYTES: {"type": "string", "format": "binary"}}),
)
async def put_file(
    request: Request, service: Service, who: Caller, path: FilePath, options: Annotated[LabelledWriteQuery, Query()]
) -> Response:
    """Let a file hold exactly the body's bytes, whatever their type. `If-None-Match: *`: only where there is none."""
    change = PutFile(path, await request.body())
    found = await service.commit(who, options.label, [change], await write_options(request, options))
    return answer_write(found, id_etag(found.validator) if found.validator else None)


@router.delete("/files/{path:rest}", operation_id="deleteFile", **answers(WriteAnswer))
async def delete_file(
    request: Request, service: Service, who: Caller, path: FilePath, options: Annotated[LabelledWriteQuery, Query()]
) -> Response:
    """Remove a file."""
    write = await write_options(request, options)
    return answer_write(await service.commit(who, options.label, [DeleteFile(path)], write))
