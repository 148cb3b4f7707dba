"""Merges that leave out what nobody changed, beside merges of the whole texts."""

import random

import pytest

from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.merging.outline import read_outline
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.formats.merging.unchanged import shorten

EVERYTHING = 1_000_000


def merge(base, ours, theirs, whole_below):
    found = merge_texts("f.yml", base, ours, theirs, whole_below=whole_below)
    clashes = sorted((one.document, one.clash.key, one.clash.why.value, one.lines) for one in found.clashes)
    return found.content, clashes


def made_text(chance):
    """Some documents of nested maps, with comments, lists, blocks of text and keys that are spelled in two ways."""
    lines = []
    for document in range(chance.choice([1, 1, 1, 2, 3])):
        if document:
            lines.append("---")
            lines += chance.choice([[], [f"spring.config.activate.on-profile: p{document}"]])
        made_map(chance, "", lines, 0)
    return lines


def made_map(chance, indent, lines, depth):
    for name in chance.sample("abcdefghijklmnopqrst", chance.randint(2, 6)):
        kind = chance.randrange(12)
        if kind < 4 and depth < 3:
            lines.append(f"{indent}{name}:")
            made_map(chance, indent + chance.choice(["  ", "    "]), lines, depth + 1)
        elif kind == 4:
            lines += [f"{indent}{name}:", *(f"{indent}- {number}" for number in range(chance.randint(1, 3)))]
        elif kind == 5:
            lines += [f"{indent}{name}: |", f"{indent}  some", "", f"{indent}  text: 1"]
        elif kind == 6:
            lines.append(f"{indent}{name}.{chance.choice('abcdef')}: {chance.randrange(9)}")
        elif kind == 7:
            lines += [f"{indent}# about {name}", f"{indent}{name}: {{x: 1, y: [1, 2]}} # flow"]
        else:
            lines.append(f"{indent}{name}: {chance.randrange(9)}")


def changed(chance, lines):
    lines = list(lines)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(" "))]
        kind = chance.randrange(8)
        if kind == 0 and len(lines) > 3 and lines[at][-1:] != ":":
            del lines[at]
        elif kind == 1:
            lines.insert(at, f"{indent}{chance.choice('abcuvwxyz')}: {chance.randrange(9)}")
        elif kind == 2:
            lines.insert(at, f"{indent}# a word")
        elif kind == 3:
            lines.insert(at, f"{indent}{chance.choice('abcuvw')}.{chance.choice('abc')}: 1")
        elif kind == 4 and chance.randrange(4) == 0:
            lines[at] = chance.choice(["---", "x: &a 1", "y: *a", "<<: {a: 1}", '"', "a: [", "- 1"])
        elif lines[at][-1:].isdigit():
            lines[at] = lines[at][:-1] + str(chance.randrange(9))
    return lines


@pytest.mark.parametrize("seed", range(100))
def test_it_comes_to_what_the_merge_of_the_whole_comes_to(seed):
    chance = random.Random(seed)
    for _ in range(4):
        base = made_text(chance)
        texts = ["\n".join(lines).encode() + b"\n" for lines in (base, changed(chance, base), changed(chance, base))]
        whole, short = merge(*texts, EVERYTHING), merge(*texts, 1)
        assert short == whole or same_values(short, whole), texts


def same_values(one, other):
    return one[1] == other[1] and [plain(tree) for tree in read_trees("f.yml", one[0])] == [
        plain(tree) for tree in read_trees("f.yml", other[0])
    ]


def large(middle, *, last="z: 1\n"):
    """Some text between maps that nobody changes."""
    return "".join(f"k{number}:\n  x: 1\n  y: 2\n" for number in range(6)) + middle + "m:\n  n: 1\n  o: 2\n" + last


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ("q: 'a\n  b: 1\n  c'\n", "q: 'a\n  b: 2\n  c'\n", "q: 'a\n  b: 1\n  c'\nr: 1\n"),
        ("q: [1,\n 2]\n", "q: [1,\n 3]\n", "r: 1\n\n\nq: [1,\n 2]\n"),
        ("q:\n- 1\n", "q:\n- 1\n- 2\n", "r: 1\n\n\nq:\n- 1\n"),
        ("q: |+\n  text\n\n\n", "q: |+\n  text\n\n", "r: 1\n\nq: |+\n  text\n\n\n"),
        ("q: 1\n", "q: 2\n", "k0.x: 5\nq: 1\n"),
        ("q: 1\n", "q: 2\n", "k0: 5\nq: 1\n"),
        ("q: &a 1\nr: *a\n", "q: &a 2\nr: *a\n", "q: &a 1\nr: *a\ns: *a\n"),
        ("q: 1\n---\nspring.config.activate.on-profile: p\nt: 1\nu: 1\n", "q: 2\n", "q: 1\n---\nt: 2\nu: 1\n"),
        ("q: 1\n", "q: 2\n", 'q: "1\n'),
        ("q: 1\n", "q: 1\n  2\n", "r: 1\nq: 1\n"),
        ("q:\t1\n", "q:\t2\n", "r: 1\n\nq:\t1\n"),
    ],
)
def test_what_ties_parts_of_a_text_together_is_seen(base, ours, theirs):
    texts = [large(one).encode() for one in (base, ours, theirs)]
    assert merge(*texts, 1) == merge(*texts, EVERYTHING)
    windows = [text.replace(b"\n", b"\r\n") for text in texts]
    assert merge(*windows, 1) == merge(*windows, EVERYTHING)


def test_a_conflict_names_the_lines_of_the_whole_file():
    texts = [large(f"q: {value}\n").encode() for value in (1, 2, 3)]
    texts[1] = b"new: 1\n" + texts[1]
    short = merge(*texts, 1)
    assert short == merge(*texts, EVERYTHING)
    assert short[1] == [(0, "q", "changed", (19, 20, 19))]


def test_only_what_differs_is_read():
    base, ours, theirs = (large(f"q: {q}\nr: 1\ns: {s}\n").encode() for q, s in ((1, 1), (2, 1), (1, 2)))
    found = shorten(base, ours, theirs, 1)
    assert found is not None
    assert len(found.texts[1].splitlines()) < 9
    assert found.whole(found.texts[1]) == ours
    assert merge(base, ours, theirs, 1) == (large("q: 2\nr: 1\ns: 2\n").encode(), [])


def test_an_outline_tells_the_lines_of_entries():
    outline = read_outline("a: 1\n# of a\nb:\n  c: |\n    d: 1\n  e: [1,\n  2]\n---\n? f\n: 1\ng: 1\n...\n")
    assert outline is not None
    first, second = outline
    assert [(one.key, one.start, one.end) for one in first] == [("a", 0, 2), ("b", 2, 7)]
    assert [(one.key, one.start, one.end) for one in first[1].entries] == [("b.c", 3, 5), ("b.e", 5, 7)]
    assert [(one.key, one.start, one.end) for one in second] == [("g", 10, 11)]


@pytest.mark.parametrize("text", ["a: &x 1\n", "<<: {a: 1}\n", "a: *x\n", "a: [\n", "a: !!map {}\n", "a: 1\ra: 2\n"])
def test_of_a_text_that_is_tied_together_there_is_no_outline(text):
    assert read_outline(text) is None
