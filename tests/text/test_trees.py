"""A configuration as people read it."""

import json

from hypothesis import given
from support.data_trees import trees

from gitconfig_server.telnet.words import split_words
from gitconfig_server.text.trees import as_json, as_sets, in_braces


def test_braces():
    data = {
        "server": {"port": 7000, "name": "a b"},
        "empty": {},
        "tags": [1, "x"],
        "steps": [{"a": 1}],
        "10.0.0.1": None,
    }
    assert list(in_braces(data)) == [
        "server {",
        "    port 7000;",
        '    name "a b";',
        "}",
        "empty {};",
        'tags [1, "x"];',
        'steps [{"a": 1}];',
        "10.0.0.1 null;",
    ]


@given(trees)
def test_set_lines_say_all_and_read_back(data):
    again: dict = {}
    for line in as_sets(data):
        verb, *path, value = split_words(line)
        assert verb.text == "set"
        node = again
        for word in path[:-1]:
            node = node.setdefault(word.text, {})
        node[path[-1].text] = _value(value)
    assert again == data
    assert json.loads("\n".join(as_json(data))) == data


def _value(word):
    if word.is_json or not word.quoted:
        try:
            return json.loads(word.text)
        except ValueError:
            pass
    return word.text
