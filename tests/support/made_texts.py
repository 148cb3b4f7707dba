"""Made-up configuration texts, edits of them, and what must be true afterwards: the judge of the editing tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from gitconfig_server.errors import InvalidEdit, InvalidName, SharedAnchor
from gitconfig_server.formats.editing.edits import Edit, RemoveKey, SetKey, edit_text
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar
from gitconfig_server.formats.values import key_segment, scalar_text
from gitconfig_server.model.environments import Value

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
        # what << brings elsewhere may change with the map it comes from: that is refused, in these words or others
        if "afterwards" in str(error) and b"<<" not in text.content:
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
    _assert_done(after[number], edits, told, is_text=text.path.endswith(".properties"))
    concerned = [part for edit in edits for part in _concerned(edit.key)]
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


def _concerned(key: str) -> Iterator[str]:
    """The key itself, what its spelling is to YAML (``on``), and each list it leads through: its items may move."""
    yield key
    above, _, name = key.rpartition(".")
    value = plain_scalar(name)
    if value is not None and not isinstance(value, str):
        yield above + key_segment(value)
    yield from (key[:at] for at, sign in enumerate(key) if sign == "[" and at)


def _assert_done(after: Mapping[str, Value], edits: Sequence[Edit], told: str, *, is_text: bool) -> None:
    """The last edit holds, whatever those before it did.

    But for one above a key that an earlier edit may have stored as it is spelled: both are there then, which the check
    of what is offered refuses in YAML, as two spellings, and lets pass in JSON.
    """
    edit = edits[-1]
    if any(_is_at(edit.key, one.key) and one.key != edit.key for one in edits[:-1]):
        return
    if any(isinstance(one, RemoveKey) and one.key == edit.key for one in edits[:-1]):
        return  # where 'on' went, on is the next that its spelling means
    if isinstance(edit, RemoveKey):
        # other items of its list may have moved up to its place, and longer keys may stand beside a value
        assert "[" in edit.key or after.get(edit.key, "") == "", told
        return
    flat = flatten({edit.key: edit.value})
    wanted = {_plain(key): scalar_text(value) if is_text else value for key, value in flat.items()}
    found = {_plain(key): value for key, value in after.items()}
    _assert_same({key: found[key] for key in wanted if key in found}, wanted, told)


def _plain(key: str) -> str:
    """One spelling for the name ``1`` and the number, which is the key that a map may have for it."""
    return key.replace("[", ".").replace("]", "")


def _is_at(above: str, key: str) -> bool:
    return key == above or key.startswith((above + ".", above + "["))


def _assert_same(one: Mapping[str, Value], other: Mapping[str, Value], told: str) -> None:
    assert one == other, told
    assert all(type(value) is type(other[key]) for key, value in one.items()), told


def _untouched(
    text: MadeText, number: int, edits: Sequence[Edit], before: Mapping[str, Value], after: Mapping[str, Value]
) -> Iterator[bytes]:
    """The lines that the edits do not concern."""
    keys = [part for edit in edits for part in _concerned(edit.key)]
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
