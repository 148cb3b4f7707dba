"""What SnakeYAML writes was recorded (`tests/spring/data`), or read off SnakeYAML 2.5 where a test spells it out."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from spring.make_repos import DATA

from gitconfig_server.formats.rendering.snake_yaml import dump, dump_as_text

ROWS = [json.loads(line) for line in (DATA / "yaml_scalars.jsonl").read_bytes().splitlines()]
LATER = {"byte[]": "binary is read as its base64 text, so that it is text when it is written"}


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_scalars_are_written_as_by_snakeyaml(row):
    value = float(row["value"]) if row["type"] == "Double" else row["value"]
    if row["type"] in LATER:
        value = bytes([1, 2, 3]).decode()  # what SnakeYAML writes as binary when it is text
    assert dump({"k": value}) == row["yaml"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({}, "{}\n"),
        ({"a": {"b": {"c": "d"}}}, "a:\n  b:\n    c: d\n"),
        ({"a": {"b": ["c", "d"]}}, "a:\n  b:\n  - c\n  - d\n"),
        ({"b": [{"c": 1, "d": 2}, {"c": 3}]}, "b:\n- c: 1\n  d: 2\n- c: 3\n"),
        ({"a": [[1, 2], [3], []]}, "a:\n- - 1\n  - 2\n- - 3\n- []\n"),
        ({"a": [{"b": [{"c": "d"}]}, None]}, "a:\n- b:\n  - c: d\n- null\n"),
        ({"a": {}, "b": []}, "a: {}\nb: []\n"),
        ({"a": {"": 1}}, "a:\n  ? ''\n  : 1\n"),
        ({"": {"a": 1, "b": [2]}}, "? ''\n: a: 1\n  b:\n  - 2\n"),
        ({"": [1, {"a": 2}]}, "? ''\n: - 1\n  - a: 2\n"),
        ({"a\nb": {"c": "d\ne"}}, "? |-\n  a\n  b\n: c: |-\n    d\n    e\n"),
        ({"x": {"k" * 122: 1}}, f"x:\n  {'k' * 122}: 1\n"),
        ({"x": {"k" * 123: 1}}, f"x:\n  ? {'k' * 123}\n  : 1\n"),
        ({"yes": 1, "1": 2, "a: b": 3}, "'yes': 1\n'1': 2\n'a: b': 3\n"),
        ({"\x01": 1}, '!!binary "AQ==": 1\n'),
        (["a", {"b": 1}], "- a\n- b: 1\n"),
    ],
)
def test_collections_are_written_in_block_style(content, text):
    assert dump(content) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("txt only", "txt only\n"),
        (42, "'42'\n"),
        (True, "'true'\n"),
        (1.5e10, "'1.5E10'\n"),
        ("", "''\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ({"a": 1}, "!!str\na: 1\n"),
    ],
)
def test_a_document_that_is_neither_map_nor_list_is_text(content, text):
    assert dump_as_text(content) == text


WORDS = "aaaaaaaaa " * 9
TAB = "\\t"
FACE = "\N{GRINNING FACE} "


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"{WORDS}b", f"k: {'aaaaaaaaa ' * 7}aaaaaaaaa\n  aaaaaaaaa b\n"),
        (f"{WORDS}  b", f"k: {'aaaaaaaaa ' * 7}aaaaaaaaa\n  aaaaaaaaa   b\n"),
        (f"'{WORDS}'b", f"k: '''{'aaaaaaaaa ' * 7}aaaaaaaaa\n  aaaaaaaaa ''b'\n"),
        (f"{WORDS}", f"k: '{'aaaaaaaaa ' * 7}aaaaaaaaa\n  aaaaaaaaa '\n"),
        (f"\t{WORDS}b", f'k: "{TAB}{"aaaaaaaaa " * 7}aaaaaaaaa\\\n  \\ aaaaaaaaa b"\n'),
        ("\t" * 45, f'k: "{TAB * 39}\\\n  {TAB * 6}"\n'),
        (FACE * 30, f"k: '{FACE * 25}{FACE.strip()}\n  {FACE * 4}'\n"),
    ],
    ids=["plain", "two-blanks", "quoted", "blank-at-end", "escaped", "tabs", "wide"],
)
def test_long_lines_are_folded(value, text):
    assert dump({"k": value}) == text


KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=150)
SCALARS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x85\u2028\u2029"), max_size=200),
    st.lists(st.sampled_from(["yes", "1e3", "~", "- a", "word", "it's", '"', "\\", "#", ": ", "\n", " "])).map("".join),
    st.integers(),
    st.booleans(),
    st.none(),
)
CONTENT = st.dictionaries(
    KEYS,
    st.recursive(SCALARS, lambda child: st.lists(child, max_size=4) | st.dictionaries(KEYS, child, max_size=4)),
    max_size=5,
)


@given(CONTENT.filter(lambda content: "'='" not in repr(content)))  # which PyYAML does not read
def test_what_is_written_reads_back(content):
    assert yaml.safe_load(dump(content)) == _read_back(content)


def _read_back(content):
    """Text that YAML cannot hold is binary, which PyYAML reads as bytes."""
    if isinstance(content, dict):
        return {_read_back(key): _read_back(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_read_back(one) for one in content]
    unprintable = isinstance(content, str) and any(
        one not in "\t\n\r\x85" and not " " <= one <= "~" and (one < "\xa0" or one in "\ufffe\uffff") for one in content
    )
    return content.encode() if unprintable else content
