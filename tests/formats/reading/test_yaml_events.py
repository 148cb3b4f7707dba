import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.formats.reading.yaml_events import open_events
from gitconfig_server.model.environments import Position


def read(text):
    documents = parse("a.yml", text.encode() if isinstance(text, str) else text)
    return documents[0].properties if documents else {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\uD83D\\uDE00 \\udbff\\udfff\\uDAAA\\uDcCc"', "😀 \U0010ffff\U000ba8cc"),
        ('"\\\\\\ud83d\\ude00"', "\\😀"),
        ('"\\\\ud83d\\\\ude00"', "\\ud83d\\ude00"),
        ("'\\ud83d\\ude00'", "\\ud83d\\ude00"),
        ("\\uD83D\\uDEaA \\udAa0\\uDFFF", "\\uD83D\\uDEaA \\udAa0\\uDFFF"),
    ],
)
def test_two_halves_are_one_character_in_double_quotes_alone(text, value):
    assert read(f"a: {text}\nb: &x 1\nc: *x\n") == {"a": value, "b": 1, "c": 1}


def test_places_behind_them_stay_true():
    (document,) = parse("a.yml", b'{a: "\\ud83d\\ude00", b: 2}')
    assert document.positions["b"] == Position(1, 24)


@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\ude00\\ud83d"', '"\\\\ud83d\\ude00"', '"\\ud83d \\ude00"'])
def test_half_a_character_is_refused(text):
    with pytest.raises(InvalidContent, match="Unicode"):
        read(f"a: {text}")


def test_a_text_with_stand_ins_of_its_own_is_shown_as_it_is():
    with pytest.raises(InvalidContent, match="Unicode"):
        read('a: "\\ud83d\\ude00"\nb: \ue03d')


TEXTS = st.text(st.sampled_from("a\\u😀𝄞\U0010fffd\ue000\"' \n") | st.characters(codec="utf-8"), max_size=12)


@given(st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_what_a_json_encoder_writes_reads_as_by_pyyaml(nested):
    text = json.dumps(nested)
    if "\\ue" not in text:
        events = open_events(text)
        found = [one.value for one in iter(events, None) if isinstance(one, yaml.ScalarEvent)]
        assert found == [part for pair in nested.items() for part in pair]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.yml", "a.json"])
def test_utf16_with_a_mark_is_read(encoding, name):
    content = '\ufeff{"a": "é😀"}\n'.encode(encoding)
    assert parse(name, content)[0].properties == {"a": "é😀"}
    with pytest.raises(InvalidContent, match="not UTF-16"):
        parse(name, content[:-1])
