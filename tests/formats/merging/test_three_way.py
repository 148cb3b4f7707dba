"""Merging generated documents by key, beside a merge of the trees they stand for."""

import json

import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.merging.texts import merge_texts

ABSENT = object()


class Clash(Exception):
    """The two sides do not go together."""


def merged(base, ours, theirs, *, top=True):
    """What becomes of a tree of dicts, lists and single values on two sides; raises Clash."""
    if same(ours, theirs) or same(base, theirs):
        return ours
    if same(base, ours):
        return theirs
    if isinstance(ours, dict) and isinstance(theirs, dict) and (base is ABSENT or isinstance(base, dict)):
        old = {} if base is ABSENT else base
        sides = [[side.get(name, ABSENT) for side in (old, ours, theirs)] for name in {**old, **ours, **theirs}]
        found = [merged(*side, top=False) for side in sides]
        names = {**old, **ours, **theirs}
        result = {name: one for name, one in zip(names, found, strict=True) if one is not ABSENT}
        if not result and ours and theirs and not top:
            raise Clash
        return result
    for one, other in ((ours, theirs), (theirs, ours)):
        if one is ABSENT and only_lost(base, other):
            return ABSENT
    raise Clash


def same(one, other):
    return type(one) is type(other) and (
        one is other or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def only_lost(base, side):
    """Whether a map only lost some of what it had; one that stands there empty was changed."""
    if not isinstance(base, dict) or not isinstance(side, dict) or not side:
        return False
    return all(
        name in base and (same(base[name], value) or only_lost(base[name], value)) for name, value in side.items()
    )


names = st.sampled_from(["a", "b", "pool", "x y", "443"])
scalars = st.one_of(st.integers(0, 3), st.sampled_from(["one", "1", "true", ""]), st.booleans(), st.none())
values = st.recursive(
    st.one_of(scalars, st.lists(scalars, max_size=3)),
    lambda inner: st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
trees = st.dictionaries(names, values, min_size=1, max_size=4)


@st.composite
def changed(draw, tree):
    """``tree`` with a few things set, removed and added, at any depth."""
    found = json.loads(json.dumps(tree))
    for _ in range(draw(st.integers(0, 3))):
        place = found
        while True:
            deeper = [name for name, child in place.items() if isinstance(child, dict) and child]
            if not deeper or draw(st.booleans()):
                break
            place = place[draw(st.sampled_from(deeper))]
        name = draw(st.sampled_from([*place, draw(names)]))
        if name in place and draw(st.booleans()):
            del place[name]
        else:
            place[name] = draw(values)
    return found


@st.composite
def three(draw):
    base = draw(trees)
    return base, draw(changed(base)), draw(changed(base))


def as_yaml(tree, flow):
    text = yaml.safe_dump(tree, default_flow_style=flow, sort_keys=False)
    lines = [line if line[:1] in " {-" else f"# above\n{line}" for line in text.splitlines()]
    return ("\n".join(lines) + "\n").encode()


def as_json(tree, indent):
    return json.dumps(tree, indent=indent).encode()


def judge(path, sides, texts):
    found = merge_texts(path, *texts)
    try:
        expected = merged(*sides)
    except Clash:
        assert found.content is None, (texts, found.content)
        assert found.clashes
        return
    assert found.content is not None, (texts, found.clashes, expected)
    roots = [plain(root) for root in read_trees(path, found.content)]
    assert roots in ([expected], [] if not expected else None), (texts, found.content)


@given(three(), st.sampled_from([False, None, True]))
def test_yaml(sides, flow):
    judge("f.yml", sides, [as_yaml(side, flow) for side in sides])


@given(three(), st.sampled_from([None, 2, 4]))
def test_json(sides, indent):
    judge("f.json", sides, [as_json(side, indent) for side in sides])


lines = st.dictionaries(
    st.sampled_from(["a", "a.b", "a.b.c", "log", "log.out"]), st.sampled_from(["1", "2", "x"]), min_size=1
)


@given(lines, lines, lines)
def test_properties(base, ours, theirs):
    """Keys beside longer ones are neighbours: nothing stands above or beneath anything."""
    sides = [dict(side) for side in (base, ours, theirs)]
    texts = ["".join(f"# {key}\n{key}={value}\n" for key, value in side.items()).encode() for side in sides]
    judge("f.properties", sides, texts)


@given(three(), st.sampled_from([False, True]))
def test_one_side_alone_and_both_alike_and_either_way_round(sides, flow):
    base, ours, theirs = (as_yaml(side, flow) for side in sides)
    assert merge_texts("f.yml", base, ours, base).content == ours
    assert merge_texts("f.yml", base, base, theirs).content == theirs
    assert merge_texts("f.yml", base, ours, ours).content == ours
    one, two = merge_texts("f.yml", base, ours, theirs), merge_texts("f.yml", base, theirs, ours)
    assert (one.content is None) is (two.content is None)
    if one.content and two.content:
        assert list(map(plain, read_trees("f.yml", one.content))) == list(map(plain, read_trees("f.yml", two.content)))
