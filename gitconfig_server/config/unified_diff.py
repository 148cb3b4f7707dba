"""Differences of one file as ``git diff`` tells them, so that ``git apply`` takes them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

MAX_LINES = 20_000
"""Of either side, beyond which lines are not matched up: the whole file is replaced."""
CONTEXT = 3

_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def unified_diff(path: str, old: bytes | None, old_mode: int, new: bytes | None, new_mode: int) -> str:
    """The text of the difference; None: there is no such file. Bytes that are no UTF-8 make a file binary."""
    head = [f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}\n"]
    if old is None:
        head.append(f"new file mode {new_mode:o}\n")
    elif new is None:
        head.append(f"deleted file mode {old_mode:o}\n")
    elif old_mode != new_mode:
        head += [f"old mode {old_mode:o}\n", f"new mode {new_mode:o}\n"]
    before, after = _lines(old), _lines(new)
    names = ["/dev/null" if old is None else _quoted(f"a/{path}"), "/dev/null" if new is None else _quoted(f"b/{path}")]
    if before is None or after is None:
        return "".join([*head, f"Binary files {names[0]} and {names[1]} differ\n"])
    hunks = list(_hunks(before, after))
    return "".join([*head, *([f"--- {names[0]}\n", f"+++ {names[1]}\n"] if hunks else []), *hunks])


def _lines(content: bytes | None) -> list[str] | None:
    """Lines with their ends, None for what is not text."""
    if content is None:
        return []
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if max(len(old), len(new)) > MAX_LINES:
        if old != new:
            yield _range(0, len(old), 0, len(new))
            yield from (_line("-", line) for line in old)
            yield from (_line("+", line) for line in new)
        return
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        yield _range(group[0][1], group[-1][2], group[0][3], group[-1][4])
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from (_line(" ", line) for line in old[old_start:old_end])
                continue
            yield from (_line("-", line) for line in old[old_start:old_end])
            yield from (_line("+", line) for line in new[new_start:new_end])


def _range(old_start: int, old_end: int, new_start: int, new_end: int) -> str:
    sides = [_side(old_start, old_end), _side(new_start, new_end)]
    return f"@@ -{sides[0]} +{sides[1]} @@\n"


def _side(start: int, end: int) -> str:
    """Where and how many; an empty side names the line before it."""
    count = end - start
    return f"{start + 1 if count else start},{count}"


def _line(sign: str, line: str) -> str:
    return sign + (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")


def _quoted(name: str) -> str:
    """A name as Git writes it: in quotes where it holds what would be taken for something else."""
    if any(character in _ESCAPES or ord(character) < 32 for character in name):
        return '"' + "".join(_escape(character) for character in name) + '"'
    return name


def _escape(character: str) -> str:
    return _ESCAPES.get(character) or (f"\\{ord(character):03o}" if ord(character) < 32 else character)
