"""Editing one line at a terminal: keys in, what to write out, and the line when it is done. No socket, no clock.

Arrows, Home, End, Delete, ^A ^E ^B ^F ^P ^N ^U ^K ^W ^L, tab, ``?`` without Enter, ^R to search in the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

from gitconfig_server.text.keys import KEYS, take_key
from gitconfig_server.text.widths import letter_width, width_of

MAX_LINE = 64 * 1024
_HISTORY = 200
_KEPT = 2000
"""Letters of a line that the history keeps; a longer one is not kept, since every key of a search looks at all."""


class What(Enum):
    """What a key asked for, beyond editing."""

    LINE = auto()
    COMPLETE = auto()
    HELP = auto()
    INTERRUPT = auto()
    END = auto()
    TOO_LONG = auto()


class Event(Struct, frozen=True):
    """Something for the caller; ``line`` is the text up to the cursor for COMPLETE and HELP, else all of it."""

    what: What
    line: str


class LineEditor:
    """One line after another. ``echo``: the terminal shows nothing by itself; ``hidden``: nothing typed is shown.

    ``output`` holds what is to be written; the caller takes it. ``width`` is the terminal's. A key costs no more than
    the line is wide, and what was typed at once is drawn once.
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
        self._is_stale = False
        self._room = 0
        """Columns that are free behind the line as it is shown."""

    def begin(self, prompt: str, *, hidden: bool = False) -> None:
        """Start a line behind a prompt; of one with several lines only the last is drawn again."""
        above, newline, self._prompt = prompt.rpartition("\n")
        self.hidden = hidden
        self._text, self._cursor = [], 0
        self._place, self._search = len(self.history), None
        self._room, self._is_stale = self.width - width_of(self._prompt) - 1, False
        self.output += above + newline + self._prompt

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
            key, self._pending = take_key(self._pending)
            if key is None:
                break
            event = self._press(key)
            if event is not None:
                self._catch_up()
                yield event
        self._catch_up()

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
        if key == "\x04" or key in KEYS:
            self._edit(KEYS.get(key, "delete"))
            return None
        if len(key) == 1 and key.isprintable():
            return self._typed(key)
        return None

    def _done(self) -> Event:
        self._catch_up()
        line = "".join(self._text)
        if self.echo:
            self.output += "\r\n"
        if line.strip() and not self.hidden and len(line) <= _KEPT and self.history[-1:] != [line]:
            self.history = [*self.history[-(_HISTORY - 1) :], line]
        self._text, self._cursor, self._search = [], 0, None
        return Event(What.LINE, line)

    def _interrupted(self) -> Event:
        self._catch_up()
        self.output += "^C\r\n"
        self._text, self._cursor, self._search = [], 0, None
        return Event(What.INTERRUPT, "")

    def _typed(self, key: str) -> Event | None:
        if len(self._text) >= MAX_LINE:
            return Event(What.TOO_LONG, "")
        at_end, columns = self._cursor == len(self._text), letter_width(key)
        self._type(key)
        if self.hidden:
            return None
        if at_end and not self._is_stale and columns <= self._room:
            self._room -= columns
            self.output += key if self.echo else ""
        else:
            self._is_stale = True
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
            self._erase_word()
        self._is_stale = True

    def _erase_word(self) -> None:
        """The word in front of the cursor, with the blanks behind it."""
        start = self._cursor
        while start and self._text[start - 1] == " ":
            start -= 1
        while start and self._text[start - 1] != " ":
            start -= 1
        del self._text[start : self._cursor]
        self._cursor = start

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
        self._is_stale = True
        if key == "\x12":
            self._find(self._search, self._place)
        elif key in ("\x7f", "\x08"):
            self._search = self._search[:-1]
            self._find(self._search, len(self.history))
        elif len(key) == 1 and key.isprintable():
            self._search = (self._search + key)[:_KEPT]
            self._find(self._search, len(self.history))
        else:
            self._search = None
            return key in ("", "\x07")
        return True

    def _find(self, text: str, before: int) -> None:
        for place in range(min(before, len(self.history)) - 1, -1, -1):
            if text in self.history[place]:
                self._place, self._text = place, list(self.history[place])
                self._cursor = len(self._text)
                return

    def _catch_up(self) -> None:
        """Draw where keys have changed what is shown."""
        if self._is_stale:
            self._draw()

    def _draw(self) -> None:
        self._is_stale = False
        if not self.echo:
            return
        prompt = self._prompt if self._search is None else f"(search) {self._search[-20:]}: "
        if self.hidden:
            self.output += f"\r{prompt}\x1b[K"
            return
        shown, behind = self._window(prompt)
        self.output += f"\r{prompt}{shown}\x1b[K" + (f"\x1b[{behind}D" if behind else "")

    def _window(self, prompt: str) -> tuple[str, int]:
        """The part of the line that fits behind the prompt, and how many columns of it stand behind the cursor."""
        room = max(10, self.width - width_of(prompt) - 1)
        start, free = self._cursor, room - 1
        while start and (columns := letter_width(self._text[start - 1])) <= free:
            start, free = start - 1, free - columns
        end, free = self._cursor, free + 1
        while end < len(self._text) and (columns := letter_width(self._text[end])) <= free:
            end, free = end + 1, free - columns
        is_whole = start == 0 and end == len(self._text) and self._search is None
        self._room = free - 1 if is_whole else 0
        return "".join(self._text[start:end]), width_of("".join(self._text[self._cursor : end]))

    def _before(self) -> str:
        return "".join(self._text[: self._cursor])

    def _is_quoted(self) -> bool:
        return self._before().count('"') % 2 == 1
