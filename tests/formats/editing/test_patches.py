import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import Conflict, InvalidChange, InvalidInput
from gitconfig_server.formats.editing.patches import flat_properties, patched
from gitconfig_server.formats.properties import flatten, unflatten
from gitconfig_server.model.writes import JsonPatch, MergePatch

BEFORE = {"db.url": "x", "db.pool": 8, "hosts[0]": "a", "hosts[1]": "b", "name": "n"}


def merged(members):
    return patched(BEFORE, MergePatch(members))


def test_nested_and_flat_keys_mean_the_same():
    for members in ({"db": {"pool": 9}}, {"db.pool": 9}):
        assert merged(members) == {**BEFORE, "db.pool": 9}


def test_null_removes_a_key_and_all_beneath_it():
    assert merged({"db": None, "nothing": None}) == {"hosts[0]": "a", "hosts[1]": "b", "name": "n"}
    assert merged({"hosts": None, "db.pool": None}) == {"db.url": "x", "name": "n"}


def test_a_list_is_replaced_whole():
    assert merged({"hosts": ["c"]}) == {"db.url": "x", "db.pool": 8, "hosts[0]": "c", "name": "n"}
    assert merged({"hosts[1]": "c"})["hosts[1]"] == "c"
    assert merged({"hosts": []}) == {"db.url": "x", "db.pool": 8, "hosts": [], "name": "n"}
    assert merged({"hosts": [{"x": 1}, [2]]})["hosts[1][0]"] == 2


def test_a_value_gives_way_to_a_map_and_a_map_to_a_value():
    assert merged({"name": {"first": "f"}})["name.first"] == "f"
    assert "name" not in merged({"name": {"first": "f"}})
    assert [key for key in merged({"db": 1}) if key.startswith("db")] == ["db"]


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"db": {"pool": 1}, "db.pool": 2}, "/db.pool"),
        ({"a": [1, {"b": float("inf")}]}, "/a/1/b"),
        ({"a": {"b/c": float("nan")}}, "/a/b~1c"),
        ({"a": "\ud800"}, "/a"),
        ({"a": b"bytes"}, "/a"),
        ({"a": {"": 1}}, "/a"),
        ({"a": {1: 1}}, "/a"),
        ({"\ud800": 1}, ""),
    ],
)
def test_what_no_file_can_hold_is_refused_with_its_place(members, pointer):
    for attempt in (lambda: merged(members), lambda: flat_properties(members)):
        with pytest.raises(InvalidChange) as refused:
            attempt()
        assert refused.value.pointer == pointer


@pytest.mark.parametrize("key", ["a..b", ".a", "a[0]x", "a" * 5000, "a." * 200 + "b", "a[9999999999]"])
def test_keys_that_could_never_be_read_nested_are_refused(key):
    with pytest.raises(InvalidInput):
        flat_properties({key: 1})


def test_deep_nesting_ends():
    deep: dict = {}
    for _ in range(300):
        deep = {"a": deep}
    with pytest.raises(InvalidChange):
        flat_properties(deep)
    with pytest.raises(InvalidChange):
        merged({"x": [[deep]]})


def test_json_patch_works_on_the_nested_form():
    operations = (
        {"op": "test", "path": "/db/pool", "value": 8},
        {"op": "add", "path": "/hosts/0", "value": "first"},
        {"op": "move", "from": "/db/url", "path": "/url"},
    )
    assert patched(BEFORE, JsonPatch(operations)) == {
        "db.pool": 8,
        "hosts[0]": "first",
        "hosts[1]": "a",
        "hosts[2]": "b",
        "name": "n",
        "url": "x",
    }
    with pytest.raises(Conflict):
        patched(BEFORE, JsonPatch(({"op": "test", "path": "/db/pool", "value": 9},)))
    with pytest.raises(InvalidChange, match=r"/db\.pool.*twice") as refused:
        patched(BEFORE, JsonPatch(({"op": "add", "path": "/db.pool", "value": 9},), "/patch"))
    assert refused.value.pointer == "/patch"


def rfc_7396(target, patch):
    """The algorithm of RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = rfc_7396(target.get(name), value)
    return target


names = st.sampled_from(["a", "b", "c"])
scalars = st.one_of(st.integers(0, 3), st.sampled_from(["x", ""]), st.booleans())
lists = st.lists(scalars, min_size=1)
documents = st.recursive(
    st.dictionaries(names, scalars, max_size=3),
    lambda inner: st.dictionaries(names, st.one_of(inner, scalars, lists), max_size=3),
)
patches = st.recursive(
    st.dictionaries(names, st.one_of(scalars, st.none()), max_size=3),
    lambda inner: st.dictionaries(
        names, st.one_of(inner, scalars, st.none(), st.lists(scalars, min_size=1)), max_size=3
    ),
)


@given(documents, patches)
def test_merging_flat_keys_is_merging_as_the_standard_says(document, patch):
    flat = flatten(document)
    assert patched(flat, MergePatch(patch)) == flatten(rfc_7396(unflatten(flat), patch))
