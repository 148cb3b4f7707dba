"""What may come next in a line: verbs, keywords, names of the tree, and what was saved."""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.errors import GitConfigError
from gitconfig_server.telnet.grammar import (
    CONFIGURE,
    OPERATIONAL,
    PIPES,
    Verb,
    find_verb,
    starting,
    verb_choices,
)
from gitconfig_server.telnet.piping import DISPLAYS
from gitconfig_server.telnet.state import State, is_count
from gitconfig_server.telnet.words import Word, names_at, path_of

_Choices = list[tuple[str, str]]

_SHOWN_SAVES = 20
_PLACES = {"application": "applications", "label": "labels"}


async def find_choices(state: State, words: Sequence[Word], last: str) -> _Choices:
    """Word and meaning of each; ``words`` stand before ``last``, the beginning of the next one."""
    bars = [number for number, one in enumerate(words) if one.text == "|" and not one.quoted]
    if bars:
        return _pipe_choices(words[bars[-1] + 1 :], last)
    mode = state.mode
    if len(words) > 1 and mode == CONFIGURE and words[0].text in ("run", "top", "up"):
        mode = OPERATIONAL if words[0].text == "run" else CONFIGURE
        words = words[2:] if words[0].text == "up" and is_count(words[1].text) else words[1:]
    elif [one.text for one in words] in (["run"], ["top"], ["up"]):
        return verb_choices(OPERATIONAL if words[0].text == "run" else CONFIGURE, last, state.target.lacks)
    if mode == OPERATIONAL and words and words[0].text == "set":
        words = words[1:] or [Word("cli")]
    if not words:
        return verb_choices(mode, last, state.target.lacks)
    return await _verb_choices(state, find_verb(mode, words[0].text, state.target.lacks), words[1:], last)


async def _verb_choices(state: State, verb: Verb, words: Sequence[Word], last: str) -> _Choices:
    if verb.name in ("rollback", "use"):
        return await (_saves(state, last) if verb.name == "rollback" else _places(state, words, last))
    if verb.name == "show" and words and words[-1].text == "rollback":
        return await _saves(state, last)
    if verb.name == "commit" and words and words[-1].text == "confirmed":
        return starting([("10", "minutes until it is taken back"), ("90s", "seconds"), ("2h", "hours")], last)
    known = [one for one in verb.keywords if one[0] not in state.target.lacks]
    found = starting(known, last) if not words or verb.name in ("commit", "load") else []
    if verb.name == "help":
        found += verb_choices(state.mode, last, state.target.lacks)
    return found + (await _names(state, words, last) if verb.takes_path else [])


async def _names(state: State, words: Sequence[Word], last: str) -> _Choices:
    """Names beneath what stands before, behind the last slash of ``last``."""
    head, slash, beginning = last.rpartition("/")
    path = path_of([*words, *([Word(head)] if slash else [])], state.here)
    return [(head + slash + name, "") for name in names_at(await state.data(), path) if name.startswith(beginning)]


async def _saves(state: State, last: str) -> _Choices:
    """The numbers that can be gone back to, with what each was."""
    found = await state.target.history(_SHOWN_SAVES)
    told = [(str(number), "  ".join(filter(None, one))) for number, one in enumerate(found)]
    return starting(told, last)


async def _places(state: State, words: Sequence[Word], last: str) -> _Choices:
    kind = _PLACES.get(words[-1].text) if words else "applications"
    keywords = [("label", "a branch or tag")] if words and kind is None else []
    try:
        names = await state.target.places(kind) if kind else ()
    except GitConfigError:
        names = ()
    return starting([*keywords, *((name, "") for name in names)], last)


def _pipe_choices(words: Sequence[Word], last: str) -> _Choices:
    if not words:
        return starting(PIPES, last)
    if words[0].text and "display".startswith(words[0].text):
        return starting([(name, "") for name in DISPLAYS], last)
    if words[0].text == "compare" and len(words) == 1:
        return starting([("rollback", "what was saved N saves ago")], last)
    return []
