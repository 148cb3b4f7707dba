"""What stands behind ``|``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.grammar import PIPES
from gitconfig_server.telnet.words import Word
from gitconfig_server.text.filters import Pattern, counted, found_on

_Filter = Callable[[list[str]], list[str]]

DISPLAYS = ("set", "json", "inheritance")
_LAST = 10
_NO_FILES = "nothing is written to files here: copy it from the terminal, or ask over HTTP"


class Pipes(Struct):
    """``compares``: differences are asked for, from running, or from what was saved ``older`` saves ago.

    ``display``: one of DISPLAYS, empty for braces. ``filters`` are in their order; ``paged``: long answers stop.
    """

    compares: bool = False
    older: int | None = None
    display: str = ""
    paged: bool = True
    filters: list[_Filter] = field(default_factory=list)

    def through(self, lines: list[str]) -> list[str]:
        """What the filters leave of an answer."""
        for one in self.filters:
            lines = one(lines)
        return lines


def read_pipes(parts: Sequence[Sequence[Word]]) -> Pipes:
    """What the words mean; InvalidInput names the pipes there are."""
    found = Pipes()
    for words in parts:
        name, rest = _named(words), [one.text for one in words[1:]]
        if name == "compare":
            found.compares, found.older = True, _older(rest)
        elif name == "display":
            found.display = _display(rest)
        elif name == "no-more":
            found.paged = False
        else:
            found.filters.append(_filter(name, rest))
    return found


def _named(words: Sequence[Word]) -> str:
    text = words[0].text if words else ""
    names = [name for name, _ in PIPES]
    found = [text] if text in names else [name for name in names if text and name.startswith(text)]
    if len(found) == 1:
        return found[0]
    if text and any(one.startswith(text) for one in ("save", "append", "tee")):
        raise InvalidInput(f"| {text}: {_NO_FILES}")
    raise InvalidInput(f"{text[:40] or '|'}: {' or '.join(found)}?" if found else _expected(text))


def _expected(text: str) -> str:
    return f"{text[:40] or '|'}: expected {', '.join(name for name, _ in PIPES)}"


def _older(rest: list[str]) -> int | None:
    if not rest:
        return None
    if len(rest) == 2 and "rollback".startswith(rest[0]) and rest[1].isdecimal() and len(rest[1]) <= 6:
        return int(rest[1])
    raise InvalidInput("compare [rollback N]")


def _display(rest: list[str]) -> str:
    found = [name for name in DISPLAYS if len(rest) == 1 and rest[0] and name.startswith(rest[0])]
    if len(found) != 1:
        raise InvalidInput("display set|json|inheritance")
    return found[0]


def _filter(name: str, rest: list[str]) -> _Filter:
    if name == "count" and not rest:
        return counted
    if name == "last" and (not rest or (len(rest) == 1 and rest[0].isdecimal() and len(rest[0]) <= 6)):
        count = int(rest[0]) if rest else _LAST
        return lambda lines: lines[len(lines) - min(count, len(lines)) :]
    if name not in ("match", "except", "find") or len(rest) != 1:
        raise InvalidInput("count" if name == "count" else "last [N]" if name == "last" else f"{name} PATTERN")
    pattern = Pattern(rest[0])
    if name == "find":
        return lambda lines: found_on(lines, pattern)
    wanted = name == "match"
    return lambda lines: [line for line in lines if pattern.matches(line) is wanted]
