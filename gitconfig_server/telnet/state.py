"""Where a session stands: in which mode, at which path, editing what, waiting for which answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct, field

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.grammar import CONFIGURE, OPERATIONAL, Verb
from gitconfig_server.telnet.piping import Pipes
from gitconfig_server.telnet.target import Area, Path, TelnetTarget
from gitconfig_server.telnet.words import Word, data_at, path_of
from gitconfig_server.text.trees import quoted

ShownLines = list[str]
TypedWords = Sequence[Word]


class Screen(Struct):
    """How the terminal is shown. ``length``: lines of a page, 0 for one page, None for what the terminal says."""

    length: int | None = None
    width: int | None = None
    color: bool = True


class TerminalQuestion(Struct, frozen=True):
    """Something that must be answered with yes or no; ``agreed`` runs where it is yes."""

    text: str
    agreed: Callable[[], Awaitable[ShownLines]]


class State(Struct):
    """One session. ``closing``: it is over. ``collecting``: lines are text to load, until one with a dot."""

    target: TelnetTarget
    user: str = ""
    mode: str = OPERATIONAL
    here: Path = ()
    former: list[Path] = field(default_factory=list)
    """Where ``edit`` came from, for ``exit``."""
    closing: bool = False
    screen: Screen = field(default_factory=Screen)
    question: TerminalQuestion | None = None
    collecting: list[str] | None = None
    loading: str = ""
    kind: str = ""
    """How the area was opened."""
    area: Area | None = None

    @property
    def prompt(self) -> str:
        """What stands before the line."""
        if self.collecting is not None:
            return ""
        if self.question:
            return f"{self.question.text} [yes,no] "
        who = f"{self.user}@{self.target.name}" if self.user else self.target.name
        if self.mode == OPERATIONAL:
            return f"{who}> "
        return f"\r\n{self.banner}\r\n{who}# "

    @property
    def banner(self) -> str:
        """Where the session edits, as Junos says it."""
        return f"[{' '.join(['edit', *map(quoted, self.here)])}]"

    @property
    def needed_area(self) -> Area:
        """What is edited; InvalidInput where nothing is."""
        if self.area is None:
            raise InvalidInput("nothing is being edited: type configure first")
        return self.area

    async def begin(self, kind: str) -> None:
        """Edit from the top on."""
        self.area = await self.target.edit(kind)
        self.mode, self.kind = CONFIGURE, kind
        self.go(())
        self.former.clear()

    def go(self, path: Path) -> None:
        """Stand at a path."""
        self.here = path

    async def close(self) -> None:
        """Let go of what is edited."""
        if self.area is not None:
            area, self.area = self.area, None
            await area.close()
        self.mode = OPERATIONAL
        self.go(())

    async def data(self) -> Any:
        """What ``show`` shows: what is edited, else what is running."""
        return await self.area.read() if self.area else await self.target.running()

    async def path(self, words: TypedWords) -> Path:
        """What the words mean in what is edited."""
        known: Any = None
        if len(words) == 1 and "." in words[0].text:
            try:
                known = data_at(await self.needed_area.read(), self.here)
            except InvalidInput:
                known = None
        return path_of(words, self.here, known)


Handler = Callable[[State, Verb, TypedWords, Pipes], Awaitable[ShownLines]]


def number_of(words: TypedWords, verb: Verb, default: int) -> int:
    """The one number that may stand there; InvalidInput tells how the verb is said."""
    if not words:
        return default
    if len(words) != 1 or not is_count(words[0].text):
        raise InvalidInput(verb.usage)
    return int(words[0].text)


def is_count(text: str) -> bool:
    """Whether it is a number that somebody may mean."""
    return text.isascii() and text.isdigit() and len(text) <= 6


def needed(words: TypedWords, verb: Verb, least: int = 1) -> TypedWords:
    """The words; InvalidInput tells how the verb is said where there are too few."""
    if len(words) < least:
        raise InvalidInput(verb.usage)
    return words
