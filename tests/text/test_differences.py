"""How differences look."""

from gitconfig_server.model.history import FileChange, KeyChange, Op
from gitconfig_server.text.differences import key_lines, painted, values_apart


def change(key, op, old, new):
    return KeyChange("orders", "prod", "orders.yml", None, key, op, old, new)


def test_a_line_a_key_then_files_without_keys():
    changes = [
        change("a", Op.ADD, None, 1),
        change("b", Op.REMOVE, "x", None),
        change("c", Op.CHANGE, 8081, "8081"),
    ]
    files = [FileChange("orders.yml", Op.CHANGE, "orders", "prod"), FileChange("x.bin", Op.REMOVE, "", "", "no text")]
    assert list(key_lines(changes, files)) == ["+ a: 1", "- b: x", '~ c: 8081 -> "8081"', "- x.bin: no text"]


def test_empty_maps_and_lists_null_and_text_like_them_are_told_apart():
    changes = [
        change("a", Op.ADD, None, {}),
        change("b", Op.ADD, None, "{}"),
        change("c", Op.ADD, None, None),
        change("d", Op.REMOVE, "null", None),
        change("e", Op.CHANGE, None, ""),
        change("f", Op.CHANGE, [], {}),
        change("g", Op.CHANGE, 0, None),
    ]
    lines = ["+ a: {}", '+ b: "{}"', "+ c: null", '- d: "null"', "~ e: null -> ", "~ f: [] -> {}", "~ g: 0 -> null"]
    assert list(key_lines(changes)) == lines


def test_signs_have_colors():
    assert painted("+ a: 1") == "\x1b[32m+ a: 1\x1b[0m"
    assert painted("- a: 1").startswith("\x1b[31m")
    assert painted("~ a: 1").startswith("\x1b[33m")
    assert painted("no differences") == "no differences"


def test_values_that_look_alike_are_told_apart():
    assert values_apart(change("port", Op.CHANGE, 8081, "8081")) == ("8081", '"8081"')
    assert values_apart(change("port", Op.CHANGE, 8081, "x")) == ("8081", "x")
    assert values_apart(change("port", Op.ADD, None, "")) == ("", "")
    assert values_apart(change("port", Op.CHANGE, None, "null")) == ("null", '"null"')
