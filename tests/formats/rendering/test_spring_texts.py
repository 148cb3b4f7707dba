import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidInput, InvalidName
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.rendering.spring_texts import RENDERINGS, render_json, render_properties, render_yaml


def as_yaml(*sources, **options):
    return render_yaml(sources, **options).decode()


def as_json(*sources, **options):
    return render_json(sources, **options).decode()


def as_properties(*sources, **options):
    return render_properties(sources, **options).decode()


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        ([{"a.b.c": "d"}], "a:\n  b:\n    c: d\n"),
        ([{"a.b.c": "e"}, {"a.b.c": "d"}], "a:\n  b:\n    c: e\n"),
        ([{"A": "Z", "S": 3}, {"A": "Y", "S": 2, "Y": 0}], "A: Z\nS: 3\nY: 0\n"),
        ([{"a.b[0]": "c", "a.b[1]": "d"}], "a:\n  b:\n  - c\n  - d\n"),
        (
            [{"a.b[0]": "f", "a.b[1]": "h"}, {"a.b[0]": "c", "a.b[1]": "d", "a.b[2]": "z"}],
            "a:\n  b:\n  - f\n  - h\n",
        ),
        (
            [{"a.test": "e", "a.b[hello]": "c", "a.b[world]": "d", "a.b[world]d": "f"}],
            "a:\n  test: e\n  b[hello]: c\n  b[world]: d\n  b[world]d: f\n",
        ),
        ([{"document": "blah"}], "blah\n"),
        ([{"document[0]": "c", "document[1]": "d"}], "- c\n- d\n"),
        ([{"document[0].a": "c", "document[1].a": "d"}], "- a: c\n- a: d\n"),
        (
            [{"org.springframework": "WARN", "org.springframework.cloud": "ERROR"}],
            "org:\n  springframework: WARN\n  springframework.cloud: ERROR\n",
        ),
        ([{"b[0].c": "d", "b[1].c": "d"}], "b:\n- c: d\n- c: d\n"),
        ([{"x.a.b[0].c": "d", "x.a.b[1].c": "d"}], "x:\n  a:\n    b:\n    - c: d\n    - c: d\n"),
        ([], "{}\n"),
        ([{}], "{}\n"),
        ([{"spring.profiles": "x", "a.": 1}], "a:\n  ? ''\n  : 1\n"),
        ([{"a[]": 1, "a[0": 2}], "a[]: 1\na[0: 2\n"),
        ([{"n": 5, "s": "5", "f": 1e10, "t": True, "e": ""}], "n: 5\ns: '5'\nf: 1.0E10\nt: true\ne: ''\n"),
    ],
)
def test_yaml(sources, text):
    assert as_yaml(*sources) == text


def test_lists_of_any_depth():
    source = {"a.b[0].c": "x", "a.b[2].e[0].d": "z", "a.b[0].d[2]": "yy", "a.b[0].d[0]": "xx", "a.b[2].c": "y"}
    source |= {"a.b[3][0]": "r", "a.b[3][1]": "s"}
    expected = [{"c": "x", "d": ["xx", None, "yy"]}, None, {"e": [{"d": "z"}], "c": "y"}, ["r", "s"]]
    assert yaml.safe_load(as_yaml(source)) == json.loads(as_json(source)) == {"a": {"b": expected}}


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        (
            [{"a.b[0].c": "x", "a.b[0].d[0]": "xx", "a.b[0].d[1]": "yy", "a.b[1].c": "y", "a.b[1].e[0].d": "z"}],
            '{"a":{"b":[{"c":"x","d":["xx","yy"]},{"c":"y","e":[{"d":"z"}]}]}}',
        ),
        ([], "{}"),
        ([{"document": 42}], '{"document":42}'),
        ([{"f": 1e10, "g": 1.5, "i": 10**30, "t": True}], f'{{"f":1.0E10,"g":1.5,"i":{10**30},"t":true}}'),
        ([{"x[2]": "late"}], '{"x":[null,null,"late"]}'),
        ([{'k"': 'a"b\\c\n\t\x1bé\u2028😀/'}], '{"k\\"":"a\\"b\\\\c\\n\\t\\u001Bé\u2028😀/"}'),
        ([{"half": "\ud83d"}], '{"half":"?"}'),
        (
            [{"org": "W", "org.spring": "I", "org.spring.boot": "D"}],
            '{"org":"W","org.spring":"I","org.spring.boot":"D"}',
        ),
    ],
)
def test_json(sources, text):
    assert as_json(*sources) == text


def test_properties_are_lines_without_escapes_or_an_end():
    source = {"a": "x=y", "b": 1.0e7, "c": True, "d": "", "e": "one\ntwo\n", "[1]": "odd", "a..b": 1}
    assert as_properties(source) == "a: x=y\nb: 1.0E7\nc: true\nd: \ne: one\ntwo\n\na..b: 1\n[1]: odd"
    assert as_properties() == ""


@pytest.mark.parametrize("value", ["bar", "${foo}"])
def test_placeholders_take_their_values_from_all_sources(value):
    sources, resolve = ({"a.b.c": "${foo}"}, {"foo": "bar"}), value == "bar"
    assert as_yaml(*sources, resolve=resolve) == f"foo: bar\na:\n  b:\n    c: {value}\n"
    assert as_json(*sources, resolve=resolve) == f'{{"foo":"bar","a":{{"b":{{"c":"{value}"}}}}}}'
    assert as_properties(*sources, resolve=resolve) == f"foo: bar\na.b.c: {value}"


def test_values_of_the_process_are_never_taken(monkeypatch):
    monkeypatch.setenv("foo", "bar")
    assert as_yaml({"a": "${foo}", "b": "${foo:spam}"}) == "a: ${foo}\nb: spam\n"


def test_values_of_several_lines_stay_whole():
    source = {"multiline": "line1\nline2\nline3\n", "ref": "${multiline}"}
    expected = dict.fromkeys(source, "line1\nline2\nline3\n")
    assert yaml.safe_load(as_yaml(source)) == json.loads(as_json(source)) == expected


def test_keys_are_filled_in_and_blanks_belong_to_a_key():
    source = {"foo": "bar", "key.${foo}": "kv", "sp": "${ foo }", "n": "${port}", "port": 8080}
    assert as_properties(source) == "foo: bar\nkey.bar: kv\nsp: ${ foo }\nn: 8080\nport: 8080"
    nested = {"foo": "bar", "key": {"bar": "kv"}, "sp": "${ foo }", "n": "8080", "port": 8080}
    assert json.loads(as_json(source)) == nested
    assert as_yaml({"x": "q", "${x}/y": 1}) == "x: q\nq/y: 1\n"


@pytest.mark.parametrize("text", ["8080", "-3", "1.50", "0", "true", "false", "True", "FALSE"])
def test_a_number_or_boolean_that_is_filled_in_keeps_its_type_in_yaml(text):
    assert as_yaml({"v": f"${{V:{text}}}"}) == f"v: {text}\n"
    assert as_json({"v": f"${{V:{text}}}"}) == f'{{"v":"{text}"}}'
    assert as_yaml({"v": text}) == f"v: '{text}'\n"


@pytest.mark.parametrize("text", ["0755", "yes", "null", "1e5", "1_000", "0x1F", "2020-01-01", "~", "12:30"])
def test_what_yaml_readers_disagree_about_stays_text(text):
    assert yaml.safe_load(as_yaml({"v": f"${{V:{text}}}"})) == {"v": text}


def test_what_is_no_finite_number_is_so_in_yaml():
    values = flatten({"a": float("inf"), "b": float("-inf"), "c": float("nan"), "d": "Infinity"})
    assert as_yaml(values) == "a: .inf\nb: -.inf\nc: .NaN\nd: Infinity\n"
    assert json.loads(as_json(values)) == {"a": "Infinity", "b": "-Infinity", "c": "NaN", "d": "Infinity"}


@pytest.mark.parametrize("key", ["a..b", ".a", "a[0]x", "[1]"])
def test_a_key_without_a_nested_form_is_named(key):
    for render in (render_yaml, render_json):
        with pytest.raises(InvalidName) as caught:
            render([{key: 1}])
        assert caught.value.name == key
    assert as_properties({key: 1}) == f"{key}: 1"


@pytest.mark.parametrize(("value", "text"), [(42, "'42'\n"), ("a", "a\n")])
def test_a_document_that_is_no_map_loses_its_key_where_that_is_wanted(value, text):
    assert as_yaml({"document": value}) == text
    assert as_yaml({"document": value}, strip_document=False) == f"document: {value}\n"
    assert as_yaml({"document": value}, {"a": 1}) == f"a: 1\ndocument: {value}\n"
    assert as_yaml({"document.a": 1}) == "!!str\na: 1\n"


def test_a_cycle_is_an_error_in_each_form():
    for render in (render_yaml, render_json, render_properties):
        with pytest.raises(InvalidInput, match="b -> a -> b"):
            render([{"a": "${b}", "b": "${a}"}])


NAMES = st.text("abc-_ é", min_size=1, max_size=3).filter(str.strip)
SCALARS = st.text("ab1 :#'\"\n\té-~😀", max_size=8) | st.integers() | st.booleans()
NESTED = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda child: st.lists(child, min_size=1, max_size=3) | st.dictionaries(NAMES, child, min_size=1, max_size=3),
    ),
    max_size=4,
)


@given(NESTED)
def test_what_is_rendered_reads_back(nested):
    flat = flatten(nested)
    expected = unflatten(flat)
    assert yaml.safe_load(as_yaml(flat)) == expected
    assert json.loads(as_json(flat)) == expected


WILD = st.text("ab.[]01${}: \\\n\x01\ud800", max_size=12)


@given(st.lists(st.dictionaries(WILD, WILD | st.integers() | st.floats(allow_nan=False)), max_size=2))
def test_nothing_but_our_errors_is_raised(sources):
    for render in set(RENDERINGS.values()):
        with suppress(InvalidInput):
            assert isinstance(render(sources), bytes)
