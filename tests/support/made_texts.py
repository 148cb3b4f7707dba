"""Made-up configuration texts, edits of them, and what must be true afterwards: the judge of the editing tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from gitconfig_server.errors import InvalidEdit, InvalidName, SharedAnchor
from gitconfig_server.formats.editing.edits import Edit, RemoveKey, SetKey, edit_text
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.environments import Value

_MISSING = object()
_PART = re.compile(r"\[[^\]]*\]?|\.?[^.\[]*")

BESIDE = "\0"
"""Closes the owner of a comment that stands between the keys of the map that is named before it."""

NEW = [1, 0, -7, 10**30, 2.5, 1e22, True, False, None, "", "x", "yes", "010", "1e3", "null", " lead", "trail ", "a: b"]
NEW += [
    "a #b",
    "#c",
    "- d",
    "x\ny",
    "x\ny\n",
    "x\n\n\n",
    "tab\there",
    "é😀",
    "\u2028",
    "'",
    '"',
    "it's",
    "[x",
    "{",
    "*a",
]
NEW += ["&a", "!t", "%d", "@e", "`f", "a:", "~", "=", "<<", "?", "-", "-x", "1:30", "\\", "a\\n", "\x7f", "long " * 40]


@dataclass
class MadeText:
    """A text and, line by line, the flat key it belongs to (None: to no key, ``""``: to all) and its document."""

    path: str
    content: bytes = b""
    lines: list[bytes] = field(default_factory=list)
    owners: list[tuple[str | None, int]] = field(default_factory=list)
    keeps_order: bool = True
    """False where an entry may have to move, as no document of ``.properties`` can begin with a comment."""
    first_keys: dict[str, str] = field(default_factory=dict)
    """The key behind a dash -> the item: without the key, the next one moves up to the dash."""


def make_value(chance: Random, depth: int = 0) -> Any:
    """What an edit may set."""
    kind = chance.random()
    if depth > 2 or kind < 0.7:
        return chance.choice(NEW)
    if kind < 0.85:
        return [make_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    names = [chance.choice(("a", "b", "n w", "yes", "1")) for _ in range(chance.randrange(3))]
    return {name: make_value(chance, depth + 1) for name in names}


def make_edits(chance: Random, properties: Mapping[str, object]) -> list[Edit]:
    """Changes of keys that stand, of some above such, or beside or beneath."""
    return [_make_edit(chance, properties) for _ in range(chance.choice((1, 1, 1, 2, 3, 6)))]


def _make_edit(chance: Random, properties: Mapping[str, object]) -> Edit:
    key = chance.choice([*properties, "new"])
    if chance.random() < 0.3:
        for _ in range(chance.randrange(1, 3)):
            key = _above(key) or key
    kind = chance.random()
    if kind < 0.3:
        return RemoveKey(key)
    if kind < 0.6:
        return SetKey(key, make_value(chance))
    tail = chance.choice((".new", ".a", ".p.q", "[0]", "[1]", "[2].x", ".n.m", "[x.z]"))
    base = chance.choice((key, _above(key), _above(key)))
    return SetKey(base + tail if base else chance.choice(("new", "p.new", "b.c.d")), make_value(chance))


def _above(key: str) -> str:
    return key[: max(key.rfind("."), key.rfind("["), 0)]


def judge(text: MadeText, chance: Random) -> str:
    """Edit a document of ``text`` in some way and see that only that was done; says how it went."""
    documents = parse(text.path, text.content)
    number = chance.randrange(len(documents))
    before = documents[number].properties
    edits = make_edits(chance, before)
    try:
        edited = edit_text(text.path, text.content, edits, number)
    except (InvalidEdit, InvalidName, SharedAnchor) as error:
        if "afterwards" in str(error):
            raise AssertionError(f"{edits} of document {number} of {text.content!r}") from error
        return error.code
    told = f"document {number} of {text.content!r} after {edits} is {edited!r}"
    after = [document.properties for document in parse(text.path, edited)]
    expected = [document.properties for document in documents]
    if len(after) < len(expected):
        after.insert(number, {})
    assert len(after) == len(expected), told
    for at, (one, other) in enumerate(zip(after, expected, strict=True)):
        if at != number:
            _assert_same(one, other, told)
    _assert_done(text, number, edits, after[number], told)
    concerned = [part for edit in edits for part in _concerned(edit.key, before)]
    left, found = (
        {key: one for key, one in side.items() if not any(_is_at(part, key) or _is_at(key, part) for part in concerned)}
        for side in (before, after[number])
    )
    _assert_same(left, found, told)
    lines = edited.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    for line in _untouched(text, number, edits, before, after[number]):
        at = next((at for at, one in enumerate(lines) if _is_same_line(line, one, text)), None)
        assert at is not None, f"{line!r} is touched: {told}"
        del lines[0 if text.keeps_order else at : at + 1]
    return "edited"


def _concerned(key: str, before: Mapping[str, Value]) -> Iterator[str]:
    """The key as asked for and as it is spelled, and each list it leads through: its items may move."""
    yield key
    yield _spelling(key, before)
    yield from (key[:at] for at, sign in enumerate(key) if sign == "[" and at)


def _assert_done(text: MadeText, number: int, edits: Sequence[Edit], after: Mapping[str, Value], told: str) -> None:
    """The last edit holds, whatever those before it did, and the keys that were there keep their spelling.

    A key that is set is spelled as asked for, or as the map that it stands in spells it: ``b.1`` may be the number
    ``1``, ``on`` the boolean. What it means does not change while the edits of one request are made: where ``'on'``
    went, ``on`` is not the boolean beside it.
    """
    edit = edits[-1]
    before = {**_at(text, text.content, number), **_before_the_last(text, number, edits)}
    if isinstance(edit, RemoveKey):
        # other items of its list may have moved up to its place, and longer keys may stand beside a value
        assert "[" in edit.key or after.get(edit.key, "") == "", told
        return
    is_text = text.path.endswith(".properties")
    head = _spelling(edit.key, before)
    for key, value in flatten({edit.key: edit.value}).items():
        exact = head + key.removeprefix(edit.key)
        spelled = _spelling(exact, before)  # a map keeps its names, a new one in place of a list has those given
        assert spelled == exact or (spelled in after) is not (exact in after), f"{exact} in two spellings: {told}"
        found = spelled if spelled in after else exact
        _assert_same({found: after.get(found, _MISSING)}, {found: scalar_text(value) if is_text else value}, told)


def _before_the_last(text: MadeText, number: int, edits: Sequence[Edit]) -> Mapping[str, Value]:
    """What the document holds when all edits but the last have been made."""
    content = text.content
    try:
        content = edit_text(text.path, content, edits[:-1], number) if len(edits) > 1 else content
    except SharedAnchor:  # by themselves they would change what the last one sets
        earlier = [flatten({edit.key: edit.value}) for edit in edits[:-1] if isinstance(edit, SetKey)]
        return dict(_at(text, content, number)) | {key: value for one in earlier for key, value in one.items()}
    return _at(text, content, number)


def _at(text: MadeText, content: bytes, number: int) -> Mapping[str, Value]:
    found = [document for document in parse(text.path, content) if document.index == number]
    return found[0].properties if found else {}


def _spelling(key: str, before: Mapping[str, Value]) -> str:
    """The key, or what it is where the maps that it leads through have a name of it as a number or boolean alone."""
    found = ""
    for part in _PART.findall(key):
        name = part.strip(".[]")
        others = ["[true]"] if name == "on" else [f"[{name}]", f".{name}"] if name.isdigit() else []
        ways = [found + part, *((found + other).removeprefix("." if not found else "\0") for other in others)]
        found = next((way for way in ways if any(_is_at(way, stored) for stored in before)), ways[0])
    return found


def _is_at(above: str, key: str) -> bool:
    return key == above or key.startswith((above + ".", above + "["))


def _assert_same(one: Mapping[str, Value], other: Mapping[str, Value], told: str) -> None:
    assert one == other, told
    assert all(type(value) is type(other[key]) for key, value in one.items()), told


def _untouched(
    text: MadeText, number: int, edits: Sequence[Edit], before: Mapping[str, Value], after: Mapping[str, Value]
) -> Iterator[bytes]:
    """The lines that the edits do not concern."""
    keys = [part for edit in edits for part in _concerned(edit.key, before)]
    keys += [
        item for key in keys for first, item in text.first_keys.items() if _is_at(key, first) or _is_at(first, key)
    ]
    for line, (owner, document) in zip(text.lines, text.owners, strict=True):
        if owner is not None and document == number:
            if owner.endswith(BESIDE):
                above = owner.removesuffix(BESIDE)
                left = (one for one in after if one in before and _is_at(above, one))
                kept = any(not any(_is_at(key, one) for key in keys) for one in left)
                concerned = bool(above) and not kept
            else:
                concerned = not owner or any(_is_at(key, owner) or _is_at(owner, key) for key in keys)
            if concerned:
                continue
        line = line.removeprefix(b"\xef\xbb\xbf")
        if line and not _may_change(line, text):
            yield line


def _may_change(line: bytes, text: MadeText) -> bool:
    """A ``<<`` gives way to copies; empty lines may belong to the text above; a text at the very end gets a sign."""
    header = line.partition(b" #")[0].rstrip().endswith((b"|", b">", b"+"))
    blank = not line.strip() and b"+" in text.content
    return line.lstrip().startswith(b"<<") or blank or (header and not text.content.endswith(b"\n"))


def _is_same_line(line: bytes, other: bytes, text: MadeText) -> bool:
    """Equal; the last line may get a break, and in JSON a comma may come or go."""
    if line == other:
        return True
    is_last = line == text.lines[-1].removeprefix(b"\xef\xbb\xbf")
    ends = b"\r\n," if text.path.endswith(".json") else b"\r\n"
    return (is_last or text.path.endswith(".json")) and line.rstrip(ends) == other.rstrip(ends)
