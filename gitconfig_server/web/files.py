"""``GET files`` and ``GET files/{path}``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.web.conditional import answer
from gitconfig_server.web.context import Caller, Service
from gitconfig_server.web.listing import answer_listing
from gitconfig_server.web.models import FileList
from gitconfig_server.web.options import FilePath, ListOptions, ReadOptions
from gitconfig_server.web.paging import pinned, read_cursor

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


@router.get("/files", operation_id="listFiles", response_model=FileList)
async def list_files(
    request: Request, service: Service, who: Caller, options: Annotated[ListOptions, Query()]
) -> Response:
    """Every file, sorted by path."""
    listing = await service.files(who, pinned(options.reading(), read_cursor(options.cursor)))
    return answer_listing(
        request,
        options,
        "files",
        listing,
        key=lambda one: (one.path,),
        show=lambda one: {"path": one.path, "blob": one.blob},
    )


@router.get(
    "/files/{path:rest}",
    operation_id="getFile",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file's bytes."}},
)
async def get_file(
    request: Request, service: Service, who: Caller, path: FilePath, options: Annotated[ReadOptions, Query()]
) -> Response:
    """One file's bytes, as they are stored."""
    reading = options.reading()
    found = await service.file(who, path, reading)
    media_type = _TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
    return answer(
        request,
        found.content,
        media_type=media_type,
        etag=f'"{found.blob}"',
        commit=found.commit,
        asked=reading.revision,
    )
