import sys
from itertools import count

import pytest

from gitconfig_server.formats.editing.patches import apply_patch
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.model.writes import JsonPatch, MergePatch

FIRST_GOES = ({"op": "remove", "path": "/a/0"},)
FIRST_COMES = ({"op": "add", "path": "/a/0", "value": "x"},)
SET = {"z": 2}

SHAPES = {
    "keys": ("f.yml", lambda n: "".join(f"k{i}: {i}\n" for i in range(n)) + "z: 1\n", SET),
    "keys in CRLF": ("f.yml", lambda n: "".join(f"k{i}: {i}\r\n" for i in range(n)) + "z: 1\r\n", SET),
    "anchors": ("f.yml", lambda n: "".join(f"k{i}: &a{i} 1\n" for i in range(n)) + "z: 1\n", SET),
    "items that move": ("f.yml", lambda n: "a:\n" + "- {}\n" * n, FIRST_COMES),
    "items of a flow": ("f.yml", lambda n: "a: [" + "{}," * n + "{}]\n", FIRST_GOES),
    "empty lines": ("f.yml", lambda n: "a: 1\n" + "\n" * n + "z: 1\n", {"a": None}),
    "comments": ("f.yml", lambda n: "# c\n" * n + "z: 1\n", SET),
    "a block of text": ("f.yml", lambda n: "a: |\n" + "  x\n" * n, {"a": "y"}),
    "properties": ("f.properties", lambda n: "".join(f"k{i}={i}\n" for i in range(n)) + "z=1\n", SET),
    "numbered properties": ("f.properties", lambda n: "".join(f"a[{i}]={i}\n" for i in range(n)), FIRST_GOES),
    "numbered properties that come": (
        "f.properties",
        lambda n: "".join(f"a[{i}]={i}\n" for i in range(n)),
        FIRST_COMES,
    ),
    "a group that goes": ("f.properties", lambda n: "".join(f"a.k{i}={i}\n" for i in range(n)), {"a": None, "z": 1}),
    "continued lines": ("f.properties", lambda n: "a=" + "\\\n" * n + "x\nz=1\n", SET),
    "a list beside a value": ("f.properties", lambda n: "a=1\na[]=" + "x," * n + "x\n", SET),
    "members": ("f.json", lambda n: "{" + "".join(f'"k{i}":{i},' for i in range(n)) + '"z":1}', SET),
    "lines of JSON": ("f.json", lambda n: '{"a": [\n' + "  {},\n" * n + '  {}\n],\n"z": 1}', FIRST_GOES),
}


def steps(path, text, patch):
    edited, steps = EditedText(path, text.encode()), count()
    changes = TreeEdit(path, edited.root)
    sys.setprofile(lambda *_: next(steps))
    try:
        apply_patch(changes, MergePatch(patch) if isinstance(patch, dict) else JsonPatch(patch))
        edited.written(changes.root)
    finally:
        sys.setprofile(None)
    return next(steps)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_edit_takes_no_more_steps_than_the_text_has_parts(shape):
    path, make, patch = SHAPES[shape]
    small, large = (steps(path, make(size), patch) for size in (50, 400))
    assert large < 11 * small
