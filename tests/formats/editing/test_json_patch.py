import json

import pytest

from gitconfig_server.errors import Conflict, InvalidChange
from gitconfig_server.formats.editing import json_patch
from gitconfig_server.formats.editing.stored import read_tree
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.editing.tree_edits import TreeEdit

# The examples of RFC 6902, appendix A, and a few of our own.
SOUND = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"foo": "bar", "baz": "qux"}),
    ({"foo": ["a", "b"]}, [{"op": "add", "path": "/foo/1", "value": "q"}], {"foo": ["a", "q", "b"]}),
    ({"foo": ["a"]}, [{"op": "add", "path": "/foo/-", "value": ["b"]}], {"foo": ["a", ["b"]]}),
    ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
    ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
    ({"a": 1}, [{"op": "replace", "path": "/a", "value": None}], {"a": None}),
    ({"foo": [1, 2]}, [{"op": "replace", "path": "/foo/0", "value": 9}], {"foo": [9, 2]}),
    ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
    ({"foo": [1, 2, 3]}, [{"op": "move", "from": "/foo/0", "path": "/foo/2"}], {"foo": [2, 3, 1]}),
    ({"a": {"b": [1]}}, [{"op": "copy", "from": "/a/b", "path": "/c"}], {"a": {"b": [1]}, "c": [1]}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
    ({"a": 1}, [{"op": "remove", "path": ""}], {}),
    ({"": 1}, [{"op": "remove", "path": "/"}], {}),
    ({"a": 1}, [{"op": "add", "path": "/b", "value": 1, "x": 0}], {"a": 1, "b": 1}),
]

UNSOUND = [
    ({"op": "remove", "path": "/b"}, "/0/path"),
    ({"op": "replace", "path": "/b", "value": 1}, "/0/path"),
    ({"op": "add", "path": "/b/c", "value": 1}, "/0/path"),
    ({"op": "add", "path": "/a/c", "value": 1}, "/0/path"),
    ({"op": "add", "path": "/list/3", "value": 1}, "/0/path"),
    ({"op": "add", "path": "/list/01", "value": 1}, "/0/path"),
    ({"op": "remove", "path": "/list/2"}, "/0/path"),
    ({"op": "remove", "path": "/list/-"}, "/0/path"),
    ({"op": "remove", "path": "/list/99999999999"}, "/0/path"),
    ({"op": "move", "from": "/b", "path": "/c"}, "/0/from"),
    ({"op": "move", "from": "/map", "path": "/map/x"}, "/0/path"),
    ({"op": "copy", "path": "/c"}, "/0/from"),
    ({"op": "add", "path": "b", "value": 1}, "/0/path"),
    ({"op": "add", "path": "/~2", "value": 1}, "/0/path"),
    ({"op": "add", "path": 7, "value": 1}, "/0/path"),
    ({"op": "add", "path": "/b"}, "/0/value"),
    ({"op": "put", "path": "/b", "value": 1}, "/0/op"),
    ({"op": ["add"], "path": "/b"}, "/0/op"),
    ({"path": "/b"}, "/0/op"),
    ("add", "/0"),
]


def apply_operations(document, operations):
    changes = TreeEdit("f.json", read_tree("f.json", json.dumps(document).encode()))
    json_patch.apply_operations(changes, operations)
    return plain(changes.root)


@pytest.mark.parametrize(("document", "operations", "expected"), SOUND)
def test_sound_operations(document, operations, expected):
    assert apply_operations(document, operations) == expected


@pytest.mark.parametrize(("operation", "pointer"), UNSOUND)
def test_unsound_operations_are_refused_with_their_place(operation, pointer):
    document = {"a": 1, "list": [1, 2], "map": {}}
    with pytest.raises(InvalidChange) as refused:
        apply_operations(document, [operation])
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("value", [2, True, "1", None, [1]])
def test_a_failed_test_is_a_conflict(value):
    with pytest.raises(Conflict, match="/a"):
        apply_operations({"a": 1}, [{"op": "test", "path": "/a", "value": value}])


def test_what_remains_must_be_a_map():
    with pytest.raises(InvalidChange):
        apply_operations({"a": 1}, [{"op": "replace", "path": "", "value": [1]}])


def test_copies_of_copies_end():
    doubling = [{"op": "copy", "from": "/a", "path": f"/a/{number}"} for number in range(64)]
    with pytest.raises(InvalidChange, match="copies more"):
        apply_operations({"a": {"x": 1}}, doubling)


def test_a_value_is_copied_not_shared():
    operation = {"op": "add", "path": "/a", "value": []}
    done = apply_operations({}, [operation, {"op": "add", "path": "/a/-", "value": 1}])
    assert (done, json.dumps(operation["value"])) == ({"a": [1]}, "[]")
