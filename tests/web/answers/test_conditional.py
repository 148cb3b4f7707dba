import pytest
from starlette.requests import Request

from gitconfig_server.web.answers.conditional import answer, strong, weak

COMMIT = "1" * 40


def ask(**headers):
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": encoded})


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [('"a"', 304), ('W/"a"', 304), ('"b", W/"a"', 304), ("*", 304), ('"b"', 200), ("a", 200), ("", 200), ('"a', 200)],
)
@pytest.mark.parametrize("etag", ['"a"', 'W/"a"'])
def test_if_none_match_compares_weakly(if_none_match, status, etag):
    response = answer(ask(if_none_match=if_none_match), b"x", media_type="text/plain", etag=etag)
    assert response.status_code == status
    assert response.headers["etag"] == etag


@pytest.mark.parametrize(
    ("asked", "cached"),
    [
        (COMMIT, "private, max-age=31536000, immutable"),
        ("main", "private, no-cache"),
        ("1111", "private, no-cache"),
        (None, "private, no-cache"),
    ],
)
def test_only_full_ids_last(asked, cached):
    response = answer(ask(), b"x", media_type="text/plain", etag='"a"', commit=COMMIT, asked=asked)
    assert response.headers["cache-control"] == cached
    assert response.headers["config-commit"] == COMMIT


def test_validators_differ_by_every_part():
    assert weak(1, "a") == weak(1, "a") != weak(1, "b")
    assert strong(["a", "b"]) != strong(["ab"])
    assert weak(2**70).startswith('W/"')
