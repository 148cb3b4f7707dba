"""Paths, with slashes or dots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidName
from gitconfig_server.manager.nodes.paths import join_path, list_index, split_path


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", ()),
        ("/", ()),
        ("config/running", ("config", "running")),
        ("config.running", ("config", "running")),
        ("/config/running/", ("config", "running")),
        ("sessions/10.0.0.1/rate", ("sessions", "10.0.0.1", "rate")),
        ("./10.0.0.1", ("10.0.0.1",)),
        ("a/b~1c/d~0e", ("a", "b/c", "d~e")),
        ("steps/0", ("steps", "0")),
    ],
)
def test_slashes_win_over_dots(text, segments):
    assert split_path(text) == segments


@pytest.mark.parametrize("text", ["a//b", "a..b", "..a/b//", "//a"])
def test_an_empty_name_leads_nowhere(text):
    with pytest.raises(InvalidName):
        split_path(text)


@given(st.lists(st.text(min_size=1).filter(lambda one: one != "."), min_size=1))
def test_a_path_reads_back(segments):
    assert split_path(join_path(segments)) == tuple(segments)


def test_list_indexes_have_one_spelling():
    assert [list_index(one) for one in ("0", "12", "01", "-1", "", "٣", "x")] == [0, 12, None, None, None, None, None]
