"""Patterns whose time is bounded, against regular expressions where these are sure to end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.text.filters import Pattern, counted, found_on

LINES = ["set db pool 20", "set db url x", "set cache size 5"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("pool", [0]),
        ("POOL|cache", [0, 2]),
        ("^set db", [0, 1]),
        ("^db", []),
        ("x$", [1]),
        ("db.*20", [0]),
        ("d. u", [1]),
        ("^set.*5$", [2]),
        ("", [0, 1, 2]),
    ],
)
def test_lines_that_match(pattern, matches):
    assert [number for number, line in enumerate(LINES) if Pattern(pattern).matches(line)] == matches


@given(
    st.lists(st.sampled_from(["a", "b", ".", ".*", "|"]), max_size=6).map("".join),
    st.booleans(),
    st.booleans(),
    st.text("abc", max_size=8),
)
def test_what_matches_is_what_a_regular_expression_matches(text, start, end, line):
    alternatives = [f"{'^' * start}{one}{'$' * end}" for one in text.split("|")]
    assert Pattern("|".join(alternatives)).matches(line) == bool(re.search("|".join(alternatives), line))


def test_the_rest_from_a_line_on_and_a_count():
    assert found_on(LINES, Pattern("url")) == LINES[1:]
    assert found_on(LINES, Pattern("none")) == []
    assert counted(LINES) == ["Count: 3 lines"]
