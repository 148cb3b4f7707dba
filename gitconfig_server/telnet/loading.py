"""``load``: text from the terminal, as set lines, JSON or braces."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.editing import create, delete, set_value
from gitconfig_server.telnet.grammar import CONFIGURE, Verb, find_verb, keyword
from gitconfig_server.telnet.piping import Pipes
from gitconfig_server.telnet.state import Handler, ShownLines, State, TypedWords, needed
from gitconfig_server.telnet.words import data_at, split_words
from gitconfig_server.text.braces import read_braces

_MAX_LOAD = 1024 * 1024
_END = "[Type ^D at a new line, or a dot, to end input]"
_LINES: dict[str, Handler] = {"set": set_value, "delete": delete, "create": create}


async def load(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Take the lines that follow as text to load."""
    names = [keyword(verb, word) for word in needed(words, verb)]
    if names[0] not in ("merge", "override", "set") or any(one not in ("terminal", "relative") for one in names[1:]):
        files = " (there are no files here: paste it)" if names[0] and len(names) > 1 else ""
        raise InvalidInput(f"{verb.usage}{files}")
    state.loading, state.collecting = str(names[0]), []
    return [_END]


async def collect(state: State, line: str) -> ShownLines:
    """One line of the text."""
    assert state.collecting is not None
    if line.strip() != ".":
        state.collecting.append(line)
        if sum(map(len, state.collecting)) > _MAX_LOAD:
            state.collecting = None
            raise InvalidInput(f"more than {_MAX_LOAD} characters: nothing was loaded")
        return []
    lines, state.collecting = state.collecting, None
    return await (_load_sets(state, lines) if state.loading == "set" else _load_data(state, "\n".join(lines)))


async def _load_sets(state: State, lines: list[str]) -> ShownLines:
    """Line by line, as if they were typed; the first that cannot be ends it."""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = split_words(line)
        verb = find_verb(CONFIGURE, words[0].text)
        if verb.name not in _LINES:
            raise InvalidInput(f"{line[:60]}: only set, create and delete are loaded")
        try:
            await _LINES[verb.name](state, verb, needed(words[1:], verb), Pipes())
        except InvalidInput as error:
            raise InvalidInput(f"line {number}: {error}: what stands before it is staged") from error
    return ["load complete"]


async def _load_data(state: State, text: str) -> ShownLines:
    data = await asyncio.to_thread(_read, text)
    area = state.needed_area
    if state.loading == "override" and not state.here:
        await area.replace(data)
    else:
        present = await _present(state)
        await area.put(state.here, data if state.loading == "override" else _merged(present, data))
    return ["load complete"]


def _read(text: str) -> Any:
    """JSON, or braces where it begins otherwise."""
    if not text.lstrip().startswith(("{", "[")):
        return read_braces(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}: nothing was loaded") from error


async def _present(state: State) -> Any:
    """What is staged where the session stands, nothing where it stands at a new path."""
    try:
        return data_at(await state.needed_area.read(), state.here)
    except InvalidInput:
        return {}


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{name: _merged(old[name], value) if name in old else value for name, value in new.items()}}
