import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, ReadLimits
from gitconfig_server.formats.reading.json_text import read_json

TEXT = st.text(st.characters(codec="utf-8"), max_size=4)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT)
NESTED = st.recursive(SCALARS, lambda child: st.lists(child, max_size=3) | st.dictionaries(TEXT, child, max_size=3))


def read(text, limits=DEFAULT_LIMITS):
    (document,) = read_json("f.json", text if isinstance(text, bytes) else text.encode(), limits)
    return document


@given(st.dictionaries(TEXT, NESTED, max_size=3), st.sampled_from([None, 1]), st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(nested, indent, ascii_only):
    text = json.dumps(nested, indent=indent, ensure_ascii=ascii_only)
    assert read(text).properties == flatten(json.loads(text))


def test_values_have_places():
    document = read('\ufeff{"a": 1,\n "b": ["x", {"c": null}], "d": [],\n "a.b": 1, "a.b ": {}}')
    assert document.places == {"a": (1, 7), "b[0]": (2, 8), "b[1].c": (2, 19), "d": (2, 32), "a.b": (3, 9)}


def test_a_second_spelling_is_remarked_upon():
    document = read('{"a.b": 1, "a": {"b": 2}}')
    assert document.properties == {"a.b": 2}
    assert [(one.rule, one.line, one.column) for one in document.remarks] == [("second-spelling", 1, 23)]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("[1]", ("json-syntax", 1, 1)),
        ("", ("json-syntax", 1, 1)),
        ('{"a": NaN}', ("json-syntax", 1, 7)),
        ('{"a": -Infinity}', ("json-syntax", 1, 7)),
        ('{"a": 1,\n "a": 2}', ("duplicate-key", 2, 2)),
        ('{"a": 1,}', ("json-syntax", 1, 9)),
        ('{"a": [1 2]}', ("json-syntax", 1, 10)),
        ('{"a" 1}', ("json-syntax", 1, 6)),
        ("{a: 1}", ("json-syntax", 1, 2)),
        ('{"a": 01}', ("json-syntax", 1, 7)),
        ('{"a": 1} {}', ("json-syntax", 1, 10)),
        ('{"a": "x\ny"}', ("json-syntax", 1, 7)),
        ('{"a": "\\ud83d"}', ("encoding", 1, 7)),
        ('{"a": 1' + "0" * 5000 + "}", ("json-syntax", 1, 7)),
        ('{"a":' * 51, ("too-deep", 1, 251)),
        (b'{"a": "\xff"}', ("encoding", 1, 8)),
    ],
)
def test_what_is_no_json_object_is_refused_with_its_place(text, refused):
    with pytest.raises(InvalidContent) as caught:
        read(text)
    assert (caught.value.rule, caught.value.line, caught.value.column) == refused


@pytest.mark.parametrize("limits", [ReadLimits(keys=2), ReadLimits(characters=100)])
def test_what_a_file_expands_to_is_bounded(limits):
    with pytest.raises(InvalidContent, match="too-large"):
        read(json.dumps({"k" * 40: [1, 2, 3, 4]}), limits)
