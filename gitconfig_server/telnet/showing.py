"""The verbs that only look: ``show history status help``, and how the terminal is shown."""

from __future__ import annotations

from typing import Any

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.grammar import CONFIGURE, Verb, keyword, usages
from gitconfig_server.telnet.piping import Pipes
from gitconfig_server.telnet.state import Handler, ShownLines, State, TypedWords, is_count, number_of
from gitconfig_server.telnet.target import Path
from gitconfig_server.telnet.words import data_at, names_at, path_of
from gitconfig_server.text.trees import as_json, as_sets, in_braces
from gitconfig_server.text.widths import aligned
from gitconfig_server.version import __version__

_SAVES = 20
_SYSTEM = "show system commit, or show system rollback N"


async def show(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """A part of a configuration, or what differs, or something about it."""
    name = _subject(verb, words, await _names(state), state)
    rest = words if name is None else words[1:]
    if name == "system":
        name, rest = _junos(rest)
    if name in _ABOUT:
        return await _ABOUT[name](state, verb, rest, pipes)
    if pipes.compares:
        return await _differences(state, name, pipes)
    if name == "rollback":
        data, rest = await state.target.saved(number_of(rest[:1], verb, 0)), rest[1:]
    else:
        data = await _shown(state, name)
    here = state.here if name is None else ()
    path = path_of(rest, here, data if not here else None)
    return await _rendered(state, data_at(data, path), path, pipes, name)


async def history(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """What was saved, with the numbers that ``rollback`` takes."""
    found = await state.target.history(number_of(words, verb, _SAVES))
    rows = [(str(index), name, author, message) for index, (name, author, message) in enumerate(found)]
    return aligned(rows) if rows else ["nothing has been saved"]


async def status(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """How it is doing."""
    return await _rendered(state, await state.target.status(), (), pipes, "status")


async def help_(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Every verb, or one of them."""
    return usages(state.mode, words[0].text if words else "", state.target.lacks)


async def set_screen(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """How this terminal is shown. What else Junos lets be set of it changes nothing here."""
    name = keyword(verb, words[0]) if words else None
    value = words[1].text if len(words) == 2 else ""
    if name in ("screen-length", "screen-width"):
        if not is_count(value):
            raise InvalidInput(f"set cli {name} N")
        if name == "screen-length":
            state.screen.length = int(value)
        else:
            state.screen.width = int(value) or None
        return [f"{name.replace('-', ' ').capitalize()} set to {value}"]
    if name == "color":
        if value not in ("on", "off"):
            raise InvalidInput("set cli color on|off")
        state.screen.color = value == "on"
        return []
    if not words:
        raise InvalidInput(verb.usage)
    if value == "off":  # what programs are used to hear, and it is so: a blank completes nothing
        return [f"Disabling {words[0].text[:40]}"]
    return [f"{words[0].text[:40]} changes nothing here"]


async def _screen(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    screen = state.screen
    length, width = ("as the terminal says" if one is None else str(one) for one in (screen.length, screen.width))
    return [f"screen-length {length}", f"screen-width {width}", f"color {'on' if screen.color else 'off'}"]


async def _version(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    return [f"gitconfig-server {__version__}"]


async def _applications(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    return list(await state.target.places("applications")) or ["nothing is stored yet"]


async def _labels(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    return list(await state.target.places("labels")) or ["nothing is stored yet"]


_ABOUT: dict[str | None, Handler] = {
    "status": status,
    "history": history,
    "cli": _screen,
    "version": _version,
    "applications": _applications,
    "labels": _labels,
}


def _subject(verb: Verb, words: TypedWords, names: list[str], state: State) -> str | None:
    """The keyword that the first word is; a node goes before an abbreviation, and before a keyword where one edits."""
    name = keyword(verb, words[0], state.target.lacks) if words else None
    if name is None or (words[0].text in names and (state.mode == CONFIGURE or name != words[0].text)):
        return None
    return name


def _junos(words: TypedWords) -> tuple[str, TypedWords]:
    text = words[0].text if words else ""
    if text and "commit".startswith(text):
        return "history", words[1:]
    if text and "rollback".startswith(text):
        return "rollback", words[1:]
    raise InvalidInput(_SYSTEM)


async def _names(state: State) -> list[str]:
    """Names where the session stands; none where nothing can be read, so that keywords can still be said."""
    try:
        return names_at(await state.data(), state.here)
    except InvalidInput:
        return []


async def _shown(state: State, name: str | None) -> Any:
    if name == "saved":
        return await state.target.saved(0)
    if name == "effective":
        return await state.target.effective()
    return await (state.data() if name is None else state.target.running())


async def _differences(state: State, name: str | None, pipes: Pipes) -> ShownLines:
    if name is None and state.area is not None:
        found = await state.area.compare(pipes.older)
    elif pipes.older is None:
        raise InvalidInput("nothing is being edited: type configure first, or | compare rollback N")
    else:
        found = await state.target.compare(pipes.older)
    return list(found) or ["no differences"]


async def _rendered(state: State, data: Any, path: Path, pipes: Pipes, name: str | None) -> ShownLines:
    if pipes.display == "json":
        return list(as_json(data))
    if pipes.display == "set":
        return list(as_sets(data, path))
    if pipes.display == "inheritance":
        origins = await state.target.origins()
        whole = await state.target.effective()
        return list(in_braces(data_at(whole, path), notes=origins, path=path))
    return list(in_braces(data))
