import pytest

from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text


def edited(text, *edits):
    return edit_text("f.json", text.encode(), edits).decode()


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ('{"a": 1, "b": 2}', SetKey("a", "x"), '{"a": "x", "b": 2}'),
        ('{"a": 1}', SetKey("b.c", [1, None]), '{"a": 1, "b": {"c": [1, null]}}'),
        ('{"a":1,"b":[]}', SetKey("b[0]", {"c": 1.5}), '{"a":1,"b":[{"c":1.5}]}'),
        ('{"a.b": 1, "c": 2}', SetKey("a.n", 3), '{"a.b": 1, "a.n": 3, "c": 2}'),
        ('{\n\t"a": 1\n}\n', SetKey("b", {"c": []}), '{\n\t"a": 1,\n\t"b": {\n\t\t"c": []\n\t}\n}\n'),
        ('{\n  "a": {},\n  "b": 1\n}\n', SetKey("a.c", 1), '{\n  "a": {\n    "c": 1\n  },\n  "b": 1\n}\n'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', RemoveKey("b"), '{\n  "a": 1\n}\n'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', RemoveKey("a"), '{\n  "b": 2\n}\n'),
        ('{\r\n  "a": [1,\r\n        2]\r\n}', RemoveKey("a[1]"), '{\r\n  "a": [1]\r\n}'),
        ('{"a": {"b": 1}, "c": 2}', RemoveKey("a.b"), '{"a": {}, "c": 2}'),
        ('{"a": 1}', SetKey("a.b", 2), '{"a": 1, "a.b": 2}'),
        (
            '{\n  "l": [\n    {"a": 1.10},\n    {\n      "b":  2e3\n    }\n  ]\n}',
            RemoveKey("l[0]"),
            '{\n  "l": [\n    {\n      "b":  2e3\n    }\n  ]\n}',
        ),
        ('{"a": 1}', RemoveKey("a"), "{}"),
        ("{}", SetKey("a", 1), '{\n  "a": 1\n}'),
        ('{"a": "\\u00e9"}', SetKey("b", "é"), '{"a": "\\u00e9", "b": "\\u00e9"}'),
        ('{"a": "é"}', SetKey("b", "é"), '{"a": "é", "b": "é"}'),
        ('{"l": [1, 2, 3]}', SetKey("l", [0, 1, 3]), '{"l": [0, 1, 3]}'),
        ('{"a": "x\\"y", "b": 1}', SetKey("b", 2), '{"a": "x\\"y", "b": 2}'),
        ('{\n  "a": 1,\n  "b": 2}', SetKey("c", 3), '{\n  "a": 1,\n  "b": 2,\n  "c": 3}'),
    ],
)
def test_json_keeps_its_layout(before, edit, after):
    assert edited(before, edit) == after


def test_what_takes_the_place_of_the_last_keys_needs_no_comma_behind_it():
    text = '{\n  "a": 1,  "b": 2,\n  "c": 3\n}'
    assert edited(text, RemoveKey("c"), SetKey("n", 4)) == '{\n  "a": 1,  "b": 2, "n": 4\n}'
    assert edited('{\n  "a": 1,\n  "c": 3}', RemoveKey("c"), SetKey("n", 4)) == '{\n  "a": 1,\n  "n": 4}'
