import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gitconfig_server.errors import (
    GitConfigError,
    InvalidContent,
    InvalidName,
    LabelNotFound,
    OutcomeUnknown,
    StorageBusy,
    StorageFull,
    TooLarge,
)
from gitconfig_server.web.handlers import on_http_error
from gitconfig_server.web.problems.documents import catalogue, describe_for, status_of
from gitconfig_server.web.problems.failures import answer_failure
from gitconfig_server.web.problems.refusals import MethodNotAllowed, UnknownOption

API = {"type": "http", "path": "/api/v1/x", "state": {}}


def family(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


@pytest.mark.parametrize("kind", dict.fromkeys(family(GitConfigError)), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_a_meaning(kind):
    status = status_of(kind.__new__(kind))
    assert 400 <= status < 600
    meaning = catalogue()[kind.code]
    assert meaning.endswith(".")
    assert "\n" not in meaning


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidName("path", "..", "no"), 400),
        (TooLarge("a body", 1), 413),
        (LabelNotFound("x"), 404),
        (InvalidContent("a.yml", "yaml-syntax", "no", 3, 1), 500),
        (StorageFull("full"), 507),
        (StorageBusy("busy"), 503),
        (MethodNotAllowed("PUT", ["GET"]), 405),
    ],
)
def test_each_error_has_its_status(error, status):
    assert status_of(error) == status
    assert answer_failure(API, error).status_code == status


def test_document_says_where():
    members = describe_for(InvalidContent("a.yml", "yaml-syntax", "found a tab", 3, 1), "/api/v1/x")
    assert members == {
        "type": "/api/v1/problems/invalid-content",
        "title": "Invalid content",
        "status": 500,
        "code": "invalid-content",
        "detail": "a.yml:3:1: found a tab [yaml-syntax]",
        "instance": "/api/v1/x",
        "file": "a.yml",
        "line": 3,
        "column": 1,
        "rule": "yaml-syntax",
    }


def test_headers_that_help_the_client_on():
    assert answer_failure(API, StorageBusy("busy")).headers["retry-after"] == "1"
    assert answer_failure(API, OutcomeUnknown("perhaps")).headers["retry-after"] == "1"
    assert answer_failure(API, MethodNotAllowed("PUT", ["GET", "HEAD"])).headers["allow"] == "GET, HEAD"


def test_route_without_options_names_none():
    assert str(UnknownOption("x", [])) == "unknown option 'x': there is none"


@pytest.mark.anyio
async def test_our_errors_are_ours_even_where_the_framework_wraps_them():
    error = HTTPException(400, "There was an error parsing the body")
    error.__cause__ = TooLarge("the request body", 10, "limits.body_bytes")
    assert (await on_http_error(Request(API), error)).status_code == 413
    assert (await on_http_error(Request(API), HTTPException(400, "no"))).status_code == 400
