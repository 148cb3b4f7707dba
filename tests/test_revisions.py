from datetime import UTC, datetime

import pytest

from gitconfig_server.errors import InvalidRevision
from gitconfig_server.revisions import Revision, Step, parse_revision, parse_time

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "revision"),
    [
        ("main", Revision("main")),
        ("feature/x", Revision("feature/x")),
        ("v1.0-rc@x", Revision("v1.0-rc@x")),
        ("main~", Revision("main", None, (Step("~", 1),))),
        ("main~2^", Revision("main", None, (Step("~", 2), Step("^", 1)))),
        ("main^0", Revision("main", None, (Step("^", 0),))),
        ("main@2026-01-31T12:00Z", Revision("main", NOON)),
        ("main@{2026-01-31T13:00+01:00}", Revision("main", NOON)),
        ("main@{2026-01-31T12:00}~3", Revision("main", NOON, (Step("~", 3),))),
    ],
)
def test_revisions_read(text, revision):
    assert parse_revision(text) == revision


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~1",
        "a..b",
        "../x",
        "/x",
        "x/",
        "-x",
        ".x",
        "a\\b",
        "a\0b",
        "a b",
        "x@{",
        "main@{yesterday}",
        "main@2026-13-01",
        "main@{0001-01-01T00:00+23:59}",
        "main~999999999999",
        "main~100001",
        "x" * 600,
    ],
)
def test_what_cannot_be_a_revision_is_refused(text):
    with pytest.raises(InvalidRevision):
        parse_revision(text)


def test_a_date_is_its_first_instant():
    assert parse_time("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
