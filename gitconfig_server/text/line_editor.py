"""Editing one line at a terminal: keys in, what to write out, and the line when it is done. No socket, no clock.

Arrows, Home, End, Delete, ^A ^E ^B ^F ^P ^N ^U ^K ^W ^L, tab, ``?`` without Enter, ^R to search in the history.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

MAX_LINE = 64 * 1024
_HISTORY = 200

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])")
_KEYS = {
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[C": "right",
    "\x1bOC": "right",
    "\x1b[D": "left",
    "\x1bOD": "left",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[F": "end",
    "\x1bOF": "end",
    "\x1b[4~": "end",
    "\x1b[3~": "delete",
    "\x01": "home",
    "\x02": "left",
    "\x05": "end",
    "\x06": "right",
    "\x08": "back",
    "\x0b": "kill",
    "\x0c": "redraw",
    "\x0e": "down",
    "\x10": "up",
    "\x12": "search",
    "\x15": "clear",
    "\x17": "word",
    "\x7f": "back",
}


class What(Enum):
    """What a key asked for, beyond editing."""

    LINE = auto()
    COMPLETE = auto()
    HELP = auto()
    INTERRUPT = auto()
    END = auto()
    TOO_LONG = auto()


@dataclass(frozen=True, slots=True)
class Event:
    """Something for the caller; ``line`` is the text up to the cursor for COMPLETE and HELP, else all of it."""

    what: What
    line: str


class LineEditor:
    """One line after another. ``echo``: the terminal shows nothing by itself; ``hidden``: nothing typed is shown.

    ``output`` holds what is to be written; the caller takes it. ``width`` is the terminal's.
    """

    def __init__(self, *, echo: bool = True, width: int = 80) -> None:
        self.echo = echo
        self.width = width
        self.hidden = False
        self.history: list[str] = []
        self.output = ""
        self._prompt = ""
        self._text: list[str] = []
        self._cursor = 0
        self._place = 0
        self._search: str | None = None
        self._pending = ""
        self._after_return = False

    def begin(self, prompt: str, *, hidden: bool = False, text: str = "") -> None:
        """Start a line behind a prompt."""
        self._prompt, self.hidden = prompt, hidden
        self._text, self._cursor = list(text), len(text)
        self._place, self._search = len(self.history), None
        self.output += prompt + ("" if hidden else text)

    def redraw(self) -> None:
        """Show prompt and line again, after something else was written."""
        self._draw()

    def insert(self, text: str) -> None:
        """Type for the user."""
        for one in text:
            self._type(one)
        self._draw()

    def feed(self, text: str) -> Iterator[Event]:
        """Take what was typed; the events in their order. Keys behind one that ends a line belong to the next one."""
        self._pending += text
        while self._pending:
            key = self._next_key()
            if key is None:
                return
            event = self._press(key)
            if event is not None:
                yield event

    def _next_key(self) -> str | None:
        """One key off the input; None where it has not come whole."""
        if self._pending[0] != "\x1b":
            key, self._pending = self._pending[0], self._pending[1:]
            return key
        found = _ESCAPE.match(self._pending)
        if found:
            self._pending = self._pending[found.end() :]
            return found.group()
        if len(self._pending) < 8 and re.fullmatch(r"\x1b(?:\[[0-9;]*|O)?", self._pending):
            return None
        self._pending = self._pending[1:]
        return ""

    def _press(self, key: str) -> Event | None:
        after_return, self._after_return = self._after_return, key == "\r"
        if key == "\x00" or (key == "\n" and after_return):
            return None
        if key in "\r\n" and key:
            return self._done()
        if self._search is not None and self._searched(key):
            return None
        if key == "\t":
            return Event(What.COMPLETE, self._before()) if not self.hidden else None
        if key == "?" and not self.hidden and not self._is_quoted():
            return Event(What.HELP, self._before())
        if key == "\x03":
            return self._interrupted()
        if key == "\x04" and not self._text:
            return Event(What.END, "")
        if key == "\x04" or key in _KEYS:
            self._edit(_KEYS.get(key, "delete"))
            return None
        if len(key) == 1 and key.isprintable():
            return self._typed(key)
        return None

    def _done(self) -> Event:
        line = "".join(self._text)
        if self.echo:
            self.output += "\r\n"
        if line.strip() and not self.hidden and self.history[-1:] != [line]:
            self.history = [*self.history[-(_HISTORY - 1) :], line]
        self._text, self._cursor, self._search = [], 0, None
        return Event(What.LINE, line)

    def _interrupted(self) -> Event:
        self.output += "^C\r\n"
        self._text, self._cursor, self._search = [], 0, None
        return Event(What.INTERRUPT, "")

    def _typed(self, key: str) -> Event | None:
        if len(self._text) >= MAX_LINE:
            return Event(What.TOO_LONG, "")
        at_end = self._cursor == len(self._text)
        self._type(key)
        if self.echo and not self.hidden:
            if at_end and _width(self._prompt) + _width("".join(self._text)) < self.width:
                self.output += key
            else:
                self._draw()
        return None

    def _type(self, key: str) -> None:
        self._text.insert(self._cursor, key)
        self._cursor += 1

    def _edit(self, name: str) -> None:
        text, at = self._text, self._cursor
        if name in ("up", "down"):
            self._recall(-1 if name == "up" else 1)
        elif name == "search":
            self._search = ""
        elif name == "left":
            self._cursor = max(0, at - 1)
        elif name == "right":
            self._cursor = min(len(text), at + 1)
        elif name == "home":
            self._cursor = 0
        elif name == "end":
            self._cursor = len(text)
        elif name == "back" and at:
            del text[at - 1]
            self._cursor = at - 1
        elif name == "delete":
            del text[at : at + 1]
        elif name == "kill":
            del text[at:]
        elif name == "clear":
            del text[:at]
            self._cursor = 0
        elif name == "word":
            start = len("".join(text[:at]).rstrip().rpartition(" ")[0])
            start += 1 if start else 0
            del text[start:at]
            self._cursor = start
        self._draw()

    def _recall(self, step: int) -> None:
        place = self._place + step
        if self.hidden or not 0 <= place <= len(self.history):
            return
        self._place = place
        self._text = list(self.history[place]) if place < len(self.history) else []
        self._cursor = len(self._text)

    def _searched(self, key: str) -> bool:
        """Whether a key belonged to the search."""
        assert self._search is not None
        if key == "\x12":
            self._find(self._search, self._place)
        elif key in ("\x7f", "\x08"):
            self._search = self._search[:-1]
            self._find(self._search, len(self.history))
        elif len(key) == 1 and key.isprintable():
            self._search += key
            self._find(self._search, len(self.history))
        else:
            self._search = None
            self._draw()
            return key in ("", "\x07")
        self._draw()
        return True

    def _find(self, text: str, before: int) -> None:
        for place in range(min(before, len(self.history)) - 1, -1, -1):
            if text in self.history[place]:
                self._place, self._text = place, list(self.history[place])
                self._cursor = len(self._text)
                return

    def _draw(self) -> None:
        if not self.echo:
            return
        prompt = self._prompt if self._search is None else f"(search) {self._search}: "
        if self.hidden:
            self.output += f"\r{prompt}\x1b[K"
            return
        shown, behind = self._window(prompt)
        self.output += f"\r{prompt}{shown}\x1b[K" + (f"\x1b[{behind}D" if behind else "")

    def _window(self, prompt: str) -> tuple[str, int]:
        """The part of the line that fits behind the prompt, and how many columns of it stand behind the cursor."""
        room = max(10, self.width - _width(prompt) - 1)
        start = 0
        while _width("".join(self._text[start : self._cursor])) > room - 1:
            start += 1
        end = len(self._text)
        while _width("".join(self._text[start:end])) > room:
            end -= 1
        return "".join(self._text[start:end]), _width("".join(self._text[self._cursor : end]))

    def _before(self) -> str:
        return "".join(self._text[: self._cursor])

    def _is_quoted(self) -> bool:
        return self._before().count('"') % 2 == 1


def common_start(words: Sequence[str]) -> str:
    """What all words begin with."""
    if not words:
        return ""
    low, high = min(words), max(words)
    for index, letter in enumerate(low):
        if index >= len(high) or high[index] != letter:
            return low[:index]
    return low


def columns(words: Sequence[str], width: int) -> list[str]:
    """Words in columns, as many as fit."""
    size = max((_width(word) for word in words), default=0) + 2
    count = max(1, width // size)
    rows = [words[start : start + count] for start in range(0, len(words), count)]
    return ["".join(word + " " * (size - _width(word)) for word in row).rstrip() for row in rows]


def _width(text: str) -> int:
    """Columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(_letter_width(one) for one in text)


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
