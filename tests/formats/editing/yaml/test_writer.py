import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.formats.editing.nodes import new_mark
from gitconfig_server.formats.editing.tree import node_of
from gitconfig_server.formats.editing.yaml.writer import YamlWriter, scalar_text
from gitconfig_server.formats.reading.formats import parse

TRICKY = st.text("ab01e.:+-_ #,[]{}?!&*|>'\"%@`=<~\\/yYnNoOfF\n\t\x85\u2028é😀", max_size=12)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("http://h:1/p#x", "http://h:1/p#x"),
        ("-Xmx1g", "-Xmx1g"),
        ("é😀", "é😀"),
        ("", "''"),
        ("yes", "'yes'"),
        ("010", "'010'"),
        ("1e3", "'1e3'"),
        ("1:30", "'1:30'"),
        ("~", "'~'"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("a:", "'a:'"),
        (" a", "' a'"),
        ("- a", "'- a'"),
        ("it's", "it's"),
        ("'", "''''"),
        ("a\nb", '"a\\nb"'),
        ("\x7f\u2028\ufeff", '"\\u007f\\u2028\\ufeff"'),
        ("2020-01-02", "2020-01-02"),
        ("1" * 2000, f"'{'1' * 2000}'"),
        (None, "null"),
        (True, "true"),
        (10**30, "1" + "0" * 30),
        (1e22, "1e+22"),
        (-0.0, "-0.0"),
    ],
)
def test_a_scalar_has_quotes_where_it_needs_them(value, text):
    assert scalar_text(value) == text


def test_quotes_are_kept_where_they_can_be():
    assert (scalar_text("x", "'"), scalar_text("x", '"'), scalar_text(1, "'")) == ("'x'", '"x"', "1")
    assert (scalar_text("a, b"), scalar_text("a, b", flow=True)) == ("a, b", "'a, b'")
    assert scalar_text("x\ny", "'") == '"x\\ny"'


@given(text=TRICKY, column=st.integers(0, 4), style=st.sampled_from(["", "'", '"', "|", ">"]))
def test_any_text_reads_back_wherever_it_stands(text, column, style):
    head, tail = YamlWriter().value(new_mark(node_of(text)), column, item=False, style=style)
    inline = scalar_text(text, style, flow=True)
    content = "\n".join([f"{' ' * column}a: {head}", *tail, f"{' ' * column}b: {{c: {inline}, d: [{inline}]}}", ""])
    (document,) = parse("f.yml", content.encode())
    assert document.properties == {"a": text, "b.c": text, "b.d[0]": text}


def test_blanks_without_end_cost_no_time():
    assert scalar_text("a" + " " * 1_000_000 + "b") == "a" + " " * 1_000_000 + "b"
