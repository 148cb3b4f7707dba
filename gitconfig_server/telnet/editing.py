"""The verbs that change what is staged, and move about in it."""

from __future__ import annotations

import json
from typing import Any

from gitconfig_server.errors import Conflict, InvalidInput
from gitconfig_server.telnet.grammar import OPERATIONAL, Verb, keyword
from gitconfig_server.telnet.piping import Pipes
from gitconfig_server.telnet.state import ShownLines, State, TerminalQuestion, TypedWords, needed, number_of
from gitconfig_server.telnet.words import data_at, path_of

_STAGED_DIFFERS = "what is staged differs from what is running: show | compare"


async def configure(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Begin to edit."""
    kind = keyword(verb, words[0]) if words else ""
    if kind is None or len(words) > 1:
        raise InvalidInput(verb.usage)
    kind = "" if kind == "terminal" else kind
    await state.begin(kind)
    told = ["Entering configuration mode"]
    if kind != "private" and await state.needed_area.is_changed():
        told.append(_STAGED_DIFFERS)
    return told


async def edit(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Go to a path; a new one begins when something is set beneath it."""
    told = []
    if words and words[0].text == "application" and "use" not in state.target.lacks and not await _stands(state, words):
        told += await use(state, verb, words, pipes)
        words = ()
    if state.mode == OPERATIONAL:
        told += await configure(state, verb, (), pipes)
    if not words:
        return told
    data = await state.needed_area.read()
    path = path_of(words, state.here, _at(data, state.here))
    found = _at(data, path)
    if found is not None and not isinstance(found, dict | list):
        raise InvalidInput(f"{' '.join(path)} is a value: set it, there is nothing beneath it")
    state.former.append(state.here)
    state.go(path)
    return told


async def use(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Work on something else; what is staged there stays staged, an own configuration must be committed first."""
    asked = _place(words)
    area, kind = state.area, state.kind
    if area is None:
        await state.target.use(asked)
        return []
    if kind == "private" and await area.is_changed():
        raise Conflict("what you have staged privately would be lost: commit it, or discard it first")
    await state.close()
    await state.target.use(asked)
    await state.begin(kind)
    return [_STAGED_DIFFERS] if await state.needed_area.is_changed() else []


async def set_value(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Stage the last word at what the others say."""
    needed(words, verb, 2)
    path, value = await state.path(words[:-1]), words[-1]
    if value.is_json:
        await state.needed_area.put(path, json.loads(value.text))
    else:
        await state.needed_area.put_text(path, value.text, quoted=value.quoted)
    return []


async def create(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Stage an empty child."""
    await state.needed_area.create(await state.path(needed(words, verb)))
    return []


async def delete(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Stage that something goes; of everything here one is asked."""
    if words:
        await state.needed_area.delete(await state.path(words))
        return []

    async def delete_all() -> ShownLines:
        await (state.needed_area.delete(state.here) if state.here else state.needed_area.replace({}))
        return []

    state.question = TerminalQuestion("Delete everything under this level?", delete_all)
    return ["This will delete everything under this level"]


async def rename(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Stage another name for what stands at a path."""
    old, new, whole = await _two_places(state, verb, words)
    await state.needed_area.put(new[:-1], _renamed(data_at(whole, old[:-1]), old[-1], new[-1]))
    return []


async def copy(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Stage the same beside it."""
    old, new, whole = await _two_places(state, verb, words)
    await state.needed_area.put(new, data_at(whole, old))
    return []


async def up(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Go up; a command behind it is run by the caller."""
    state.former.append(state.here)
    state.go(state.here[: max(0, len(state.here) - number_of(words, verb, 1))])
    return []


async def top(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Go to the top."""
    state.former.clear()
    state.go(())
    return []


async def leave(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """``exit``: back to where ``edit`` came from, then out of configuration mode, then out of the session.

    ``quit`` and ``exit configuration-mode`` leave configuration mode at once.
    """
    whole = bool(words) or verb.name == "quit"
    if words and keyword(verb, words[0]) is None:
        raise InvalidInput(verb.usage)
    if state.here and not whole:
        state.go(state.former.pop() if state.former else ())
        return []
    if state.mode == OPERATIONAL:
        state.closing = not words
        return []
    if await state.needed_area.is_changed():
        state.question = TerminalQuestion("Exit with changes that are not in force?", lambda: leave_now(state))
        return ["The configuration has been changed but not committed"]
    return await leave_now(state)


async def leave_now(state: State) -> ShownLines:
    """Leave configuration mode whatever is staged."""
    await state.close()
    return ["Exiting configuration mode"]


async def _stands(state: State, words: TypedWords) -> bool:
    """Whether the first word is a name here, and so no word of the language."""
    return state.area is not None and _at(await state.area.read(), (*state.here, words[0].text)) is not None


def _at(data: Any, path: tuple[str, ...]) -> Any:
    try:
        return data_at(data, path)
    except InvalidInput:
        return None


async def _two_places(
    state: State, verb: Verb, words: TypedWords
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]:
    """``PATH to NAME``: where it stands, where it is to stand, and the whole; nothing may be there yet."""
    if len(words) < 3 or words[-2].text != "to":
        raise InvalidInput(verb.usage)
    whole = await state.needed_area.read()
    old = await state.path(words[:-2])
    data_at(whole, old)
    name = words[-1].text
    if not isinstance(data_at(whole, old[:-1]), dict):
        raise InvalidInput("items of a list have no names")
    if _at(whole, (*old[:-1], name)) is not None:
        raise Conflict(f"{name} is there already: delete it first")
    return old, (*old[:-1], name), whole


def _renamed(data: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: value for name, value in data.items()}


def _place(words: TypedWords) -> dict[str, str]:
    """``orders/prod label main`` and ``application orders profile prod label main``."""
    found: dict[str, str] = {}
    left = [word.text for word in words]
    while left:
        word = left.pop(0)
        if word in ("application", "profile", "label") and left:
            found[word] = left.pop(0)
        elif not found:
            application, slash, profile = word.rpartition("/")
            found["application"] = application if slash else word
            if slash:
                found["profile"] = profile
        else:
            raise InvalidInput("use APPLICATION[/PROFILE] [label LABEL]")
    if not found:
        raise InvalidInput("use APPLICATION[/PROFILE] [label LABEL]: show applications, show labels")
    return found
