import pytest

from gitconfig_server.service.upstream.steps import SyncStep, decide

LINE = "abcdef"
"""A line of commits; ``x``, ``y`` and ``z`` stand apart from it and from each other."""


def descends(old, new):
    one, two = old.decode(), new.decode()
    return one == two or (one in LINE and two in LINE and LINE.index(one) <= LINE.index(two))


def step(ours, seen, theirs, *, push_back=False, is_tag=False):
    ours, seen, theirs = (value.encode() if value else None for value in (ours, seen, theirs))
    return decide(ours, seen, theirs, is_tag=is_tag, push_back=push_back, descends=descends)


@pytest.mark.parametrize(
    ("ours", "seen", "theirs", "following", "pushing"),
    [
        ("a", "a", "a", "NOTHING", "NOTHING"),
        ("a", "", "a", "NOTE", "NOTE"),
        ("b", "a", "b", "NOTE", "NOTE"),
        ("", "a", "", "NOTE", "NOTE"),
        ("", "", "a", "TAKE", "TAKE"),
        ("a", "a", "b", "TAKE", "TAKE"),
        ("b", "b", "x", "TAKE", "TAKE"),
        ("a", "", "b", "TAKE", "TAKE"),
        ("b", "a", "c", "TAKE", "TAKE"),
        ("a", "a", "", "DELETE", "DELETE"),
        ("b", "a", "", "LET_GO", "LET_GO"),
        ("a", "", "", "NOTHING", "PUSH"),
        ("b", "a", "a", "CLASH", "PUSH"),
        ("c", "a", "b", "CLASH", "PUSH"),
        ("x", "a", "a", "CLASH", "PUSH"),
        ("a", "b", "b", "TAKE", "PUSH"),
        ("x", "a", "b", "CLASH", "JOIN"),
        ("x", "", "b", "CLASH", "JOIN"),
        ("", "a", "a", "TAKE", "PUSH"),
        ("", "a", "b", "TAKE", "TAKE"),
    ],
)
def test_branches(ours, seen, theirs, following, pushing):
    assert step(ours, seen, theirs) is SyncStep[following]
    assert step(ours, seen, theirs, push_back=True) is SyncStep[pushing]


@pytest.mark.parametrize(
    ("ours", "seen", "theirs", "following", "pushing"),
    [
        ("a", "a", "b", "TAKE", "TAKE"),
        ("a", "", "b", "CLASH", "CLASH"),
        ("b", "a", "a", "CLASH", "PUSH"),
        ("b", "a", "c", "CLASH", "CLASH"),
    ],
)
def test_tags_are_never_joined(ours, seen, theirs, following, pushing):
    assert step(ours, seen, theirs, is_tag=True) is SyncStep[following]
    assert step(ours, seen, theirs, is_tag=True, push_back=True) is SyncStep[pushing]
