"""Lists that a schema lets merge, where it is not plain what should become of them."""

import pytest

from gitconfig_server.formats.merging.texts import merge_texts

CONFLICT = [("l", "changed")]


def merge(rule, base, ours, theirs):
    """What the list at ``l`` becomes, beside a key that both changed something next to."""
    texts = [f"l: {one}\n".encode() if one is not None else b"x: 1\n" for one in (base, ours, theirs)]
    found = merge_texts("a.yml", *texts, rule=lambda key: rule if key == "l" else "")
    if found.content is not None:
        return found.content.decode().strip().removeprefix("l: ")
    return [(one.clash.key, one.clash.why.value) for one in found.clashes]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("[a]", "[a, b]", "[a, b]", "[a, b]"),
        ("[a, b, c]", "[c, b, a]", "[a, b]", "[b, a]"),
        ("[a]", "[]", "[a, b]", "l:\n  - b"),
        ("[a]", "[a, b]", "[]", "[b]"),
        ("[1]", "[1, '1']", "[1, 1.0]", "[1, '1', 1.0]"),
        ("[1, true]", "[1, true, 2]", "[1]", "[1, 2]"),
        ("[a, a]", "[a, a, b]", "[c]", "[b, c]"),
        ("[{x: 1}]", "[{x: 1}, {y: 1}]", "[{x: 1}, {x: 2}]", "[{x: 1}, {y: 1}, {x: 2}]"),
        ("[{x: 1, y: 2}]", "[{y: 2, x: 1}, 1]", "[]", "[1]"),
        (None, "[a, b]", "[b, c]", "[a, b, c]"),
        ("[a]", None, "[a, b]", CONFLICT),
        ("[a]", "[a, b]", None, CONFLICT),
        ("[a]", "b", "[a, c]", CONFLICT),
        ("[a]", "{x: 1}", "[a, c]", CONFLICT),
        ("[[1], [2]]", "[[1], [2], [3]]", "[[2]]", "[[2], [3]]"),
    ],
)
def test_a_set_loses_what_either_took_away_and_gains_what_either_put(base, ours, theirs, expected):
    assert merge("set", base, ours, theirs) == expected


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("[{n: a, v: 1}]", "[{n: a, v: 2}]", "[{n: a, v: 1}, {n: b}]", "[{n: a, v: 2}, {n: b}]"),
        ("[{n: a}, {n: b}]", "[{n: b}, {n: a}]", "[{n: a, v: 1}, {n: b}]", "[{n: b}, {n: a, v: 1}]"),
        ("[{n: a}, {n: b}]", "[{n: a}]", "[{n: a}, {n: b}, {n: c}]", "[{n: a}, {n: c}]"),
        ("[{n: a}, {n: b}]", "[{n: a}]", "[{n: a}, {n: b, v: 1}]", CONFLICT),
        ("[{n: a}, {n: b}]", "[{n: a}, {n: b, v: 1}]", "[{n: a}]", CONFLICT),
        ("[]", "[{n: a, v: 1}]", "[{n: a, v: 2}]", CONFLICT),
        ("[]", "[{n: a, v: 1}]", "[{n: b}, {n: a, v: 1}]", "[{n: a, v: 1}, {n: b}]"),
        ("[{n: 1}]", "[{n: 1}, {n: '1'}]", "[{n: 1, v: 2}]", "[{n: 1, v: 2}, {n: '1'}]"),
        ("[{n: a}]", "[{n: a}, {n: a}]", "[{n: a, v: 1}]", CONFLICT),
        ("[{n: a}]", "[{n: a}, 5]", "[{n: a, v: 1}]", CONFLICT),
        ("[{n: a, v: 1}]", "[{n: a, v: 2}]", "[{n: a, v: 2, w: 1}]", CONFLICT),
        ("[{n: [1]}]", "[{n: [1]}, {n: [2]}]", "[{n: [1], v: 1}]", CONFLICT),
    ],
)
def test_items_that_a_key_names_are_merged_one_by_one(base, ours, theirs, expected):
    assert merge("by-key(n)", base, ours, theirs) == expected


def test_what_is_settled_is_the_same_whichever_side_is_ours():
    sides = ("[{n: a}, {n: b}]", "[{n: a, v: 1}, {n: b}, {n: c}]", "[{n: b}, {n: d}]")
    one, other = merge("by-key(n)", *sides), merge("by-key(n)", sides[0], sides[2], sides[1])
    assert one == other == CONFLICT
    sides = ("[a, b]", "[b, c]", "[a, d]")
    assert sorted(merge("set", *sides)) == sorted(merge("set", sides[0], sides[2], sides[1]))


def test_items_keep_their_text_and_comments():
    base = "l:\n- n: a # first\n  v: 1\n- n: b\n  v: 1\n"
    ours = base.replace("  v: 1\n- n: b", "  v: 2 # ours\n- n: b")
    theirs = base + "- n: c # theirs\n"
    found = merge_texts("a.yml", base.encode(), ours.encode(), theirs.encode(), rule=lambda key: "by-key(n)")
    assert found.content is not None
    assert found.content.decode() == ours + "- n: c # theirs\n"
