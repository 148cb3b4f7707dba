"""Merges that leave out what nobody changed, beside merges of the whole texts."""

import copy
import json
import random

import pytest

from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.merging.outlines.entries import TiedTogether
from gitconfig_server.formats.merging.outlines.json_entries import outline_json
from gitconfig_server.formats.merging.outlines.properties_entries import outline_properties
from gitconfig_server.formats.merging.outlines.yaml_entries import outline_yaml
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.formats.merging.unchanged import shorten

EVERYTHING = 1_000_000


def merge(base, ours, theirs, whole_below, path="f.yml"):
    found = merge_texts(path, base, ours, theirs, whole_below=whole_below)
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


def made_with_anchors(chance):
    """Maps, some with anchors, some of which others name or take over with ``<<``, between some with none."""
    lines = []
    anchors = []
    for name in chance.sample("abcdefghijklmnopqrst", chance.randint(4, 10)):
        kind = chance.randrange(8)
        if kind < 2:
            anchors.append(f"x{len(anchors)}")
            lines += [f"{name}: &{anchors[-1]}", *(f"  {key}: {chance.randrange(9)}" for key in "pqr")]
        elif kind == 2 and anchors:
            lines.append(f"{name}: *{chance.choice(anchors)}")
        elif kind == 3 and anchors:
            lines += [
                f"{name}:",
                f"  <<: *{chance.choice(anchors)}",
                f"  {chance.choice('pz')}: 1",
                "  y:",
                "    w: 1",
                "    v: 1",
            ]
        else:
            lines += [f"{name}:", *(f"  {key}: {chance.randrange(9)}" for key in "stuv")]
    return lines


ODD_LINES = ["---", "x: &a 1", "y: *a", "<<: {a: 1}", '"', "a: [", "- 1", "z: *x0", "  <<: *x0", "k: &x0", "a: &x1"]


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
            lines[at] = chance.choice(ODD_LINES)
        elif lines[at][-1:].isdigit():
            lines[at] = lines[at][:-1] + str(chance.randrange(9))
    return lines


@pytest.mark.parametrize("made", [made_text, made_with_anchors])
@pytest.mark.parametrize("seed", range(50))
def test_it_comes_to_what_the_merge_of_the_whole_comes_to(seed, made):
    chance = random.Random(seed)
    for _ in range(4):
        base = made(chance)
        texts = ["\n".join(lines).encode() + b"\n" for lines in (base, changed(chance, base), changed(chance, base))]
        whole, short = merge(*texts, EVERYTHING), merge(*texts, 1)
        assert short == whole or same_values(short, whole), texts


def same_values(one, other, path="f.yml"):
    if one[1] != other[1] or None in (one[0], other[0]):
        return False
    return [plain(tree) for tree in read_trees(path, one[0])] == [plain(tree) for tree in read_trees(path, other[0])]


def made_properties(chance):
    """Comments, lists, continued lines, separators that are some and some that are not."""
    lines = []
    for number in range(chance.randint(4, 30)):
        kind = chance.randrange(14)
        key = f"{chance.choice('abcd')}.{chance.choice('efgh')}{number}"
        lines += {
            0: ["# a word"],
            1: [chance.choice(["#---", "!---", "# x", "#--- no", ""])],
            2: ["#---", f"spring.config.activate.on-profile=p{number}"],
            3: [f"{key}=some \\", f"  text{number}", "#x"],
            4: [f"{key}[0]=1", f"{key}[1]=2"],
            5: [f"{key}[]=1,2"],
            6: [f"{chance.choice('abcd')}.{chance.choice('efgh')}={number}"],
        }.get(kind, [f"{chance.choice(['', '  '])}{key} {chance.choice(' =:')} {chance.randrange(9)}"])
    return lines


def changed_properties(chance, lines):
    lines = list(lines)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        line = lines[at]
        lines[at : at + 1] = chance.choice(
            [[], [line[:-1] + "7"], ["#---", line], ["# more", line], [f"z{at}=1", line], [f"a.e={at}", line]]
            if chance.randrange(2)
            else [[line + "\\"], [line + "[0]"], ["a.e5.x=1", line], [line, "!---"]]
        )
    return lines


def made_json(chance, depth=0):
    made = {}
    for name in chance.sample("abcdefghijklmn", chance.randint(1, 6)):
        kind = chance.randrange(8)
        if kind < 3 and depth < 3:
            made[name] = made_json(chance, depth + 1)
        elif kind == 3:
            made[name] = [{"x": 1, "y": [chance.randrange(3)]}, {}, []][: chance.randrange(4)]
        elif kind == 4:
            made[f"{name}.{chance.choice('abc')}"] = chance.choice(["}", 'a"{', "é\n", ""])
        else:
            made[name] = chance.choice([1, None, True, "text", 1.5, {}, []])
    return made


def changed_json(chance, made):
    made = copy.deepcopy(made)
    for _ in range(chance.randint(1, 3)):
        inner = made
        while (below := [one for one in inner.values() if isinstance(one, dict) and one]) and chance.randrange(3):
            inner = chance.choice(below)
        name = chance.choice([*inner, *"opq", "a.b", "c"])
        if name in inner and chance.randrange(2):
            del inner[name]
        else:
            inner[name] = chance.choice([chance.randrange(9), {"x": 1}, [1, 2], "new"])
    return made


def written_json(chance, made, indent):
    text = json.dumps(made, indent=indent, ensure_ascii=False)
    for _ in range(chance.choice([0, 0, 1, 2])):
        at = chance.randrange(len(text))
        text = text[:at].rstrip(" ") + chance.choice(["\n", "\r\n"]) + text[at:] if text[at] in "{}," else text
    return text.encode() + chance.choice([b"", b"\n"])


@pytest.mark.parametrize("seed", range(50))
def test_so_it_does_for_properties(seed):
    chance = random.Random(seed)
    for _ in range(8):
        base = made_properties(chance)
        sides = (base, changed_properties(chance, base), changed_properties(chance, base))
        end = chance.choice(["", "\n"])
        texts = [("\n".join(lines) + end).encode() for lines in sides]
        whole, short = (merge(*texts, below, "f.properties") for below in (EVERYTHING, 1))
        assert short == whole or same_values(short, whole, "f.properties"), texts


@pytest.mark.parametrize("seed", range(50))
def test_so_it_does_for_json(seed):
    chance = random.Random(seed)
    for _ in range(8):
        base, indent = made_json(chance), chance.choice([0, 2, 2, None])
        state = chance.getrandbits(32)
        sides = (base, changed_json(chance, base), changed_json(chance, base))
        texts = [written_json(random.Random(state), made, indent) for made in sides]
        whole, short = (merge(*texts, below, "f.json") for below in (EVERYTHING, 1))
        assert short == whole or same_values(short, whole, "f.json"), texts


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
    found = shorten("yml", (base, ours, theirs), 1)
    assert found is not None
    assert len(found.texts[1].splitlines()) < 9
    assert found.whole(found.texts[1]) == ours
    assert merge(base, ours, theirs, 1) == (large("q: 2\nr: 1\ns: 2\n").encode(), [])


def test_an_outline_tells_the_lines_of_entries():
    outline = outline_yaml("a: 1\n# of a\nb:\n  c: |\n    d: 1\n  e: [1,\n  2]\n---\n? f\n: 1\ng: 1\n...\n")
    first, second = outline
    assert [(one.key, one.start, one.end) for one in first] == [("a", 0, 2), ("b", 2, 7)]
    assert [(one.key, one.start, one.end) for one in first[1].entries] == [("b.c", 3, 5), ("b.e", 5, 7)]
    assert [(one.key, one.start, one.end) for one in second] == [("g", 10, 11)]


def test_an_outline_says_what_anchors_tie_together():
    text = "a: 1\nb: &x\n  c: 1\nd:\n  e: *x\n  f: 1\ng:\n  <<: *x\n  h:\n    i: 1\nj: [!!set {k}]\nl: {m: {n: &y 1}}\n"
    (found,) = outline_yaml(text)
    assert [(one.key, one.is_tied, len(one.entries)) for one in found] == [
        ("a", False, 0),
        ("b", True, 0),
        ("d", True, 2),
        ("g", True, 2),
        ("j", True, 0),
        ("l", True, 0),
    ]
    assert [(one.key, one.is_tied) for one in found[2].entries] == [("d.e", True), ("d.f", False)]
    assert [(one.key, one.is_tied) for one in found[3].entries] == [("g.<<", True), ("g.h", True)]
    assert [(one.key, one.is_tied) for one in found[3].entries[1].entries] == [("g.h.i", False)]


@pytest.mark.parametrize("text", ["*x : 1\n", "<<: {a: 1}\n<<: {b: 1}\n", '"<<": 1\n', "a: [\n", "a: 1\ra: 2\n"])
def test_of_a_text_that_cannot_be_taken_apart_there_is_no_outline(text):
    with pytest.raises(TiedTogether):
        outline_yaml(text)


def test_an_outline_of_json_has_entries_that_have_their_lines_for_themselves():
    text = '{"a": 1,\n "b": {\n  "c": [{"d": 1},\n   2], "e": 3,\n  "f": "}"\n },\n "g": 2, "h": 3,\n "i": 4\n}\n'
    (found,) = outline_json(text)
    assert [(one.key, one.start, one.end, one.tail) for one in found] == [("b", 1, 6, ","), ("i", 7, 8, "")]
    assert [(one.key, one.start, one.end, one.tail) for one in found[0].entries] == [("b.f", 4, 5, "")]


def test_an_outline_of_properties_leaves_what_parts_documents_apart():
    first, second = outline_properties("a=1\\\n\\\n2\n# of a\n\nb[]=1,2\n# x\n#---\n c : 1\n")
    assert [(one.key, one.start, one.end) for one in first] == [("a", 0, 5), ("b", 5, 6)]
    assert [(one.key, one.start, one.end, one.indent) for one in second] == [("c", 8, 9, " ")]


@pytest.mark.parametrize("text", ["a=1\na=2\n", "a\\ b=1\n", "a=1\rb=2\n", "=1\n", "[]=1\n"])
def test_properties_that_repeat_or_escape_keys_have_no_outline(text):
    with pytest.raises(TiedTogether):
        outline_properties(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a\n": 1}', '{"": 1}', '["a"]', '{"a": "', "{{"])
def test_json_that_is_broken_or_repeats_keys_has_no_outline(text):
    with pytest.raises(TiedTogether):
        outline_json(text)


@pytest.mark.parametrize(
    ("path", "line"), [("f.yml", "k{}: {}\n"), ("f.json", '  "k{}": {},\n'), ("f.properties", "k{}={}\n")]
)
def test_each_format_leaves_out_what_nobody_changed(path, line):
    start, end = (b"{\n", b'  "z": 0\n}\n') if path == "f.json" else (b"", b"")

    def text(**changed):
        lines = (line.format(number, changed.get(f"k{number}", 0)) for number in range(300))
        return start + "".join(lines).encode() + end

    texts = (text(), text(k3=1), text(k200=1))
    found = shorten(path.removeprefix("f."), texts, 1)
    assert found is not None
    assert len(found.texts[0].splitlines()) < 20
    assert merge_texts(path, *texts).content == text(k3=1, k200=1)
