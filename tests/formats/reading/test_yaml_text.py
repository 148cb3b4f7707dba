import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, ReadLimits
from gitconfig_server.formats.reading.yaml_text import read_yaml

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=4)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT)
NESTED = st.recursive(SCALARS, lambda child: st.lists(child, max_size=3) | st.dictionaries(TEXT, child, max_size=3))


def read(text, limits=DEFAULT_LIMITS):
    return read_yaml("f.yml", text if isinstance(text, bytes) else text.encode(), limits)


def only(text):
    (document,) = read(text)
    return document.properties


def refusal(text, limits=DEFAULT_LIMITS):
    with pytest.raises(InvalidContent) as caught:
        read(text, limits)
    return caught.value.rule, caught.value.line, caught.value.column


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("a: {b: 1}\nc: [x, {y: ~}]\n", {"a.b": 1, "c[0]": "x", "c[1].y": ""}),
        ("1: a\non: b\n~: c\n1.50: d\n'2': e\n", {"[1]": "a", "[true]": "b", "[null]": "c", "[1.5]": "d", "2": "e"}),
        ("a: []\nb: {}\nc: [{}, x]\n", {"a": "", "c[1]": "x"}),
        ("d: 2020-01-02\ne: =\nf: 1e3\ng: .inf\n", {"d": "2020-01-02", "e": "=", "f": 1000.0, "g": "Infinity"}),
        ("just text", {"document": "just text"}),
        ("- a\n- b: 1\n", {"document[0]": "a", "document[1].b": 1}),
        ("\ufeffa: 1", {"a": 1}),
        (
            "s: !!set {a, 1}\ne: !!set {}\no: !!omap [a: 1, b: 2]\n",
            {"s[0]": "a", "s[1]": 1, "e": "", "o.a": 1, "o.b": 2},
        ),
        (
            "b: !!binary aGVsbG8=\ns: !!str 1\nn: ! 12\nm: ! {x: '1'}\n",
            {"b": "aGVsbG8=", "s": "1", "n": 12, "m.x": "1"},
        ),
        ("a: &x 1\nb: *x\n*x : c\n", {"a": 1, "b": 1, "[1]": "c"}),
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
    ],
)
def test_yaml_is_read_as_spring_reads_it(text, properties):
    assert repr(only(text)) == repr(properties)


def test_merge_keys_give_way_to_own_keys_and_keep_their_place():
    text = "b: &b {x: 1, y: 2}\nc: &c {y: 8, z: 9}\nu: {w: 0, <<: [*b, *c], y: 3}\n'<<': plain\n"
    assert list(only(text).items())[4:] == [("u.w", 0), ("u.x", 1), ("u.y", 3), ("u.z", 9), ("<<", "plain")]


def test_documents_that_hold_nothing_do_not_count():
    assert [one.properties for one in read("---\n---\nk: 1\n---\n~\n---\n{}\n---\n''\n--- # c\n...\n")] == [
        {"k": 1},
        {},
    ]
    assert read("") == read("# only a comment\n") == []


def test_values_have_places():
    (document,) = read("a: 1\nb:\n  - x\n  - {y: 'é', z: }\nc: &q\n  d: two\ne: *q\n")
    assert document.places == {
        "a": (1, 4),
        "b[0]": (3, 5),
        "b[1].y": (4, 9),
        "b[1].z": (4, 16),
        "c.d": (6, 6),
        "e.d": (6, 6),
    }


def test_a_second_spelling_is_remarked_upon_and_wins():
    (document,) = read("db.url: one\ndb:\n  url: two\n")
    assert document.properties == {"db.url": "two"}
    (remark,) = document.remarks
    assert (remark.rule, remark.key, remark.line, remark.column) == ("second-spelling", "db.url", 3, 8)
    assert "line 1" in remark.detail


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("a: 1\na: 2\n", ("duplicate-key", 2, 1)),
        ("m: {true: 1, on: 2}\n", ("duplicate-key", 1, 14)),
        ("m: !!set {a, a}\n", ("duplicate-key", 1, 14)),
        ("a: [1\n", ("yaml-syntax", 2, 1)),
        ("a: 1\n b: 2\n", ("yaml-syntax", 2, 3)),
        ("a: 1\nb: *x\n", ("yaml-syntax", 2, 4)),
        ("k: \t1\n", ("yaml-syntax", 1, 4)),
        ("a: 'x'\t# c\n", ("yaml-syntax", 1, 7)),
        ("a: x\x01\n", ("yaml-syntax", 1, 5)),
        ("é: 1\nb: é\x00\n", ("yaml-syntax", 2, 5)),
        ("a: !foo 1\n", ("unknown-tag", 1, 4)),
        ("!foo\na: 1\n", ("unknown-tag", 1, 1)),
        ("a: !!seq {}\n", ("unknown-tag", 1, 4)),
        ("a: !!omap [1]\n", ("unknown-tag", 1, 4)),
        ("a: !!int x\n", ("yaml-scalar", 1, 4)),
        ("a: 1" + "0" * 5000, ("yaml-scalar", 1, 4)),
        ("? [a]\n: 1\n", ("complex-key", 1, 3)),
        ("<<: 1\n", ("yaml-merge", 1, 1)),
        ("a: &a [*a]\n", ("alias-cycle", 1, 8)),
        (b"a: 1\nb: \xe9\n", ("encoding", 2, 4)),
        (b"\xff\xfea\0:", ("encoding", 1, 2)),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, refused):
    assert refusal(text) == refused


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a: 1\nb: !vault |\n  $ANSIBLE_VAULT\n",
            "tag !vault is not known here, nor to Spring: write the value as text",
        ),
        ("a: 1\nb: !!python/none x\n", "tag !!python/none is"),
        ("a: 1\nb: !reference [x]\n", "tag !reference is not known here, nor to Spring: a list has none"),
        ("a: 1\nb: !Sub {x: 1}\n", "tag !Sub is not known here, nor to Spring: a map has none"),
    ],
)
def test_a_tag_that_is_not_known_is_named_with_the_way_out(text, told):
    with pytest.raises(InvalidContent, match=f"f.yml:2:4: {told}"):
        read(text)


@pytest.mark.parametrize("text", ["a: 'x\ty'\nb: x\ty\nc: 1\t\n# \t\nd: |\n  x\ty\n", "a: [b\t, c]\n", "a: x #\ty\n"])
def test_tabs_inside_tokens_and_comments_do_no_harm(text):
    assert read(text)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000, "a: " + "[" * 50 + "]" * 50]
)
def test_nesting_is_bounded_before_it_costs(text):
    assert refusal(text)[0] == "too-deep"


def test_nesting_of_fifty_is_read_and_aliases_do_not_deepen_it():
    assert read("[" * 50 + "1" + "]" * 50)
    deep = "x: &x " + "[" * 40 + "1" + "]" * 40 + "\ny: " + "[" * 40 + "*x" + "]" * 40
    assert refusal(deep)[0] == "too-deep"


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    ("text", "limits", "rule"),
    [
        (BOMB, DEFAULT_LIMITS, "too-large"),
        ("a: &a [1]\nb: [*a, *a, *a]\n", ReadLimits(aliases=2), "too-many-aliases"),
        ("a: &a {x: 1}\nb:\n" + "  <<: *a\n" * 9, ReadLimits(keys=8), "too-large"),
        ("a: &a xxxxxxxxxx\nb: [*a, *a, *a]\n", ReadLimits(characters=30), "too-large"),
        ("? " + "k" * 40 + "\n: [1, 2, 3]\n", ReadLimits(characters=100), "too-large"),
        ("[1, 2, 3, 4]", ReadLimits(keys=3), "too-large"),
        ("a\n---\n" * 4, ReadLimits(documents=3), "too-large"),
        ("a: &a [1, 2]\nb: *a\n---\n" * 3, ReadLimits(keys=11), "too-large"),
        (("k" * 40 + ": [1, 2]\n---\n") * 3, ReadLimits(characters=200), "too-large"),
    ],
)
def test_what_a_file_expands_to_is_bounded(text, limits, rule):
    assert refusal(text, limits)[0] == rule


@given(st.dictionaries(TEXT, NESTED, max_size=3).filter(lambda one: sum(not key.strip() for key in one) < 2))
def test_what_pyyaml_writes_is_read_back(nested):
    text = yaml.dump(nested, Dumper=yaml.CSafeDumper, allow_unicode=True)
    (document,) = read(text)
    assert document.properties == flatten(nested)
