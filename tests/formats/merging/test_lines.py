"""Merging texts line by line."""

from gitconfig_server.formats.merging.lines import merge_lines

BASE = b"a: 1\n\nb: 2\n\nc: 3\n"


def test_changes_apart_from_each_other_both_survive():
    ours, theirs = BASE.replace(b"1", b"10"), BASE.replace(b"3", b"30") + b"# theirs\n"
    assert merge_lines(BASE, ours, theirs) == b"a: 10\n\nb: 2\n\nc: 30\n# theirs\n"


def test_the_same_change_is_made_once():
    ours = theirs = BASE.replace(b"b: 2\n", b"b: 3\nd: 4\n")
    assert merge_lines(BASE, ours, theirs) == ours


def test_neighbours_and_the_same_line_conflict():
    assert merge_lines(b"a\nb\n", b"x\nb\n", b"a\ny\n") is None
    assert merge_lines(b"a\n", b"b\n", b"c\n") is None
    assert merge_lines(b"a\n", b"", b"c\n") is None


def test_an_end_without_a_line_feed_stays():
    assert merge_lines(b"a\n\nb", b"x\n\nb", b"a\n\nb") == b"x\n\nb"
    assert merge_lines(b"a\n\nb", b"x\n\nb", b"a\n\nb\n") == b"x\n\nb\n"
