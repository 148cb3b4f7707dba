"""What is shown in braces can be pasted again."""

import pytest
from hypothesis import given
from support.data_trees import trees

from gitconfig_server.errors import InvalidInput
from gitconfig_server.text.braces import read_braces
from gitconfig_server.text.trees import in_braces


@given(trees)
def test_what_is_written_reads_back(tree):
    assert read_braces("\n".join(in_braces(tree))) == tree


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", {}),
        ("server { port 7000; }", {"server": {"port": 7000}}),
        (
            "system host-name r1;\nsystem { services { ssh; } }",
            {"system": {"host-name": "r1", "services": {"ssh": {}}}},
        ),
        ("a [ b 2 ]; c [1, 2]; d [ ];", {"a": ["b", 2], "c": [1, 2], "d": []}),
        ('/* both */ a "x y"; # kinds\nb { } ## of comments', {"a": "x y", "b": {}}),
        ('a {"x": [null]}\nb null; c 0755; d true;', {"a": {"x": [None]}, "b": None, "c": "0755", "d": True}),
    ],
)
def test_what_a_hand_writes(text, data):
    assert read_braces(text) == data


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a {\n b 1;", "line 2: } is expected, not 'the end'"),
        ("a 1;\n}", "line 2: a brace too many"),
        ("a 1;\na 2;", "line 2: a stands there twice"),
        ("a 1;\na b 2;", "line 2: a is a value, and something stands beneath it"),
        ('a "x', "line 1: a quote is left open"),
        ("a 1", "line 1: "),
        ("a {" * 200, "line 1: nested more than 100 deep"),
        ("{ ; }", "line 1: a name or value is expected, not '{'"),
    ],
)
def test_faults_name_their_line(text, told):
    with pytest.raises(InvalidInput) as caught:
        read_braces(text)
    assert str(caught.value).startswith(told)
