"""What a session does with a line. No socket: lines in, lines out."""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import GitConfigError, InvalidInput
from gitconfig_server.telnet import committing, editing, loading, showing
from gitconfig_server.telnet.completing import find_choices
from gitconfig_server.telnet.grammar import CONFIGURE, OPERATIONAL, find_verb
from gitconfig_server.telnet.piping import Pipes, read_pipes
from gitconfig_server.telnet.state import Handler, Screen, ShownLines, State, is_count
from gitconfig_server.telnet.target import Path, TelnetTarget
from gitconfig_server.telnet.words import Word, pipes, split_words

_MAX_COMPLETED = 4000
"""Letters of a line that is completed: whoever pastes more needs no help."""

_HANDLERS: dict[str, Handler] = {
    "configure": editing.configure,
    "use": editing.use,
    "show": showing.show,
    "edit": editing.edit,
    "set": editing.set_value,
    "create": editing.create,
    "delete": editing.delete,
    "rename": editing.rename,
    "copy": editing.copy,
    "load": loading.load,
    "check": committing.check,
    "commit": committing.commit,
    "confirm": committing.confirm,
    "cancel": committing.cancel,
    "rollback": committing.rollback,
    "discard": committing.discard,
    "update": committing.update,
    "save": committing.save,
    "restore": committing.restore,
    "history": showing.history,
    "status": showing.status,
    "cli": showing.set_screen,
    "help": showing.help_,
    "exit": editing.leave,
    "quit": editing.leave,
}


class Commands:
    """One session's language. ``paged``: the last answer stops at each page; ``painted``: signs have colors."""

    def __init__(self, target: TelnetTarget, user: str = "") -> None:
        self._state = State(target, user)
        self.paged = True
        self.painted = False

    @property
    def target(self) -> TelnetTarget:
        """What is worked on."""
        return self._state.target

    @property
    def mode(self) -> str:
        """OPERATIONAL or CONFIGURE."""
        return self._state.mode

    @property
    def here(self) -> Path:
        """The path where the session edits."""
        return self._state.here

    @property
    def screen(self) -> Screen:
        """How the terminal is to be shown."""
        return self._state.screen

    @property
    def closing(self) -> bool:
        """Whether the session is over."""
        return self._state.closing

    @property
    def prompt(self) -> str:
        """What stands before the line."""
        return self._state.prompt

    async def run(self, line: str) -> ShownLines:
        """What comes of a line; errors are lines too."""
        self.paged, self.painted = True, False
        try:
            if self._state.collecting is not None:
                return await loading.collect(self._state, line)
            if self._state.question is not None:
                return await self._answer(line)
            if line.lstrip().startswith(("#", "!")):
                return []
            command, *filters = pipes(split_words(line))
            found = read_pipes(filters)
            self.paged, self.painted = found.paged, found.compares
            return found.through(await self._command(command, found)) if command else []
        except GitConfigError as error:
            self.painted = False
            return [f"error: {one}" for one in (disclose(error).splitlines() or [error.code])]

    async def ended(self) -> ShownLines:
        """^D: the text to load is complete, or the session leaves."""
        if self._state.collecting is not None:
            return await self.run(".")
        return await self.run("exit")

    async def choices(self, line: str) -> list[tuple[str, str]]:
        """What may come next behind ``line``: word and meaning."""
        if len(line) > _MAX_COMPLETED:
            return []
        try:
            words = split_words(line)
            last = words.pop().text if words and not line[-1:].isspace() else ""
            return await find_choices(self._state, words, last)
        except GitConfigError:
            return []

    async def close(self) -> None:
        """Let go of what is edited."""
        await self._state.close()

    async def _command(self, words: Sequence[Word], found: Pipes) -> ShownLines:
        state = self._state
        if state.mode == OPERATIONAL and [word.text for word in words[:2]] == ["set", "cli"]:
            words = words[1:]
        verb = find_verb(state.mode, words[0].text, state.target.lacks)
        if verb.name == "run":
            return await self._run(words[1:], found)
        if verb.name in ("top", "up"):
            return await self._elsewhere(verb.name, words[1:], found)
        if (found.compares or found.display) and verb.name not in ("show", "status"):
            raise InvalidInput(f"only show is compared and displayed: show ... | {'compare' if found.compares else ''}")
        return await _HANDLERS[verb.name](state, verb, words[1:], found)

    async def _run(self, words: Sequence[Word], found: Pipes) -> ShownLines:
        """A command of operational mode, from within configuration mode."""
        if not words:
            raise InvalidInput("run COMMAND")
        state = self._state
        verb = find_verb(OPERATIONAL, words[0].text, state.target.lacks)
        if verb.name not in ("show", "history", "status", "help", "confirm", "cancel", "save", "restore"):
            raise InvalidInput(f"run {verb.name}: say it without run, or exit first")
        area, here, state.area, state.mode = state.area, state.here, None, OPERATIONAL
        state.go(())
        try:
            return await _HANDLERS[verb.name](state, verb, words[1:], found)
        finally:
            state.area, state.mode = area, CONFIGURE
            state.go(here)

    async def _elsewhere(self, name: str, words: Sequence[Word], found: Pipes) -> ShownLines:
        """``top`` and ``up``: go there, or run there what follows and come back, unless that is ``edit``."""
        state = self._state
        count, rest = (words[:1], words[1:]) if name == "up" and words and is_count(words[0].text) else ((), words)
        verb = find_verb(CONFIGURE, name)
        here, former = state.here, list(state.former)
        await (editing.top if name == "top" else editing.up)(state, verb, count, found)
        if not rest:
            return []
        try:
            done = await self._command(rest, found)
        except GitConfigError:
            state.former = former
            state.go(here)
            raise
        if find_verb(CONFIGURE, rest[0].text, state.target.lacks).name not in ("edit", "top", "up", "exit", "quit"):
            state.former = former
            state.go(here if state.mode == CONFIGURE else ())
        return done

    async def _answer(self, line: str) -> ShownLines:
        question, self._state.question = self._state.question, None
        assert question is not None
        return await question.agreed() if line.strip().lower() in ("y", "yes") else []
