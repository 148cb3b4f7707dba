"""What becomes of a file that two sides have changed."""

import pytest

from gitconfig_server.formats.editing.tree import node_of
from gitconfig_server.formats.merging.outcomes import ConflictChoice
from gitconfig_server.formats.merging.texts import merge_texts


def merge(base, ours, theirs, path="orders.yml", **how):
    """The text; or, of each clash, its key and reason."""
    found = merge_texts(path, base.encode(), ours.encode(), theirs.encode(), **how)
    if found.content is not None:
        return found.content.decode()
    return [(one.clash.key, one.clash.why.value) for one in found.clashes]


def test_one_key_added_in_two_places_or_spellings_is_never_there_twice():
    base = "a: 1\n\nb: 2\n\nc: 3\n"
    assert merge(base, "cache: 60\n" + base, base + "cache: 300\n") == [("cache", "changed")]
    assert merge(base, "cache: 60\n" + base, base + "cache: 60\n") == "cache: 60\n" + base
    assert merge(base, "db.url: x\n" + base, base + "db:\n  url: x\n") == "db.url: x\n" + base
    assert merge(base, "db.url: x\n" + base, base + "db:\n  url: y\n") == [("db.url", "second-spelling")]


def test_a_key_that_is_spelled_otherwise_keeps_the_spelling_of_the_label():
    nested, dotted = "db:\n  url: {}\nx: 1\n", "db.url: {}\nx: 1\n"
    assert merge(nested.format("a"), dotted.format("a"), nested.format("b")) == dotted.format("b")
    assert merge(nested.format("a"), nested.format("a"), dotted.format("b")) == dotted.format("b")
    assert merge(nested.format("a"), nested.format("b"), dotted.format("c")) == [("db.url", "changed")]
    assert merge(nested.format("a"), dotted.format("a"), "x: 1\n") == "x: 1\n"


def test_one_of_two_spellings_that_stand_there_may_go():
    base = "m.include: '*'\nx: 1\nm:\n  include: '*'\n"
    assert merge(base, base.replace("x: 1", "x: 2"), base.partition("\n")[2]) == "x: 2\nm:\n  include: '*'\n"


def test_the_last_key_of_a_file_goes_as_others_do():
    both, one, other = "a=1\nb=2\n", "a=1\n", "b=2\n"
    assert merge(one, "", both, "f.properties") == other
    assert merge(one, both, "", "f.properties") == other
    assert merge(one, "# c\n", both, "f.properties") == "# c\n" + other
    assert merge(one, "", "a=3\nb=2\n", "f.properties") == [("a", "changed")]
    assert merge("a: 1\n", "", "a: 1\nb: 2\n") == merge("a: 1\n", "a: 1\nb: 2\n", "") == "b: 2\n"
    assert merge('{"a": 1}\n', "{}\n", '{"a": 1, "b": 2}\n', "f.json") == '{\n  "b": 2\n}\n'


def test_types_count():
    assert merge("a: 1\nb: 1\n", "a: '1'\nb: 1\n", "a: 1.0\nb: 1\n") == [("a", "changed")]
    assert merge("a: 1\nb: 1\n", "a: 0x2\nb: 1\n", "a: 2\nb: 3\n") == "a: 0x2\nb: 3\n"


def test_documents_are_known_by_what_activates_them():
    base = "a: 1\n---\nspring.config.activate.on-profile: dev\nb: 1\n"
    ours = base.replace("a: 1", "a: 2")
    theirs = "a: 1\n---\nspring.profiles: prod\nb: 9\n---\nspring.config.activate.on-profile: dev\nb: 3\n"
    expected = theirs.replace("a: 1", "a: 2")
    assert merge(base, ours, theirs) == expected
    assert merge(base, "a: 1\n---\nspring.config.activate.on-profile: dev\nb: 2\n", theirs) == [("b", "changed")]


def test_an_anchor_changed_here_and_an_alias_added_there():
    base = "x: &a {v: 1}\n\ny: 2\n"
    assert merge(base, base + "\nz: *a\n", base.replace("1", "5")) == "x: &a {v: 5}\n\ny: 2\n\nz: *a\n"
    gone = merge(base, base + "\nz: *a\n", "x: 1\n\ny: 2\n")
    assert gone == [("x", "shared-anchor")] or [key for key, _ in gone] == ["x.v"]


def test_what_is_untouched_is_byte_for_byte_the_label_s():
    ours = "# ours\na:   1   # one\n\n'b' : [1,2]\nc: 3\nd: 4\n"
    base = "a: 1\nb: [1, 2]\nc: 3\nd: 4\n"
    assert merge(base, ours, "a: 1\nb: [1, 2]\nc: 5\ne: 6\n") == "# ours\na:   1   # one\n\n'b' : [1,2]\nc: 5\ne: 6\n"


@pytest.mark.parametrize(
    ("rule", "base", "ours", "theirs", "expected"),
    [
        ("set", "l: [a, b]\n", "l: [a, b, c]\n", "l: [b, d]\n", "l: [b, c, d]\n"),
        ("", "l: [a, b]\n", "l: [a, b, c]\n", "l: [b, d]\n", [("l", "changed")]),
        ("by-key(n)", "l: [{n: 1}, {n: 2}]\n", "l: [{n: 1, x: 1}, {n: 2}]\n", "l: [{n: 1}]\n", "l: [{n: 1, x: 1}]\n"),
        ("by-key(n)", "l: [{n: 1}]\n", "l: [{n: 1, x: 1}]\n", "l: [{n: 1, x: 2}]\n", [("l", "changed")]),
        ("by-key(n)", "l: [{n: 1}]\n", "l: [{m: 1}]\n", "l: [{n: 1, x: 2}]\n", [("l", "changed")]),
    ],
)
def test_lists_are_one_value_unless_a_rule_says_otherwise(rule, base, ours, theirs, expected):
    assert merge(base, ours, theirs, rule=lambda key: rule) == expected


def test_choices_settle_clashes():
    sides = "a: 1\nb: {x: 1}\n", "a: 2\nb: {x: 2}\n", "a: 3\nb: 5\n"
    assert merge(*sides, decide=lambda document, clash: ConflictChoice(ours=True)) == sides[1]
    assert merge(*sides, decide=lambda document, clash: ConflictChoice()) == sides[2]
    given = merge(*sides, decide=lambda document, clash: ConflictChoice(value=node_of({"y": 7})))
    assert given == "a:\n  y: 7\nb: {y: 7}\n"


def test_files_that_are_no_configuration_are_merged_by_their_lines():
    assert merge("a\n\nb\n", "a!\n\nb\n", "a\n\nb!\n", "notes.txt") == "a!\n\nb!\n"
    assert merge("a\n", "b\n", "c\n", "notes.txt") == []
    assert merge("\0a\n\nb\n", "\0a!\n\nb\n", "\0a\n\nb!\n", "notes.bin") == []
    doctype = '<!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd">'
    xml = doctype + "<properties>\n<entry key='{}'>1</entry>\n<entry key='b'>2</entry>\n\n{}</properties>\n"
    assert merge(xml.format("a", ""), xml.format("z", ""), xml.format("a", " "), "a.xml") == xml.format("z", " ")


def test_what_cannot_be_read_is_no_outcome():
    assert merge("a: [\n\nb: 1\n", "a: [\n\nb: 2\n", "a: [\nc\n\nb: 1\n") == []


_ACTIVE = "spring.config.activate.on-profile"


def test_documents_of_properties_are_known_by_what_activates_them():
    base = f"a=1\nb=1\n#---\n{_ACTIVE}=dev\na=2\n"
    ours = base.replace("b=1", "b=5").replace("a=2", "a=3")
    theirs = f"a=1\nb=1\n#---\n{_ACTIVE}=prod\nx=1\n#---\n{_ACTIVE}=dev\na=2\nc=1\n"
    expected = f"a=1\nb=5\n#---\n{_ACTIVE}=prod\nx=1\n#---\n{_ACTIVE}=dev\na=3\nc=1\n"
    assert merge(base, ours, theirs, "f.properties") == expected


def test_documents_that_both_sides_added_to_properties_both_stay():
    base = f"a=1\n#---\n{_ACTIVE}=dev\na=2\n"
    ours, theirs = (f"{base}#---\n{_ACTIVE}={name}\n{name}=1\n" for name in ("qa", "prod"))
    merged = merge(base, ours, theirs, "f.properties")
    assert merged == f"{base}#---\n{_ACTIVE}=prod\nprod=1\n#---\n{_ACTIVE}=qa\nqa=1\n"


def test_a_list_of_properties_comes_whole():
    assert merge("a=1\n", "a=2\n", "a=1\nb[]=x,y\n", "f.properties") == "a=2\nb[]=x,y\n"


@pytest.mark.parametrize(
    ("path", "base", "gone", "emptied"),
    [
        ("f.yml", "a: 1\nm:\n  x: 1\n", "a: 1\n", "a: 1\nm: {}\n"),
        ("f.json", '{"a": 1, "m": {"x": 1}}', '{"a": 1}', '{"a": 1, "m": {}}'),
    ],
)
def test_a_map_that_one_side_removed_and_the_other_emptied_conflicts(path, base, gone, emptied):
    assert merge(base, gone, emptied, path) == [("m", "structure")]
    assert merge(base, emptied, gone, path) == [("m", "structure")]
    assert merge(base, emptied, gone, path, decide=lambda document, clash: ConflictChoice(ours=True)) == emptied
    assert merge(base, emptied, gone, path, decide=lambda document, clash: ConflictChoice()) == gone
    assert merge(base, gone, emptied, path, decide=lambda document, clash: ConflictChoice()) == emptied
