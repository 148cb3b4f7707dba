"""Differences of one file as ``git diff`` tells them, so that ``git apply`` takes them."""

from __future__ import annotations

import difflib
import zlib
from base64 import b85encode
from collections.abc import Iterator, Sequence
from string import ascii_lowercase, ascii_uppercase

from gitconfig_server.git.objects.reader import make_blob

_MAX_LINES = 20_000
"""Of either side, beyond which lines are not matched up: the whole file is replaced."""
_CONTEXT = 3

_LENGTHS = ascii_uppercase + ascii_lowercase
_NO_BLOB = "0" * 40
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def unified_diff(path: str, old: bytes | None, old_mode: int, new: bytes | None, new_mode: int) -> str:
    """The text of the difference; None: there is no such file. A file that is not UTF-8 comes as Git's binary patch."""
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
        return "".join([*head, *_binary_patch(old, new)])
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
    if max(len(old), len(new)) > _MAX_LINES:
        if old != new:
            yield _range(0, len(old), 0, len(new))
            yield from (_line("-", line) for line in old)
            yield from (_line("+", line) for line in new)
        return
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(_CONTEXT):
        yield _range(group[0][1], group[-1][2], group[0][3], group[-1][4])
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from (_line(" ", line) for line in old[old_start:old_end])
                continue
            yield from (_line("-", line) for line in old[old_start:old_end])
            yield from (_line("+", line) for line in new[new_start:new_end])


def _binary_patch(old: bytes | None, new: bytes | None) -> Iterator[str]:
    """Both contents whole, so that the patch goes either way; nothing where only the mode differs."""
    if old != new:
        before, after = (_NO_BLOB if one is None else make_blob(one).id.decode() for one in (old, new))
        yield f"index {before}..{after}\nGIT binary patch\n"
        yield from (_literal(one or b"") for one in (new, old))


def _literal(content: bytes) -> str:
    """Deflated and in base 85, with each line's length in front: A to Z are 1 to 26, a to z 27 to 52."""
    packed = zlib.compress(content)
    lines = (packed[at : at + len(_LENGTHS)] for at in range(0, len(packed), len(_LENGTHS)))
    encoded = (f"{_LENGTHS[len(line) - 1]}{b85encode(line, pad=True).decode()}\n" for line in lines)
    return "".join([f"literal {len(content)}\n", *encoded, "\n"])


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
    """A name as Git reads it: in quotes where it holds what would be taken for something else.

    Git itself writes spaces without, and then cannot apply ``a /b`` where no other line names the file.
    """
    if any(character in _ESCAPES or ord(character) <= 32 for character in name):
        return '"' + "".join(_escape(character) for character in name) + '"'
    return name


def _escape(character: str) -> str:
    return _ESCAPES.get(character) or (f"\\{ord(character):03o}" if ord(character) < 32 else character)
