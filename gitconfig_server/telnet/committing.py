"""The verbs that put in force, save, and go back."""

from __future__ import annotations

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.editing import leave_now
from gitconfig_server.telnet.grammar import Verb, keyword
from gitconfig_server.telnet.piping import Pipes
from gitconfig_server.telnet.state import ShownLines, State, TypedWords, number_of

_MINUTE = 60.0
_UNITS = {"s": 1.0, "m": _MINUTE, "h": 60 * _MINUTE}
_NOT_OFFERED = {
    "at": "a commit has no hour here: commit when it is time, or let cron say gitcfg apply",
    "synchronize": "there is one configuration, which all replicas serve: say commit",
    "full": "a commit always judges everything: say commit",
    "prepare": "say commit check, then commit",
    "activate": "say commit",
}
COMMITTED = "commit complete"
NOTHING = ("nothing to commit", COMMITTED)
"""A commit that changes nothing succeeds, as it does on Junos: programs say the same again and again."""
SOUND = "configuration check succeeds"


async def commit(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Put what is staged in force and save it."""
    comment, seconds, names = _read_commit(verb, words)
    if "check" in names:
        return await check(state, verb, (), pipes)
    told = list(await state.needed_area.commit(comment, seconds))
    return told + (await leave_now(state) if "and-quit" in names else [])


async def check(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Everything that stands against it."""
    return list(await state.needed_area.check()) or [SOUND]


async def rollback(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Stage what was saved before."""
    await state.needed_area.rollback(number_of(words, verb, 0))
    return ["load complete", "staged; look with: show | compare"]


async def discard(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Drop what is staged."""
    await state.needed_area.discard()
    return []


async def update(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Join what others have put in force."""
    return list(await state.needed_area.update())


async def confirm(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Keep what awaits its confirmation."""
    return list(await state.target.confirm())


async def cancel(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Take it back."""
    return list(await state.target.cancel())


async def save(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Save what is running."""
    return list(await state.target.save(" ".join(word.text for word in words)))


async def restore(state: State, verb: Verb, words: TypedWords, pipes: Pipes) -> ShownLines:
    """Let running be what is saved."""
    return list(await state.target.restore())


def told_window(seconds: float, pending: str = "") -> list[str]:
    """What is said of a commit that is to be confirmed: Junos's sentence, which programs look for, and ours."""
    count, unit = (seconds / _MINUTE, "minutes") if seconds % _MINUTE == 0 else (seconds, "seconds")
    return [
        f"commit confirmed will be automatically rolled back in {count:g} {unit} unless confirmed",
        f"in force for {seconds:g} s{f' as {pending}' if pending else ''}: commit again to keep it",
    ]


def _read_commit(verb: Verb, words: TypedWords) -> tuple[str, float | None, set[str]]:
    """The comment, the seconds of a commit that is to be confirmed, and the other words."""
    comment, seconds = "", None
    names: set[str] = set()
    left = list(words)
    while left:
        word = left.pop(0)
        name = keyword(verb, word)
        if name == "comment" and left:
            comment = left.pop(0).text
        elif name == "confirmed":
            seconds = _seconds(left.pop(0).text) if left and left[0].text[:1].isdigit() else 10 * _MINUTE
        elif name in ("check", "and-quit"):
            names.add(name)
        elif hint := _NOT_OFFERED.get(word.text):
            raise InvalidInput(f"commit {word.text}: {hint}")
        else:
            raise InvalidInput(verb.usage)
    return comment, seconds, names


def _seconds(text: str) -> float:
    """Minutes, as in Junos, or ``90s``, ``2h``."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "m")
    if not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise InvalidInput(f"{text[:20]}: minutes, or 90s, 2h")
    return int(number) * _UNITS[unit]
