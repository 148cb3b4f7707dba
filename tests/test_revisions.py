from datetime import UTC, datetime, timedelta, timezone

import pytest

from gitconfig_server.errors import InvalidRevision
from gitconfig_server.revisions import Revision, RevisionStep, fix_times, parse_revision, parse_time

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "revision"),
    [
        ("main", Revision("main")),
        ("feature/x", Revision("feature/x")),
        ("v1.0-rc@x", Revision("v1.0-rc@x")),
        ("main~", Revision("main", None, (RevisionStep("~", 1),))),
        ("main~2^", Revision("main", None, (RevisionStep("~", 2), RevisionStep("^", 1)))),
        ("main^0", Revision("main", None, (RevisionStep("^", 0),))),
        ("main@2026-01-31T12:00Z", Revision("main", NOON)),
        ("main@{2026-01-31T13:00+01:00}", Revision("main", NOON)),
        ("main@{2026-01-31T12:00}~3", Revision("main", NOON, (RevisionStep("~", 3),))),
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


HERE = datetime(2026, 1, 31, 12, 0, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-01-31T11:00:30"),
        ("5m", "2026-01-31T10:55:30"),
        ("90s", "2026-01-31T10:59:00"),
        ("2h", "2026-01-31T09:00:30"),
        ("1 hour ago", "2026-01-31T10:00:30"),
        ("10 minutes ago", "2026-01-31T10:50:30"),
        ("2.days.ago", "2026-01-29T11:00:30"),
        ("3w", "2026-01-10T11:00:30"),
        ("yesterday", "2026-01-30T11:00:30"),
        ("today", "2026-01-30T23:00:00"),
        ("11:59", "2026-01-31T10:59:00"),
        ("18:27", "2026-01-30T17:27:00"),
        ("18:27:05", "2026-01-30T17:27:05"),
        ("yesterday 11:59", "2026-01-30T10:59:00"),
        ("2026-01-31", "2026-01-30T23:00:00"),
        ("2026-01-31 11:30", "2026-01-31T10:30:00"),
        ("2026-01-31T11:30Z", "2026-01-31T11:30:00"),
    ],
)
def test_times_count_from_now_and_are_of_its_zone(text, expected):
    assert parse_time(text, HERE).isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize("text", ["", "5", "m", "5 minutes", "ago", "24:00", "25:61", "tomorrow", "999999w", "-5m"])
def test_what_is_no_time_says_what_one_looks_like(text):
    with pytest.raises(InvalidRevision):
        parse_time(text, HERE)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("main@5m", "main@{2026-01-31T10:55:30+00:00}"),
        ("main@{1 hour ago}~2", "main@{2026-01-31T10:00:30+00:00}~2"),
        ("main@2026-01-31T11:30", "main@{2026-01-31T10:30:00+00:00}"),
        ("main~3", "main~3"),
        ("a@b", "a@b"),
        ("5m", "5m"),
    ],
)
def test_a_revision_whose_time_is_fixed_means_the_same_elsewhere(text, fixed):
    assert fix_times(text, HERE) == fixed
    assert parse_revision(fixed) == parse_revision(text, HERE)


@pytest.mark.parametrize("text", ["5m", "yesterday", "18:27", "1 hour ago"])
def test_without_a_now_there_are_no_relative_times(text):
    with pytest.raises(InvalidRevision):
        parse_time(text)
    assert parse_revision("v@5m") == Revision("v@5m")
