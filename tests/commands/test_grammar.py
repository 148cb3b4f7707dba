"""The words of the command line."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.commands.grammar import (
    keys_beneath,
    read_author_option,
    read_duration,
    read_end,
    read_source_name,
)
from gitconfig_server.errors import InvalidInput, InvalidName
from gitconfig_server.model.writes import Author
from gitconfig_server.text.differences import value_text
from gitconfig_server.text.rendering import inert, inert_text
from gitconfig_server.text.typed import read_typed


@pytest.mark.parametrize(
    ("text", "value"),
    [("30", 30), ("-3", -3), ("0.5", 0.5), ("true", True), ("false", False), ("9" * 1000, int("9" * 1000))],
)
def test_what_looks_like_a_number_or_boolean_is_one(text, value):
    assert (read_typed(text), type(read_typed(text))) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    ["1.10", "0755", "1e3", "+3", "-0", "yes", "on", "null", "", " 3", "0x1F", "1_000", ".5", "1:30", "9" * 1001],
)
def test_all_else_is_text(text):
    assert read_typed(text) == text
    assert isinstance(read_typed(text), str)


@given(st.one_of(st.text(), st.from_regex(r"-?[0-9.e]{1,30}", fullmatch=True), st.floats().map(str)))
def test_what_is_set_is_printed_back(text):
    assert value_text(read_typed(text)) == text


def test_source_names():
    name = read_source_name("team/orders/prod")
    assert (name.application, name.profile, name.or_default, str(name)) == (
        "team/orders",
        "prod",
        "prod",
        "team/orders/prod",
    )
    assert (read_source_name("orders").profile, read_source_name("orders").or_default) == (None, "default")
    for word in ("", "/", "x/", "/x", "..", "x/..", "x/a b", "x\0"):
        with pytest.raises(InvalidName):
            read_source_name(word)


def test_authors():
    assert read_author_option(" Ada L. <ada@example.com> ") == Author("Ada L.", "ada@example.com")
    assert read_author_option("Ada") == Author("Ada")
    for text in ("", "<x>", "A <b", "A> b", "A\nB <c>", "A <b> <c>"):
        with pytest.raises(InvalidInput):
            read_author_option(text)


def test_keys_beneath():
    keys = ["db", "db.pool", "db[0]", "dbx", "x.db"]
    assert keys_beneath("db", keys) == ["db", "db.pool", "db[0]"]
    assert keys_beneath("d", keys) == []


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text):
    assert not {unicodedata.category(one) for one in inert(text)} & {"Cc", "Cs"}
    assert not {unicodedata.bidirectional(one) for one in inert(text)} & {
        "RLO",
        "LRO",
        "RLE",
        "LRE",
        "PDF",
        "RLI",
        "LRI",
    }
    assert inert_text("a\tb\n") == "a\tb\n"


def test_durations_and_ends():
    assert [read_duration(word) for word in ("600", " 90s", "10m", "2h", "1d")] == [600, 90, 600, 7200, 86400]
    assert read_end("2026-01-31T12:00+01:00") == datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert read_end("1h") > read_end("30m")
    with pytest.raises(InvalidInput, match="'10x': expected a duration like 600"):
        read_duration("10x")
    with pytest.raises(InvalidInput, match=r"'yesterday': expected a time such as .*, or how long: 90s"):
        read_end("yesterday")
