import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidInput, InvalidName, TooLarge
from gitconfig_server.formats.nesting import MAX_HOLES, unflatten
from gitconfig_server.formats.properties import MAX_DEPTH, MAX_KEY, flatten, merge

NAMES = st.text("abc-_ ", min_size=1, max_size=3).filter(str.strip)
SCALARS = st.one_of(st.text(max_size=3), st.integers(), st.booleans())
NESTED = st.recursive(
    SCALARS,
    lambda child: st.lists(child, min_size=1, max_size=3) | st.dictionaries(NAMES, child, min_size=1, max_size=3),
)


@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ({"a": {"b": 1}}, {"a.b": 1}),
        ({"a": [1, [2, 3], {"b": 4}]}, {"a[0]": 1, "a[1][0]": 2, "a[1][1]": 3, "a[2].b": 4}),
        ({"a.b": 1, "c d": 2}, {"a.b": 1, "c d": 2}),
        ({"m": {"[x.y]": 1}}, {"m[x.y]": 1}),
        (
            {1: "a", "m": {True: 1, None: 2, 1.5: 3, "2": 4}},
            {"[1]": "a", "m[true]": 1, "m[null]": 2, "m[1.5]": 3, "m.2": 4},
        ),
        ({"n": None, "l": [], "m": {}, "x": [{}, "y"]}, {"n": "", "l": "", "x[1]": "y"}),
        ({"": {"a": 1}, " ": [2]}, {"a": 1, "[0]": 2}),
        ({"f": float("inf"), "g": float("nan")}, {"f": "Infinity", "g": "NaN"}),
        (["a", {"b": 1}], {"document[0]": "a", "document[1].b": 1}),
        ("text", {"document": "text"}),
    ],
)
def test_flattening_is_springs(nested, flat):
    assert flatten(nested) == flat
    assert list(flatten(nested)) == list(flat)


def test_what_configuration_cannot_hold_is_refused():
    with pytest.raises(InvalidInput, match=r"a\.b: a bytes cannot be stored"):
        flatten({"a": {"b": b"x"}})


def test_a_stronger_source_overrides_in_place_and_replaces_whole_lists():
    strong = {"list[0]": "z", "shared": "strong", "new": 1}
    weak = {"first": 1, "shared": "weak", "list[0]": "a", "list[1]": "b", "other[0].x": 1, "spring.profiles": "p"}
    merged = merge([strong, weak])
    assert list(merged.items()) == [("first", 1), ("shared", "strong"), ("new", 1), ("list[0]", "z"), ("other[0].x", 1)]


@pytest.mark.parametrize(
    ("flat", "nested"),
    [
        ({"a.b.c": "d"}, {"a": {"b": {"c": "d"}}}),
        ({"a.b[0]": "c", "a.b[1]": "d"}, {"a": {"b": ["c", "d"]}}),
        ({"x[2]": 1}, {"x": [None, None, 1]}),
        ({"a[1][0].b": 1}, {"a": [None, [{"b": 1}]]}),
        ({"a.test": 1, "a.b[hello]": 2, "a.b[w]d": 3}, {"a": {"test": 1, "b[hello]": 2, "b[w]d": 3}}),
        ({"a.": 1, "b[]": 2, "c[0": 3, "m[x.y]": 4}, {"a": {"": 1}, "b[]": 2, "c[0": 3, "m[x": {"y]": 4}}),
        ({"org": 1, "org.spring": 2, "org.spring.boot": 3}, {"org": 1, "org.spring": 2, "org.spring.boot": 3}),
        ({"org.spring": 2, "org": 1}, {"org.spring": 2, "org": 1}),
        ({"l": "", "l[0]": "x", "l[0].y": 1}, {"l": "", "l[0]": "x", "l[0].y": 1}),
        ({"a.b": 1, "a[0]": 2, "a[1].c": 3}, {"a": {"b": 1}, "a[0]": 2, "a[1].c": 3}),
    ],
)
def test_unflattening_is_springs_and_loses_nothing(flat, nested):
    assert unflatten(flat) == nested


def test_springs_example_of_nested_lists():
    flat = {"a.b[0].c": "x", "a.b[2].e[0].d": "z", "a.b[0].d[2]": "yy", "a.b[0].d[0]": "xx", "a.b[3][0]": "r"}
    inner = [{"c": "x", "d": ["xx", None, "yy"]}, None, {"e": [{"d": "z"}]}, ["r"]]
    assert unflatten(flat) == {"a": {"b": inner}}


@pytest.mark.parametrize("key", ["a..b", ".a", "[1]", "a[0]x", "a.[0]", "a[0][x]", ".", "a[0]."[:-1] + ".."])
def test_keys_without_a_nested_form_are_bad_input(key):
    with pytest.raises(InvalidName) as caught:
        unflatten({key: 1})
    assert caught.value.kind == "key"


@pytest.mark.parametrize(
    "flat",
    [
        {f"a[{MAX_HOLES + 1}]": 1},
        {"a[99999999999999999999]": 1},
        {f"a{number}[{MAX_HOLES // 2}]": 1 for number in range(3)},
        {"a." * MAX_DEPTH + "b": 1},
        {"a[0]" + "[0]" * MAX_DEPTH: 1},
        {"a" * (MAX_KEY + 1): 1},
    ],
)
def test_what_would_grow_without_bound_is_refused(flat):
    with pytest.raises(TooLarge):
        unflatten(flat)


def test_a_long_list_is_no_hole():
    items = list(range(MAX_HOLES + 10))
    assert unflatten(flatten({"a": items})) == {"a": items}


@given(st.dictionaries(NAMES, NESTED, min_size=1, max_size=4))
def test_unflattening_undoes_flattening(nested):
    assert unflatten(flatten(nested)) == nested


@given(st.dictionaries(st.text("ab.[0]1", min_size=1, max_size=8), st.integers(), max_size=6))
def test_every_value_survives_unflattening(flat):
    try:
        nested = unflatten(flat)
    except InvalidName:
        return
    # not by flattening again: Spring's rule spells `a[` and a `[` beneath `a` alike
    assert sorted(value for value in _leaves(nested) if value is not None) == sorted(flat.values())


def _leaves(node):
    if isinstance(node, dict | list):
        children = node.values() if isinstance(node, dict) else node
        return [leaf for child in children for leaf in _leaves(child)]
    return [node]


PARTS = st.lists(st.sampled_from(["a", "b", "a[0]", "a[1][0]"]), min_size=1, max_size=4)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(PARTS.map(".".join), st.integers()))
def test_no_key_comes_out_that_nobody_wrote(flat):
    back = flatten(unflatten(flat))
    assert {key: value for key, value in back.items() if value != ""} == flat


@pytest.mark.parametrize("order", [1, -1])
def test_a_key_that_is_value_and_parent_stays_what_it_is(order):
    flat = dict([("hub.server", "x"), ("hub.server.timeout.millis", 1)][::order])
    assert flatten(unflatten(flat)) == flat


@pytest.mark.parametrize(
    ("strong", "weak", "merged"),
    [
        ({"l": ""}, {"l[0]": "a", "l[1]": "b"}, {"l": ""}),
        ({"l[0]": "a"}, {"l": ""}, {"l[0]": "a"}),
        ({"l": "a,b,c"}, {"l[0]": "x"}, {"l": "a,b,c"}),
        ({"l[0]": "x"}, {"l": "a,b,c"}, {"l[0]": "x"}),
        ({"l[0].n": "x"}, {"l": "", "l[0].n": "y", "l[1].n": "z"}, {"l[0].n": "x"}),
        ({"m.l": ""}, {"m.l[0]": 1, "m.k": 2}, {"m.l": "", "m.k": 2}),
        ({"l": "", "l[0]": 1}, {"l[1]": 2}, {"l": "", "l[0]": 1}),
    ],
)
def test_the_stronger_source_has_all_of_a_list_however_it_is_written(strong, weak, merged):
    assert merge([strong, weak]) == merged
    assert merge([{"other": 1}, strong, {}, weak]) == merged | {"other": 1}


def test_lists_with_holes_can_be_maps_of_their_indexes():
    flat = {"ports[443]": "tls", "ports[80].name": "http", "hosts[1]": "b", "hosts[0]": "a", "deep[0][2]": 1}
    nested = unflatten(flat, sparse_as_maps=True)
    assert nested == {"ports": {"80": {"name": "http"}, "443": "tls"}, "hosts": ["a", "b"], "deep": [{"2": 1}]}
    assert unflatten({"a[1]": "x"}) == {"a": [None, "x"]}
