"""One key in several spellings: which one a name means, and that no edit adds a second one."""

import pytest

from gitconfig_server.errors import InvalidEdit, SharedAnchor
from gitconfig_server.formats.editing.differences import changed_keys
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text
from gitconfig_server.formats.editing.stored import read_tree
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.editing.tree_edits import TreeEdit

BOTH = b"'on': 1\non: 2\n"


def test_a_name_means_the_same_key_all_through_a_request():
    assert edit_text("f.yml", BOTH, [RemoveKey("on")]) == b"on: 2\n"
    assert edit_text("f.yml", BOTH, [RemoveKey("on"), RemoveKey("on")]) == b"on: 2\n"
    assert edit_text("f.yml", BOTH, [RemoveKey("on"), SetKey("on", 3)]) == b"'on': 3\non: 2\n"
    assert edit_text("f.yml", b"on: 2\n", [SetKey("on", 3)]) == b"on: 3\n"
    assert edit_text("f.yml", b"on: 2\n", [RemoveKey("on")]) == b"{}\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("f.yml", "new: 5\n"),
        ("f.yml", "new: ''\n"),
        ("f.yml", "new: 5\nnew.x: 1\n"),
        ("f.json", '{"new": 5}\n'),
        ("f.properties", "new=5\n"),
        ("f.properties", "new=5\nnew.x=1\n"),
    ],
)
@pytest.mark.parametrize("key", ["new[0]", "new[0].a"])
def test_a_single_value_has_no_items(path, text, key):
    with pytest.raises(InvalidEdit, match="new is a single value, it has no items: set new to a list"):
        edit_text(path, text.encode(), [SetKey(key, "x")])


def test_the_way_out_of_a_single_value():
    assert edit_text("f.yml", b"new: 5\n", [SetKey("new", ["x"])]) == b"new:\n  - x\n"
    assert edit_text("f.yml", b"new: ~\n", [SetKey("new[0]", "x")]) == b"new:\n  - x\n"
    assert edit_text("f.properties", b"new=5\n", [SetKey("new", ["x", "y"])]) == b"new[0]=x\nnew[1]=y\n"


@pytest.mark.parametrize(
    ("path", "text", "key", "stands"),
    [
        ("f.properties", "a[0]=1\n", "a.0", "a[0]"),
        ("f.properties", "a.0=1\n", "a[0]", "a.0"),
        ("f.properties", "a[0].x=1\n", "a.0.y", "a[0]"),
        ("f.properties", "a.0.x=1\n", "a[0].y", "a.0"),
        ("f.yml", "a[0]: 1\n", "a.0", "a[0]"),
        ("f.json", '{"p": {"a.0.b": 1}}', "p.a[0].b", "a.0"),
    ],
)
def test_brackets_and_dots_spell_one_name(path, text, key, stands):
    with pytest.raises(InvalidEdit) as caught:
        edit_text(path, text.encode(), [SetKey(key, "x")])
    assert f"stands there spelled {stands}: use that spelling" in str(caught.value)


def test_a_list_takes_the_place_of_what_spelled_its_items_beside_it():
    text = b"new: 1\nnew[0]: x\nnew[1].y: z\nnew.app/name: n\n"
    assert edit_text("f.yml", text, [SetKey("new", [True])]) == b"new:\n  - true\nnew.app/name: n\n"
    json_text = b'{"new": 5, "new[0]": "x"}'
    assert edit_text("f.json", json_text, [SetKey("new", [True, 1])]) == b'{"new": [true, 1]}'


def test_a_map_takes_the_place_of_what_spelled_its_keys_beside_it():
    text = b"app: web\napp.a: 1\napp.a.b: 2\napp.ab: 3\n"
    assert edit_text("f.yml", text, [SetKey("app", {"a": 4})]) == b"app:\n  a: 4\napp.ab: 3\n"
    assert edit_text("f.yml", text, [SetKey("app", "new")]) == b"app: new\n" + text.partition(b"\n")[2]


def test_a_value_and_the_items_beside_it_come_back_as_they_were():
    then = read_tree("f.properties", b"a=1\na[0]=x\n")
    changes = TreeEdit("f.properties", read_tree("f.properties", b"a=1\n"))
    changes.bring_back(then, "a[0]")
    assert list(changes.root.entries) == list(then.entries)


@pytest.mark.parametrize(
    ("now", "key", "after"),
    [
        ("name: x\n", "on", "name: x\non:\n  push: 1\n"),
        ("name: x\n", "[true]", "name: x\non:\n  push: 1\n"),
        ("on: {}\n", "on.push", "on:\n  push: 1\n"),
        ("'on': 2\n", "on", "'on': 2\non:\n  push: 1\n"),
        ("name: x\n", "ports[443]", "name: x\nports:\n  443: tls\n"),
        ("ports:\n  80: http\n", "ports[443]", "ports:\n  80: http\n  443: tls\n"),
        ("ports: {443: none}\n", "ports", "ports: {443: tls}\n"),
    ],
)
def test_keys_that_are_no_text_come_back_as_they_were(now, key, after):
    then = read_tree("f.yml", b"on: {push: 1}\nports: {443: tls}\n")
    text = EditedText("f.yml", now.encode())
    changes = TreeEdit("f.yml", text.root)
    changes.bring_back(then, key)
    assert text.written(changes.root).decode() == after


def test_a_dotted_key_comes_back_as_one():
    then = read_tree("f.json", b'{"editor.tabs": 2, "a": {"b.c": {"d": 1}}}')
    text = EditedText("f.json", b'{"x": 1}')
    changes = TreeEdit("f.json", text.root)
    for key in ("editor.tabs", "a.b.c.d"):
        changes.bring_back(then, key)
    assert plain(changes.root) == {"x": 1, "editor.tabs": 2, "a": {"b.c": {"d": 1}}}


def test_an_empty_map_that_merging_brings_elsewhere_is_told_as_such():
    text = b"base: &base\n  a: 1\n<<: *base\n"
    with pytest.raises(SharedAnchor, match="new would change too, by <<: set"):
        edit_text("f.yml", text, [SetKey("base.new", {})])


def test_an_empty_map_is_a_difference():
    assert changed_keys(read_tree("f.yml", b"a: 1\n"), read_tree("f.yml", b"a: 1\nb: {}\n")) == (["b"], [])
    assert changed_keys(read_tree("f.yml", b"a: 1\nb: {}\n"), read_tree("f.yml", b"a: 1\n")) == ([], ["b"])
