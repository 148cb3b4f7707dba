"""Problem documents (RFC 9457), turned back into the errors they were made of."""

from __future__ import annotations

from collections.abc import Mapping

from gitconfig_server import errors
from gitconfig_server.client.http_answers import read_conflict, read_finding
from gitconfig_server.client.json_members import Malformed, Members, read_members
from gitconfig_server.errors import Conflict, Denied, GitConfigError, InvalidInput, NotFound, ServerUnreachable

KINDS = {
    kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GitConfigError)
}
"""Code -> class. Codes that only other versions, or other faces, know have the class of their status's family."""

_PLACES = "file line column rule kind name label commit revision application profile option header key keys pointer"
_LISTS = "findings conflicts candidates"
_ATTRIBUTES = (*_PLACES.split(), *_LISTS.split())
"""The members that our errors have as attributes."""


def error_of(status: int, headers: Mapping[str, str], body: bytes, server: str) -> GitConfigError:
    """The error that an answer stands for. ``server`` is how messages name who answered.

    It has the attributes that the document tells of, and ``str`` is its detail. What is no problem document comes from
    something in front of the server, or from no server of ours.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    try:
        if media_type == "application/problem+json":
            return _of_problem(status, read_members(body))
    except Malformed:
        pass
    if status in (401, 403):
        return Denied(f"{server} answers {status}: it wants to know who is asking, as in http://user:password@host")
    if status in (301, 302, 303, 307, 308):
        where = headers.get("location", "")[:200]
        return ServerUnreachable(f"{server} answers that it is at {where}: ask there")
    return ServerUnreachable(f"{server} answers {status}, and not as a configuration server does")


def _of_problem(status: int, problem: Members) -> GitConfigError:
    code, detail = problem.text("code"), problem.text("detail")
    kind = KINDS.get(code) or type("Refused", (_family(status),), {"code": code, "__doc__": problem.text("title")})
    error: GitConfigError = GitConfigError.__new__(kind)  # its constructor wants more than the document tells
    error.args = (detail,)
    for name in filter(problem.has, _ATTRIBUTES):
        setattr(error, "path" if name == "file" else name, _attribute(name, problem))
    return error


def _attribute(name: str, problem: Members) -> object:
    if name == "findings":
        return tuple(map(read_finding, problem.objects(name)))
    if name == "conflicts":
        return tuple(map(read_conflict, problem.objects(name)))
    if name == "candidates":
        return tuple((one.text("path"), one.optional_number("document")) for one in problem.objects(name))
    return problem.anything(name)


def _family(status: int) -> type[GitConfigError]:
    if status in (401, 403):
        return Denied
    return {404: NotFound, 409: Conflict, 412: Conflict}.get(status, InvalidInput if status < 500 else GitConfigError)
