import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidContent, InvalidEdit, InvalidInput, InvalidName, TooLarge
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text, new_text, replace_text
from gitconfig_server.formats.editing.patches import apply_patch
from gitconfig_server.formats.editing.stored import read_tree
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import node_of, plain, same
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.properties import MAX_KEY, flatten
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.writes import MergePatch

FILES = ["f.yml", "f.json", "f.properties"]
NAMES = st.text(st.characters(codec="utf-8", exclude_characters=".[]"), min_size=1, max_size=4).filter(
    lambda name: name == name.strip("".join(map(chr, range(33)))) and name.strip()
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.text("ab \n\t#:-'\"{}[]|>&*", max_size=12)
NESTED = st.dictionaries(
    NAMES,
    st.recursive(SCALARS | TEXTS, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=3)),
    max_size=4,
)


def only(path, content):
    documents = parse(path, content)
    assert len(documents) <= 1
    return documents[0].properties if documents else {}


@pytest.mark.parametrize("path", FILES)
@settings(deadline=None)
@given(nested=NESTED)
def test_a_new_file_reads_back_as_what_it_was_made_of(path, nested):
    if path == "f.properties":
        expected = {key: scalar_text(value) for key, value in flatten(fit(nested)).items()}
        assert only(path, made(path, nested)) == expected
    else:
        assert same(read_tree(path, new_text(path, nested)), node_of(nested))


def made(path, nested):
    return new_text(path, nested if path != "f.properties" else fit(nested))


def fit(value):
    """Without null, ``{}`` and ``[]``, which ``.properties`` cannot hold."""
    if isinstance(value, dict):
        children = {key: fit(child) for key, child in value.items()}
        return {key: child for key, child in children.items() if child not in (None, {}, [])}
    if isinstance(value, list):
        return [child for child in map(fit, value) if child not in (None, {}, [])]
    return value


@pytest.mark.parametrize("path", FILES)
@settings(deadline=None)
@given(before=NESTED, after=NESTED)
def test_a_file_holds_what_it_is_replaced_with_and_then_stays_the_same(path, before, after):
    content, new = replace_text(path, made(path, before), {}), made(path, after)
    after = fit(after) if path == "f.properties" else after
    content = replace_text(path, content, after)
    assert same(read_tree(path, content), read_tree(path, new))
    content = replace_text(path, made(path, before), after)
    assert only(path, content) == only(path, new)
    assert replace_text(path, content, after) == content
    stored = {key: plain(node) for key, node in leaves(read_tree(path, content))}
    assert replace_text(path, content, stored) == content


FEW = st.sampled_from("abc")
BEFORE = st.dictionaries(FEW, st.integers() | st.lists(st.integers(), min_size=1, max_size=3))
DEEP = st.dictionaries(
    FEW,
    st.recursive(
        st.integers() | st.just("x"),
        lambda one: st.lists(one, min_size=1, max_size=3) | st.dictionaries(FEW, one, min_size=1, max_size=3),
    ),
    max_size=3,
)


@pytest.mark.parametrize("path", FILES)
@settings(deadline=None)
@given(before=BEFORE, after=DEEP)
def test_a_file_holds_what_it_is_replaced_with_key_by_key(path, before, after):
    wanted = {key: scalar_text(value) if path == "f.properties" else value for key, value in flatten(after).items()}
    assert only(path, new_text(path, flatten(after))) == wanted
    assert only(path, replace_text(path, new_text(path, before), flatten(after))) == wanted


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize(
    "properties",
    [
        {"k": 1, "m.n.a": 1, "m.n.b": 2, "m.n.l[0]": 3, "m.n.l[1]": 4},
        {"a.x": 2, "a": 1},
        {"a": 1, "a.x": 2},
        {"a.x.y": 2, "a.x": 1, "a.x.y.z": 3},
        {"m.a.x": 1, "m": {"a": 2}},
    ],
)
def test_no_key_that_is_given_gets_lost_whichever_comes_first(path, properties):
    wanted = {
        key: scalar_text(value) if path == "f.properties" else value for key, value in flatten(properties).items()
    }
    assert only(path, new_text(path, properties)) == wanted
    edited = EditedText(path, new_text(path, {"z": "1"}))
    changes = TreeEdit(path, edited.root)
    apply_patch(changes, MergePatch(properties))
    assert only(path, edited.written(changes.root)) == {"z": "1"} | wanted


def test_new_files_look_the_way_people_write_them():
    properties = {"db": {"url": "jdbc:pg://h/d", "pool": {"max": 3}}, "l": [1, {"a": "x\ny\n", "b": []}], "on": "yes"}
    assert new_text("f.yml", properties).decode() == (
        "db:\n  url: jdbc:pg://h/d\n  pool:\n    max: 3\n"
        "l:\n  - 1\n  - a: |\n      x\n      y\n    b: []\n'on': 'yes'\n"
    )
    assert new_text("f.json", {"a": {"b": [1]}, "c": "é"}).decode() == (
        '{\n  "a": {\n    "b": [\n      1\n    ]\n  },\n  "c": "é"\n}\n'
    )
    assert new_text("f.properties", {"a": {"b": [1, "é"]}, "c": ""}) == b"a.b[0]=1\na.b[1]=\\u00e9\nc=\n"
    assert (new_text("f.yml", {}), new_text("f.json", {}), new_text("f.properties", {})) == (b"{}\n", b"{}\n", b"")


@pytest.mark.parametrize("path", FILES)
def test_nothing_to_change_changes_nothing(path):
    content = {"f.yml": b"a: 1 # c\n", "f.json": b'{ "a":1 }', "f.properties": b"a : 1"}[path]
    value = "1" if path == "f.properties" else 1
    assert edit_text(path, content, []) == content
    assert edit_text(path, content, [SetKey("a", value), RemoveKey("b")]) == content
    assert replace_text(path, content, {"a": value}) == content
    assert edit_text("f.yml", b"# empty\n", [RemoveKey("a")]) == b"# empty\n"


def test_values_of_different_types_are_different_values():
    assert edit_text("f.yml", b"a: 1\nb: 1\nc: 1\n", [SetKey("a", "1"), SetKey("b", True), SetKey("c", 1.0)]) == (
        b"a: '1'\nb: true\nc: 1.0\n"
    )
    assert edit_text("f.yml", b"a: ~\nb: []\n", [SetKey("a", ""), SetKey("b", {})]) == b"a: ''\nb: {}\n"


def test_one_document_of_several_is_edited():
    content = b"a: 1\n--- # two\n# empty\n---\nb: 2\n...\n---\nc: 3\n"
    assert edit_text("f.yml", content, [SetKey("n", 1)], 2) == content.replace(b"b: 2\n", b"b: 2\nn: 1\n")
    filled = content.replace(b"# empty\n", b"# empty\nn: 1\n")
    assert edit_text("f.yml", content, [SetKey("n", 1)], 1) == filled
    assert edit_text("f.yml", content, [RemoveKey("b")], 2) == content.replace(b"b: 2\n", b"{}\n")
    for document, reason in [(None, "say which"), (4, "there is no 4"), (-1, "there is no -1")]:
        with pytest.raises(InvalidEdit, match=reason):
            edit_text("f.yml", content, [SetKey("n", 1)], document)


def test_a_byte_order_mark_stays():
    assert edit_text("f.yml", b"\xef\xbb\xbfa: 1\n", [SetKey("a", 2)]) == b"\xef\xbb\xbfa: 2\n"
    assert edit_text("f.json", b'\xef\xbb\xbf{"a": 1}', [SetKey("a", 2)]) == b'\xef\xbb\xbf{"a": 2}'


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (SetKey("a", float("nan")), InvalidInput),
        (SetKey("a", {"b": [float("inf")]}), InvalidInput),
        (SetKey("a", datetime.date(2026, 1, 31)), InvalidInput),
        (SetKey("a", b"bytes"), InvalidInput),
        (SetKey("a", {1: "x"}), InvalidInput),
        (SetKey("a", "\ud800"), InvalidInput),
        (SetKey("\ud800", 1), InvalidInput),
        (SetKey("a", {"b.c": 1, "b": {"c": 2}}), InvalidInput),
        (SetKey("", 1), InvalidName),
        (RemoveKey(" "), InvalidName),
        (SetKey("n..m", 1), InvalidName),
        (SetKey("n.", 1), InvalidName),
        (SetKey("n[0", 1), InvalidName),
        (SetKey("n[0]m", 1), InvalidName),
        (SetKey("k" * (MAX_KEY + 1), 1), TooLarge),
        (SetKey(".".join("k" * 101), 1), TooLarge),
        (SetKey(".".join("k" * 60), 1), InvalidEdit),
        (SetKey("k" * 2000, 1), TooLarge),
        (SetKey("a", 10**1000), TooLarge),
        (SetKey("a", "x" * 3_000_000), TooLarge),
    ],
)
def test_what_no_file_can_hold_is_refused(edit, error):
    with pytest.raises(error):
        edit_text("f.yml", b"a: 1\n", [edit])


def test_deep_nesting_is_refused():
    nested = "leaf"
    for _ in range(2000):
        nested = {"a": [nested]}
    with pytest.raises(TooLarge):
        edit_text("f.yml", b"", [SetKey("a", nested)])


def test_huge_numbers_are_exact():
    number = 10**999 - 1
    assert only("f.yml", edit_text("f.yml", b"a: 1\n", [SetKey("a", number)])) == {"a": number}


def test_files_that_are_not_edited():
    with pytest.raises(InvalidEdit, match=r"write config/f\.yml instead"):
        edit_text("config/f.xml", b"<properties/>", [SetKey("a", 1)])
    with pytest.raises(InvalidContent):
        edit_text("f.yml", b"a: [\n", [SetKey("a", 1)])


@pytest.mark.parametrize("path", FILES)
def test_many_edits_of_a_large_file(path):
    properties = {f"a{number}.b": "x" for number in range(5000)} | {f"s.k{number}": "x" for number in range(5000)}
    edits = [SetKey(f"a{number}.b", "y") for number in range(5000)] + [SetKey(f"s.n{n}", "z") for n in range(4000)]
    edits += [RemoveKey(f"s.k{number}") for number in range(1000)]
    found = only(path, edit_text(path, new_text(path, properties), edits))
    assert len(found) == 13_000
    assert set(found.values()) == {"x", "y", "z"}


@pytest.mark.parametrize("name", ["a.yml", "a.json"])
def test_utf16_is_read_but_not_edited(name):
    with pytest.raises(InvalidEdit, match="UTF-16: save it as UTF-8"):
        edit_text(name, '\ufeff{"a": 1}'.encode("utf-16-le"), [SetKey("a", 2)])
