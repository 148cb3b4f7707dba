"""What becomes of comments where keys meet, and of documents that come and go on one side."""

import random

import pytest

from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.merging.leaning import lean_on_ours
from gitconfig_server.formats.merging.lines import merge_lines
from gitconfig_server.formats.merging.outcomes import ConflictChoice
from gitconfig_server.formats.merging.texts import merge_texts

DEV = "---\nspring.config.activate.on-profile: dev\n"
PROD = "---\nspring.config.activate.on-profile: prod\n"


def merge(base, ours, theirs, path="orders.yml"):
    """The text; or, of each clash, its key and reason."""
    found = merge_texts(path, base.encode(), ours.encode(), theirs.encode())
    if found.content is not None:
        return found.content.decode()
    return [(one.clash.key, one.clash.why.value) for one in found.clashes]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("a: 1 # old\n", "a: 2 # old\n", "a: 1 # new\n", "a: 2 # new\n"),
        ("a: 1\n", "a: 2\n", "a: 1 # new\n", "a: 2 # new\n"),
        ("# old\na: 1\nb: 1\n", "# old\na: 2\nb: 1\n", "# new\na: 1\nb: 1\n", "# new\na: 2\nb: 1\n"),
        ("a: 1 # x\nb: 1\n", "a: 1\nb: 2\n", "a: 5 # x\nb: 1 # y\n", "a: 5\nb: 2 # y\n"),
        ("a: '1 # x'\n", "a: '1 # x' # c\n", "a: '2 # x'\n", "a: '2 # x' # c\n"),
        ("a: 1 # x\n", "a: 1 # ours\n", "a: 1 # theirs\n", "a: 1 # ours\n"),
        ("m:\n  a: 1 # x\n  b: 1\n", "m:\n  a: 2 # x\n  b: 1\n  c: 1\n", "m:\n  a: 1\n  b: 3\n  d: 1\n", None),
        ("a: 1 # x\r\nb: 1\r\n", "a: 2 # x\r\nb: 1\r\n", "a: 1 # y\r\nb: 2\r\n", "a: 2 # y\r\nb: 2\r\n"),
    ],
)
def test_a_comment_is_merged_apart_from_the_value_before_it(base, ours, theirs, expected):
    expected = expected or "m:\n  a: 2\n  b: 3\n  d: 1\n  c: 1\n"
    assert merge(base, ours, theirs) == expected


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_comment_stays_where_the_value_before_it_is_settled(end):
    base, ours, theirs = (f"m:\n  a: {value}{end}" for value in ("1", "2", "3 # why"))
    for one, other, is_ours in ((ours, theirs, True), (theirs, ours, False)):
        texts = [text.encode() for text in (base, one, other)]
        found = merge_texts(
            "a.yml", *texts, decide=lambda document, clash, is_ours=is_ours: ConflictChoice(ours=is_ours)
        )
        assert found.content == f"m:\n  a: 2 # why{end}".encode()


def test_comments_of_properties_stay_too():
    base = "# old\na=1\nb=1\n"
    assert merge(base, "# old\na=2\nb=1\n", "# new\na=1\n# b\nb=3\n", "a.properties") == "# new\na=2\n# b\nb=3\n"


@pytest.mark.parametrize("seed", range(80))
def test_no_change_of_a_comment_is_lost_where_the_other_side_changed_values(seed):
    chance = random.Random(seed)
    count = chance.randint(3, 12)
    base = [[f"k{number}", 0, chance.choice(["", " # c"]), chance.choice(["", "# above\n"])] for number in range(count)]
    ours, theirs = [list(one) for one in base], [list(one) for one in base]
    for number in range(count):
        if chance.random() < 0.5:
            ours[number][1] = 1
        elif chance.random() < 0.5:
            theirs[number][1] = 2
        if chance.random() < 0.6:
            theirs[number][chance.choice([2, 3])] = chance.choice(["", f" #{number}!"])
    wanted = [
        [name, mine or other, *comments] for (name, mine, _, _), (_, other, *comments) in zip(ours, theirs, strict=True)
    ]
    assert merge(text(base), text(ours), text(theirs)) == text(wanted)


def text(entries):
    return "".join(f"{above.strip()}\n{name}: {value}{behind}\n".lstrip("\n") for name, value, behind, above in entries)


def values(content):
    return [plain(one) for one in read_trees("orders.yml", content.encode())]


def test_a_document_that_came_on_one_side_comes_where_lines_meet():
    base = "a: 1\nb: 1\n"
    ours, theirs = "a: 2\nb: 1\nc: 3\n", f"a: 1\nb: 2\n{DEV}x: 1 # kept\n"
    assert merge_lines(*(one.encode() for one in (base, ours, theirs))) is None
    assert merge(base, ours, theirs) == f"a: 2\nb: 2\nc: 3\n{DEV}x: 1 # kept\n"
    assert merge(base, theirs, ours) == f"a: 2\nb: 2\nc: 3\n{DEV}x: 1 # kept\n"


def test_both_may_add_documents():
    base = "a: 1\n"
    merged = merge(base, f"a: 1\n{DEV}x: 1\n", f"a: 1\n{PROD}y: 1\n")
    assert values(merged) == values(f"a: 1\n{PROD}y: 1\n{DEV}x: 1\n")
    both = merge(base, f"a: 1\n{DEV}x: 1\n", f"a: 1\n{DEV}y: 1\n")
    assert values(both) == values(f"a: 1\n{DEV}x: 1\ny: 1\n")
    assert merge(base, f"a: 1\n{DEV}x: 1\n", f"a: 1\n{DEV}x: 2\n") == [("x", "changed")]


def test_a_document_that_went_on_one_side_goes_unless_the_other_changed_it():
    base = f"a: 1\n{DEV}x: 1\n{PROD}y: 1\n"
    assert merge(base, f"a: 1\n{DEV}x: 1\n{PROD}y: 2\n", f"a: 1\n{PROD}y: 1\nz: 3\n") == f"a: 1\n{PROD}y: 2\nz: 3\n"
    assert merge(base, f"a: 1\n{PROD}y: 1\nz: 3\n", f"a: 1\n{DEV}x: 1\n{PROD}y: 2\n") == f"a: 1\n{PROD}y: 2\nz: 3\n"
    assert merge(base, f"a: 1\n{DEV}x: 2\n{PROD}y: 1\n", f"a: 1\n{PROD}y: 1\n") == [("", "structure")]


def test_a_document_whose_activation_changed_is_known_by_its_place():
    base = f"a: 1\n{DEV}x: 1\ny: 1\n{PROD}z: 1\n"
    other = base.replace("profile: dev", "profile: dev | test")
    ours = base.replace("x: 1", "x: 2")
    expected = other.replace("x: 1", "x: 2")
    assert merge(base, ours, other) == expected
    assert merge(base, other, ours) == expected
    assert merge(base, base.replace(": dev", ": qa"), other) == [("spring.config.activate.on-profile", "changed")]


def test_lines_that_both_put_in_one_place_stand_once():
    assert lean_on_ours(b"a: 1\n", b"a: 1\nx: 1\ny: 1\n", b"a: 1\nx: 1\nz: 1\n") == b"a: 1\nx: 1\ny: 1\nz: 1\n"
    assert merge("a: 1\n", "a: 1\nx: 1\ny: 1\n", "a: 1\nx: 1\nz: 1\n") == "a: 1\nx: 1\ny: 1\nz: 1\n"
