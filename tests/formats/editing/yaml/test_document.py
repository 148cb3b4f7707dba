import pytest

from gitconfig_server.errors import InvalidEdit, SharedAnchor
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text, replace_text


def edited(text, *edits):
    return edit_text("f.yml", text.encode(), edits).decode()


def refusal(text, *edits):
    with pytest.raises(InvalidEdit) as caught:
        edited(text, *edits)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        ("a: 1 # c\nb: 2\n", "a", 5, "a: 5 # c\nb: 2\n"),
        ("a: 'x' # c\n", "a", "it's", "a: 'it''s' # c\n"),
        ('a: "x"\n', "a", "y", 'a: "y"\n'),
        ("a: x\n", "a", "yes", "a: 'yes'\n"),
        ("a: !!str 1\n", "a", 2, "a: 2\n"),
        ("db.url: x # c\n", "db.url", "y", "db.url: y # c\n"),
        ("{db: {url: x}}\n", "db.url", "y", "{db: {url: y}}\n"),
        ("1: x\non: y\n'[p.q]': z\n", "[true]", "n", "1: x\non: n\n'[p.q]': z\n"),
        ("1: x\non: y\n'[p.q]': z\n", "[p.q]", "n", "1: x\non: y\n'[p.q]': n\n"),
        ("l:\n- a # c\n- b\n", "l[0]", "n", "l:\n- n # c\n- b\n"),
        ("a: foo\n  bar # c\n", "a", 1, "a: 1 # c\n"),
        ("a: | # c\n    one\n\n    two\nb: 1\n", "a", "one\n\n2\n", "a: | # c\n    one\n\n    2\nb: 1\n"),
        ("a: >\n  one\nb: 1\n", "a", "two\n", "a: >\n  two\nb: 1\n"),
        ("a: |\n  one\nb: 1\n", "a", 7, "a: 7\nb: 1\n"),
        ("a: x # c\n", "a", "1\n2", "a: |- # c\n  1\n  2\n"),
        ("a: x\n  # below\n", "a", "1\n2", 'a: "1\\n2"\n  # below\n'),
        ("a: [x, y] # c\n", "a", "n", "a: n # c\n"),
        ("a: # c\n  b: 1\n  c: 2\n# d\n", "a", "n", "a: n # c\n# d\n"),
        ("a: 1 # c\nd: 2\n", "a", {"b": {"c": 1}}, "a: # c\n  b:\n    c: 1\nd: 2\n"),
        ("a:\n    b: 1\nc: 1\n", "c", {"d": [1]}, "a:\n    b: 1\nc:\n    d:\n        - 1\n"),
        ("a: 1\n", "a", {}, "a: {}\n"),
        ("a: 1\n", "a", [], "a: []\n"),
        ("a: 1\n", "a", None, "a: null\n"),
        ("a: 'x'# c\n", "a", 1, "a: 1 # c\n"),
        ("? a\n: 1 # c\n", "a", 2, "? a\n: 2 # c\n"),
        ("? a\nb: 1\n", "a", 2, "? a\n: 2\nb: 1\n"),
        ("- a: 1 # c\n  b: 2\n", "document[0]", 5, "- 5\n"),
        ("just text # c\n", "document", "else", "else # c\n"),
        ("x.y: 1\nx: {y: 2}\n", "x.y", 3, "x.y: 1\nx: {y: 3}\n"),
        ("s: !!set {a, b} # c\n", "s[1]", "n", "s: # c\n  - a\n  - n\n"),
    ],
)
def test_a_new_value_stands_where_the_old_one_stood(before, key, value, after):
    assert edited(before, SetKey(key, value)) == after


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        ("a:\n  b: 1\n  # c\n\n# d\ne: 1\n", "a.n", 2, "a:\n  b: 1\n  # c\n  n: 2\n\n# d\ne: 1\n"),
        ("a: 1\n\n# end\n", "n", 2, "a: 1\nn: 2\n\n# end\n"),
        ("a: 1", "n", 2, "a: 1\nn: 2\n"),
        ("a: |\n  x", "n", 2, "a: |-\n  x\nn: 2\n"),
        ("a: |+\n  x\n\nb: 1\n", "n", 2, "a: |+\n  x\n\nb: 1\nn: 2\n"),
        ("a: {b: 1} # c\n", "a.n", 2, "a: {b: 1, n: 2} # c\n"),
        ("a: {\n  b: 1, # c\n  d: 2 # e\n}\n", "a.n", 3, "a: {\n  b: 1, # c\n  d: 2, # e\n  n: 3\n}\n"),
        ("a: [x,]\n", "a[1]", "y", "a: [x, y,]\n"),
        ("a: [b: 1]\n", "a[0].n", 2, "a: [{b: 1, n: 2}]\n"),
        ("a: {} # c\n", "a.n", 2, "a: # c\n  n: 2\n"),
        ("a: []\n", "a[0]", 2, "a:\n  - 2\n"),
        ("a:\n  # soon\nb: 1\n", "a.n.m", 2, "a:\n  n:\n    m: 2\n  # soon\nb: 1\n"),
        ("l:\n- a\n# b\nb: 1\n", "l[1]", "n", "l:\n- a\n- n\n# b\nb: 1\n"),
        ("l:\n    - a\n", "l[1]", {"x": 1, "y": 2}, "l:\n    - a\n    - x: 1\n      y: 2\n"),
        ("- a\n", "document[1].x", 1, "- a\n- x: 1\n"),
        ("s.a: 1\ns.b: 2\nt: 3\n", "s.n.m", 4, "s.a: 1\ns.b: 2\ns.n.m: 4\nt: 3\n"),
        ("s.a: 1\ns: {b: 2}\n", "s.n", 4, "s.a: 1\ns: {b: 2, n: 4}\n"),
        ("s.a: 1\n", "t.u", 4, "s.a: 1\nt.u: 4\n"),
        ("'a': 1\n\"b\": 'x'\n", "n", "y", "'a': 1\n\"b\": 'x'\n\"n\": 'y'\n"),
        ("1: a\n", "[2]", "b", "1: a\n2: b\n"),
        ("a: 1\n", "m[x.y].z", "b", "a: 1\nm:\n  '[x.y]':\n    z: b\n"),
        ("a: 1\r\nb:\r\n  c: 1\r\n", "b.n", "x\ny\n", "a: 1\r\nb:\r\n  c: 1\r\n  n: |\r\n    x\r\n    y\r\n"),
        ("# only\n", "a.b", 1, "# only\na:\n  b: 1\n"),
        ("~\n", "a", 1, "a: 1\n"),
        ("a: 1\n", "a.b", 2, "a: 1\na.b: 2\n"),
        ("l: {a: w, a.k/n: w}\n", "l.a.k/p", "x", "l: {a: w, a.k/n: w, a.k/p: x}\n"),
        ("l: {a.k/n: w}\n", "l.a", "x", "l: {a.k/n: w, a: x}\n"),
        ("l: {}\n", "l.a.k/n", "x", "l:\n  a.k/n: x\n"),
        ("--- {} # c\n", "a.b", 1, "--- \na:\n  b: 1 # c\n"),
        ("a:\n  p.q: 1\n...\n# c\n", "a.p.n", 2, "a:\n  p.q: 1\n  p.n: 2\n...\n# c\n"),
    ],
)
def test_a_new_key_stands_below_its_siblings_and_looks_like_them(before, key, value, after):
    assert edited(before, SetKey(key, value)) == after


@pytest.mark.parametrize(
    ("before", "key", "after"),
    [
        ("a: 1 # c\n# d\nb: 2\n", "a", "# d\nb: 2\n"),
        ("a:\n  b: 1\n    # deeper\n\n  # beside\n# c\nd: 2\n", "a", "# c\nd: 2\n"),
        ("a:\n  b: 1\nc: 2\n", "a.b", "a: {}\nc: 2\n"),
        ("a: # c\n  # d\n  b: 1\n  # e\nc: 2\n", "a.b", "a: {} # c\n  # d\n  # e\nc: 2\n"),
        ("a: &x\n  b: 1\nc: 2\n", "a.b", "a: &x {}\nc: 2\n"),
        ("l:\n- 1\nc: 2\n", "l[0]", "l: []\nc: 2\n"),
        ("# c\na: 1\n", "a", "# c\n{}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "a.c", "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2}\n", "a.b", "a: {c: 2}\n"),
        ("a: {b: 1}\nc: 1\n", "a.b", "a: {}\nc: 1\n"),
        ("{a: 1}\n", "a", "{}\n"),
        ("a: [\n  x, # c\n  y # d\n]\n", "a[1]", "a: [\n  x # c\n]\n"),
        ("- a: 1 # c\n  b: 2\n", "document[0].a", "- b: 2\n"),
        ("- a: 1\n  # b\n  b: 2\n", "document[0].a", "-\n  # b\n  b: 2\n"),
        ("- a: 1\n- 2\n", "document[0].a", "- {}\n- 2\n"),
        ("l:\n  - 1\n  - 2\nm: 1\n", "l[1]", "l:\n  - 1\nm: 1\n"),
        ("l: [1]\nm: 1\n", "l[0]", "l: []\nm: 1\n"),
        ("l: [0755, 1.10, ~, 1_000]\n", "l[0]", "l: [1.10, ~, 1_000]\n"),
        ("l:\n  # a\n  - a\n  # b\n  - b # bb\n", "l[0]", "l:\n  # b\n  - b # bb\n"),
        ("l[0]: a\nl[1]: b # b\nl[2]: c\n", "l[0]", "l[0]: b # b\nl[1]: c\n"),
        ("db.url: 1\ndb:\n  url: 2\n  x: 3\n", "db.url", "db:\n  x: 3\n"),
        ("db.url: 1\nx: 1\ndb:\n  url: 2\n", "db", "x: 1\n"),
        ("a: |+\n  x\n\nb: 1\n\nc: 2\n", "b", "a: |+\n  x\n\nc: 2\n"),
        ("a: 1\n", "n", "a: 1\n"),
    ],
)
def test_a_key_goes_with_what_belongs_to_it(before, key, after):
    assert edited(before, RemoveKey(key)) == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("l:\n  - a # a\n  - b # b\n  - c # c\n", ["a", "n", "b", "c"], "l:\n  - a # a\n  - n\n  - b # b\n  - c # c\n"),
        ("l:\n  - a # a\n  - b # b\n  - c # c\n", ["a", "c"], "l:\n  - a # a\n  - c # c\n"),
        ("l:\n  - a # a\n", ["n", "m", "a"], "l:\n  - n\n  - m\n  - a # a\n"),
        ("l:\n  - a: 1 # a\n    b: 2 # b\n", [{"a": 1, "b": 3}], "l:\n  - a: 1 # a\n    b: 3 # b\n"),
        ("l: [a, b, c]\n", ["n", "a", "c"], "l: [n, a, c]\n"),
        ("l: [a, b]\n", [], "l: []\n"),
        ("l[0]: a # a\nl[1]: b # b\n", ["a", "c"], "l[0]: a # a\nl[1]: c # b\n"),
        ("l:\n  # a\n  - 0755 # aa\n  # b\n  - 1.10\n", [1.1, 493], "l:\n  # b\n  - 1.10\n  # a\n  - 0755 # aa\n"),
    ],
)
def test_a_list_keeps_the_items_that_stay(before, value, after):
    assert edited(before, SetKey("l", value)) == after


def test_edits_build_on_one_another():
    edits = [SetKey("l[0]", 1), SetKey("l[1]", {"x": 1}), SetKey("l[1].y", 2), RemoveKey("l[1].x"), RemoveKey("a")]
    assert edited("a: 1\nb: 2\n", *edits, SetKey("a.b", 3)) == "a:\n  b: 3\nb: 2\nl:\n  - 1\n  - y: 2\n"


def test_an_edit_beneath_an_alias_makes_a_copy_of_it():
    text = "x: &x {p: 1, q: &q [2]}\ny: *x # c\nz: *x\n"
    assert edited(text, SetKey("y.p", 5)) == ("x: &x {p: 1, q: &q [2]}\ny: # c\n  p: 5\n  q:\n    - 2\nz: *x\n")
    assert edited(text, RemoveKey("y")) == "x: &x {p: 1, q: &q [2]}\nz: *x\n"
    assert edited(text, SetKey("y", 1)) == "x: &x {p: 1, q: &q [2]}\ny: 1 # c\nz: *x\n"


def test_what_a_merge_brings_is_overridden_or_copied():
    text = "x: &x {p: 1, q: {r: 2}}\ny:\n  <<: *x # c\n  s: 3\n"
    head = "x: &x {p: 1, q: {r: 2}}\ny:\n"
    assert edited(text, SetKey("y.p", 5)) == head + "  <<: *x # c\n  s: 3\n  p: 5\n"
    assert edited(text, SetKey("y.q.r", 5)) == head + "  <<: *x # c\n  s: 3\n  q:\n    r: 5\n"
    assert edited(text, RemoveKey("y.p")) == head + "  s: 3\n  q: {r: 2}\n"


@pytest.mark.parametrize("edit", [SetKey("x.p", 2), SetKey("x", 2), RemoveKey("x"), SetKey("x.n", 2)])
def test_what_others_alias_is_not_changed_behind_their_back(edit):
    with pytest.raises(SharedAnchor, match="&x") as caught:
        edited("x: &x\n  p: 1\ny:\n  z: *x\n", edit)
    assert caught.value.keys[0].startswith("y.z")


def test_what_others_alias_may_change_together_with_them():
    text = "x: &x {p: 1}\ny: *x\n"
    assert edited(text, SetKey("x.p", 2), SetKey("y.p", 2)) == "x: &x {p: 2}\ny:\n  p: 2\n"
    assert edited(text, RemoveKey("y"), RemoveKey("x"), SetKey("a", 1)) == "a: 1\n"
    assert replace_text("f.yml", text.encode(), {"x": {"p": 1}, "y": {"p": 1}, "n": 1}) == (text + "n: 1\n").encode()


@pytest.mark.parametrize(
    ("text", "edit", "reason"),
    [
        ("a: [1]\n", SetKey("a.b", 2), "a is a list"),
        ("a: [1]\n", SetKey("a[2]", 2), "a has 1 items: the next is [1]"),
        ("a: {b: 1}\n", SetKey("a[0]", 2), "a is a map"),
        ("a: 1\n", SetKey("n[1]", 2), "the first item of a new list is [0]"),
        ("a[0]: 1\n", SetKey("a[2]", 2), "a has no item before [2]"),
        ("- 1\n", SetKey("a", 2), "the document is no map"),
    ],
)
def test_what_a_file_cannot_take_is_refused_with_a_way_out(text, edit, reason):
    assert reason in refusal(text, edit)
