"""Problem documents (RFC 9457): one table from every error to its status, and what each code means."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gitconfig_server import errors
from gitconfig_server.errors import GitConfigError
from gitconfig_server.web.problems import refusals
from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shown_conflict, shown_finding

API = "/api/v1"
MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[GitConfigError], int] = {
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

_WORDS = "path line column rule kind name label commit revision application profile option header key keys pointer"
_PLACES = tuple(_WORDS.split())
"""Attributes of errors that say where: they become members of the document."""


def status_of(error: GitConfigError) -> int:
    """The HTTP status that answers ``error``."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def title_of(code: str) -> str:
    """A code in words: ``unknown-label`` is ``Unknown label``."""
    return code.replace("-", " ").capitalize()


def describe(error: GitConfigError, instance: str) -> dict[str, Any]:
    """The members of the problem document about ``error``."""
    found = {name: getattr(error, name, None) for name in _PLACES}
    places = {"file" if name == "path" else name: value for name, value in found.items() if value}
    return document(error.code, status_of(error), str(error), instance) | places | _lists(error)


def _lists(error: GitConfigError) -> dict[str, Any]:
    """The members that some errors have several of."""
    if isinstance(error, errors.ContentRefused):
        return {"findings": [shown_finding(one) for one in error.findings]}
    if isinstance(error, errors.MergeConflict):
        return {"conflicts": [shown_conflict(one) for one in error.conflicts]}
    if isinstance(error, errors.SeveralFiles):
        return {"candidates": [{"path": path, "document": number} for path, number in error.candidates]}
    return {}


def document(code: str, status: int, detail: str, instance: str) -> dict[str, Any]:
    """The members every problem document has."""
    return {
        "type": f"{API}/problems/{code}",
        "title": title_of(code),
        "status": status,
        "code": code,
        "detail": detail,
        "instance": instance,
    }


def problem(members: dict[str, Any], headers: dict[str, str]) -> Response:
    """A problem document as a response."""
    return Response(render(members), members["status"], headers, media_type=MEDIA_TYPE)


def catalogue() -> dict[str, str]:
    """Every code and, in a sentence, what it means."""
    meanings = {UNEXPECTED: "The server failed in a way nobody foresaw; its log has the request's id and the cause."}
    for kind in _family(GitConfigError):
        meanings.setdefault(kind.code, (kind.__doc__ or "").split("\n\n")[0].replace("\n    ", " "))
    return meanings


def _family(kind: type[GitConfigError]) -> list[type[GitConfigError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _family(child))]
