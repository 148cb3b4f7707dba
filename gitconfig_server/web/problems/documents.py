"""Problem documents (RFC 9457): one table from every error to its status, and what each code means."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gitconfig_server import errors
from gitconfig_server.errors import GitConfigError
from gitconfig_server.web.problems import refusals
from gitconfig_server.wire.json import render
from gitconfig_server.wire.problems import describe_error

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[GitConfigError], int] = {
    GitConfigError: 500,
    errors.InvalidInput: 400,
    errors.TooLarge: 413,
    errors.CheckTimeout: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.InvalidContent: 500,
    errors.Denied: 403,
    errors.StorageError: 500,
    errors.RepositoryExists: 409,
    errors.RepositoryReadOnly: 403,
    errors.StorageFull: 507,
    errors.StorageBusy: 503,
    errors.StorageStale: 503,
    errors.OutcomeUnknown: 503,
    refusals.WrongHost: 421,
    refusals.CrossSite: 403,
    refusals.MethodNotAllowed: 405,
    refusals.UnsupportedEncoding: 415,
    refusals.UnsupportedMediaType: 415,
    refusals.Unauthenticated: 401,
    refusals.BodyTooSlow: 408,
    errors.InvalidChange: 422,
    errors.InvalidEdit: 422,
    errors.ContentRefused: 422,
    errors.IdempotencyMismatch: 422,
    errors.PreconditionFailed: 412,
}
"""Statuses of errors; a class that is not listed has that of its nearest base."""

UNEXPECTED = "unexpected"
"""The code of a failure nobody foresaw: the log has it, under the request's id."""


def status_of(error: GitConfigError) -> int:
    """The HTTP status that answers ``error``."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def describe_for(error: GitConfigError, instance: str, prefix: str = "") -> dict[str, Any]:
    """The members of the problem document about ``error``; its addresses get ``prefix`` in front."""
    return describe_error(error, status_of(error), instance, prefix)


def problem(members: dict[str, Any], headers: dict[str, str]) -> Response:
    """A problem document as a response."""
    return Response(render(members) + b"\n", members["status"], headers, media_type=MEDIA_TYPE)


def catalogue() -> dict[str, str]:
    """Every code and, in a sentence, what it means."""
    meanings = {UNEXPECTED: "The server failed in a way nobody foresaw; its log has the request's id and the cause."}
    for kind in _family(GitConfigError):
        meanings.setdefault(kind.code, (kind.__doc__ or "").split("\n\n")[0].replace("\n    ", " "))
    return meanings


def _family(kind: type[GitConfigError]) -> list[type[GitConfigError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _family(child))]
