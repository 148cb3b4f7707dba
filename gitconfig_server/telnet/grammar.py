"""The language: one table of verbs, from which parsing, abbreviation, completion and help are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.target import Path
from gitconfig_server.telnet.words import Word, names_at, path_of

OPERATIONAL, CONFIGURE = "operational", "configure"
_BOTH = (OPERATIONAL, CONFIGURE)


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. ``keywords``: word -> what it means; ``takes_path``: names of the tree complete it.

    ``operation``: the id of the same thing over REST, empty where there is none.
    """

    name: str
    usage: str
    help: str
    modes: Sequence[str]
    keywords: tuple[tuple[str, str], ...] = ()
    takes_path: bool = False
    operation: str = ""


_FORMATS = (("compare", "what differs"), ("display", "set or json"), ("no-more", "without stopping at each page"))
_CONFIRMED = (
    ("confirmed", "in force now; saved when commit comes again within N minutes (or 90s), else taken back"),
    ("comment", "what the save says"),
    ("check", "only check"),
    ("and-quit", "leave configuration mode afterwards"),
)

VERBS: tuple[Verb, ...] = (
    Verb(
        "configure",
        "configure [private|exclusive]",
        "edit the staged configuration",
        (OPERATIONAL,),
        (("private", "a configuration of this session's own"), ("exclusive", "nobody else edits meanwhile")),
    ),
    Verb(
        "show",
        "show [PATH] [| compare [rollback N]] [| display set|json]",
        "show values; running ones where nothing is edited",
        _BOTH,
        (
            ("configuration", "what is running"),
            ("running", "what is running"),
            ("saved", "what is saved"),
            ("status", "live values"),
            ("history", "what was saved"),
        ),
        takes_path=True,
        operation="get",
    ),
    Verb("edit", "edit PATH", "go to a path", (CONFIGURE,), takes_path=True),
    Verb("up", "up [N]", "go up", (CONFIGURE,)),
    Verb("top", "top", "go to the top", (CONFIGURE,)),
    Verb("set", "set PATH VALUE", "stage a value", (CONFIGURE,), takes_path=True, operation="set"),
    Verb("create", "create PATH", "stage a new child", (CONFIGURE,), takes_path=True, operation="create"),
    Verb("delete", "delete PATH", "stage that something goes", (CONFIGURE,), takes_path=True, operation="delete"),
    Verb(
        "load",
        "load merge|override|set",
        "stage JSON or set lines, typed or pasted, ended by a line with a dot or ^D",
        (CONFIGURE,),
        (
            ("merge", "JSON over what is staged"),
            ("override", "JSON in place of what is staged"),
            ("set", "set and delete lines"),
        ),
    ),
    Verb("check", "check", "everything that stands against what is staged", (CONFIGURE,), operation="check"),
    Verb(
        "commit",
        "commit [confirmed N] [comment TEXT] [check] [and-quit]",
        "put what is staged in force and save it",
        (CONFIGURE,),
        _CONFIRMED,
        operation="deploy",
    ),
    Verb(
        "rollback",
        "rollback [N]",
        "stage what was saved N saves ago; 0, or nothing, is what is saved now",
        (CONFIGURE,),
        operation="rollback",
    ),
    Verb("discard", "discard", "drop what is staged", (CONFIGURE,), operation="discard"),
    Verb("save", "save [MESSAGE]", "save what is running", _BOTH, operation="save"),
    Verb("restore", "restore", "let running be what is saved", _BOTH, operation="restore"),
    Verb("history", "history [N]", "what was saved, newest first", _BOTH, operation="history"),
    Verb("status", "status", "live values and how the service is doing", _BOTH, operation="status"),
    Verb("help", "help [VERB]", "what can be said here", _BOTH),
    Verb("exit", "exit", "leave configuration mode, or the session", _BOTH),
    Verb("quit", "quit", "leave the session", _BOTH),
)


def find_verb(mode: str, text: str) -> Verb:
    """The verb that a word, or its unique beginning, means. InvalidInput tells the way out."""
    here = [one for one in VERBS if mode in one.modes]
    found = _matching([one.name for one in here], text)
    if len(found) == 1:
        return next(one for one in here if one.name == found[0])
    if found:
        raise InvalidInput(f"{text}: {' or '.join(found)}?")
    if any(one.name.startswith(text) for one in VERBS) and text:
        way = "type configure first" if mode == OPERATIONAL else "type exit first"
        raise InvalidInput(f"{text}: not here: {way}")
    raise InvalidInput(f"{text[:60]}: unknown; type ? or help")


def keyword(verb: Verb, word: Word) -> str | None:
    """The keyword of a verb that a word, or its unique beginning, means; None where it means none."""
    if word.quoted or word.is_json:
        return None
    found = _matching([name for name, _ in verb.keywords], word.text)
    return found[0] if len(found) == 1 else None


def choices(mode: str, words: Sequence[Word], last: str, data: Any, here: Path) -> list[tuple[str, str]]:
    """What may come next: word and meaning. ``words`` stand before ``last``, the beginning of the next one."""
    if not words:
        return [(one.name, one.help) for one in VERBS if mode in one.modes and one.name.startswith(last)]
    if any(one.text == "|" for one in words):
        return _starting(_FORMATS, last)
    try:
        verb = find_verb(mode, words[0].text)
    except InvalidInput:
        return []
    found = _starting(verb.keywords, last)
    if verb.name == "help":
        found += [(one.name, one.help) for one in VERBS if mode in one.modes and one.name.startswith(last)]
    if verb.takes_path:
        head, slash, beginning = last.rpartition("/")
        path = path_of([*words[1:], *([Word(head)] if slash else [])], here)
        found += [(head + slash + name, "") for name in names_at(data, path) if name.startswith(beginning)]
    return found


def usages(mode: str, verb: str = "") -> list[str]:
    """Help: every verb of the mode, or one of them with its keywords."""
    if verb:
        one = find_verb(mode, verb)
        return [one.usage, f"  {one.help}", *(f"  {name:<14} {text}" for name, text in one.keywords)]
    here = [one for one in VERBS if mode in one.modes]
    return [
        f"{one.usage:<44}  {one.help}" if len(one.usage) <= 44 else f"{one.usage}\n{'':46}{one.help}" for one in here
    ]


def _starting(words: Iterable[tuple[str, str]], beginning: str) -> list[tuple[str, str]]:
    return [one for one in words if one[0].startswith(beginning)]


def _matching(names: Sequence[str], text: str) -> list[str]:
    return [text] if text in names else [one for one in names if text and one.startswith(text)]
