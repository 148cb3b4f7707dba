"""The language: one table of verbs, from which parsing, abbreviation, completion and help are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.hints import hint_for
from gitconfig_server.telnet.words import Word
from gitconfig_server.text.sayings import SAYINGS

OPERATIONAL, CONFIGURE = "operational", "configure"
_BOTH = (OPERATIONAL, CONFIGURE)


class Verb(Struct, frozen=True):
    """One verb. ``keywords``: word -> what it means; ``takes_path``: names of the tree complete it.

    ``operation``: the id of the same thing over a Manager's REST, ``api``: over a server's; empty where there is none.
    ``whole``: it is not abbreviated, so that others are by the same letters.
    """

    name: str
    usage: str
    help: str
    modes: Sequence[str]
    keywords: tuple[tuple[str, str], ...] = ()
    takes_path: bool = False
    operation: str = ""
    api: str = ""
    whole: bool = False


_CONFIRMED = (
    ("confirmed", "in force now; saved when commit comes again within N minutes (or 90s), else taken back"),
    ("comment", "what the save says"),
    ("check", "only check"),
    ("and-quit", "leave configuration mode afterwards"),
)
_SHOWN = (
    ("configuration", "what is running"),
    ("running", "what is running"),
    ("saved", "what is saved"),
    ("effective", "what readers get, with all that is inherited"),
    ("rollback", "what was saved N saves ago"),
    ("status", "live values, and what is pending"),
    ("history", "what was saved"),
    ("applications", "what can be worked on"),
    ("labels", "the labels there are"),
    ("system", "commit, rollback N: Junos's words for history and rollback"),
    ("cli", "how this terminal is shown"),
    ("version", "of the server"),
)
PIPES = (
    ("compare", "what differs: from running, or rollback N"),
    ("display", "set, json or inheritance"),
    ("match", "only lines that hold a pattern: a|b, a.*b, ^a, b$"),
    ("except", "only lines that do not"),
    ("find", "from the first line on that holds a pattern"),
    ("last", "the last N lines"),
    ("count", "how many lines"),
    ("no-more", "without stopping at each page"),
)

VERBS: tuple[Verb, ...] = (
    Verb(
        "configure",
        "configure [private|exclusive]",
        "edit the staged configuration",
        (OPERATIONAL,),
        (
            ("private", "a configuration of this session's own"),
            ("exclusive", "nobody else edits meanwhile"),
            ("terminal", "the same as configure alone"),
        ),
    ),
    Verb(
        "use",
        "use APPLICATION[/PROFILE] [label LABEL]",
        "work on another application, profile or label",
        _BOTH,
        (("application", ""), ("profile", ""), ("label", "")),
    ),
    Verb(
        "show",
        "show [PATH] [| compare [rollback N]] [| display set|json]",
        "show values; running ones where nothing is edited",
        _BOTH,
        _SHOWN,
        takes_path=True,
        operation="get",
        api="getSource",
    ),
    Verb("edit", "edit PATH", "go to a path, or configure first", _BOTH, takes_path=True),
    Verb("up", "up [N] [COMMAND]", "go up, or run a command there", (CONFIGURE,)),
    Verb("top", "top [COMMAND]", "go to the top, or run a command there", (CONFIGURE,)),
    Verb(
        "set",
        "set PATH VALUE",
        "stage a value",
        (CONFIGURE,),
        takes_path=True,
        operation="set",
        api="patchSource",
    ),
    Verb(
        "create",
        "create PATH",
        "stage a new child",
        (CONFIGURE,),
        takes_path=True,
        operation="create",
        api="patchSource",
    ),
    Verb(
        "delete",
        "delete [PATH]",
        "stage that something goes; everything here, where nothing is named",
        (CONFIGURE,),
        takes_path=True,
        operation="delete",
        api="patchSource",
    ),
    Verb("rename", "rename PATH to NAME", "stage another name", (CONFIGURE,), (("to", ""),), takes_path=True),
    Verb("copy", "copy PATH to NAME", "stage a copy beside it", (CONFIGURE,), (("to", ""),), takes_path=True),
    Verb(
        "load",
        "load merge|override|set [terminal]",
        "stage JSON, braces or set lines, typed or pasted, ended by ^D or a line with a dot",
        (CONFIGURE,),
        (
            ("merge", "over what is staged"),
            ("override", "in place of what is staged"),
            ("set", "set, create and delete lines"),
            ("terminal", "from this terminal, as always here"),
            ("relative", "beneath where you are, as always here"),
        ),
    ),
    Verb("check", "check", SAYINGS["check"], (CONFIGURE,), operation="check", api="checkStaged"),
    Verb(
        "commit",
        "commit [confirmed N] [comment TEXT] [check] [and-quit]",
        SAYINGS["apply"],
        (CONFIGURE,),
        _CONFIRMED,
        operation="deploy",
        api="applyStaged",
    ),
    Verb("confirm", "confirm", SAYINGS["confirm"], _BOTH, operation="confirm", api="confirmPending", whole=True),
    Verb("cancel", "cancel", SAYINGS["cancel"], _BOTH, operation="cancel", api="cancelPending", whole=True),
    Verb(
        "rollback",
        "rollback [N]",
        "stage what was saved N saves ago; 0, or nothing, is what is saved now",
        (CONFIGURE,),
        operation="rollback",
        api="rollbackLabel",
    ),
    Verb("discard", "discard", SAYINGS["discard"], (CONFIGURE,), operation="discard", api="discardStaged"),
    Verb("update", "update", "join what others have put in force since", (CONFIGURE,), api="updateStaged"),
    Verb("save", "save [MESSAGE]", SAYINGS["save"], _BOTH, operation="save"),
    Verb("restore", "restore", "let running be what is saved", _BOTH, operation="restore"),
    Verb("history", "history [N]", SAYINGS["history"], _BOTH, operation="history", api="getHistory"),
    Verb("status", "status", "live values, what is pending, and how it is doing", _BOTH, operation="status"),
    Verb("run", "run COMMAND", "a command of operational mode", (CONFIGURE,)),
    Verb(
        "cli",
        "set cli screen-length|screen-width|color VALUE",
        "how this terminal is shown: lines of a page (0: none), columns, on or off",
        (OPERATIONAL,),
        (("screen-length", "lines of a page, 0 for one page"), ("screen-width", "columns"), ("color", "on or off")),
    ),
    Verb("help", "help [VERB]", "what can be said here", _BOTH),
    Verb("exit", "exit", "go back, leave configuration mode, or the session", _BOTH, (("configuration-mode", ""),)),
    Verb("quit", "quit", "leave configuration mode, or the session", _BOTH, (("configuration-mode", ""),)),
)


def _verbs_here(mode: str, lacks: Collection[str] = ()) -> list[Verb]:
    """The verbs of a mode, without those that what is worked on ``lacks``."""
    return [one for one in VERBS if mode in one.modes and one.name not in lacks]


def find_verb(mode: str, text: str, lacks: Collection[str] = ()) -> Verb:
    """The verb that a word, or its unique beginning, means. InvalidInput tells the way out."""
    here = _verbs_here(mode, lacks)
    found = _matching([one.name for one in here if not one.whole or one.name == text], text)
    if len(found) == 1:
        return next(one for one in here if one.name == found[0])
    if found:
        raise InvalidInput(f"{text}: {' or '.join(found)}?")
    if hint := hint_for(text, mode == CONFIGURE):
        raise InvalidInput(f"{text}: {hint}")
    if any(one.name.startswith(text) for one in VERBS if one.name not in lacks) and text:
        way = "type configure first" if mode == OPERATIONAL else "type exit first, or run in front of it"
        raise InvalidInput(f"{text}: not here: {way}")
    raise InvalidInput(f"{text[:60]}: unknown; type ? or help")


def keyword(verb: Verb, word: Word, lacks: Collection[str] = ()) -> str | None:
    """The keyword of a verb that a word, or its unique beginning, means; None where it means none."""
    if word.quoted or word.is_json:
        return None
    found = _matching([name for name, _ in verb.keywords if name not in lacks], word.text)
    return found[0] if len(found) == 1 else None


def usages(mode: str, verb: str = "", lacks: Collection[str] = ()) -> list[str]:
    """Help: every verb of the mode, or one of them with its keywords."""
    if verb:
        one = find_verb(mode, verb, lacks)
        known = [(name, text) for name, text in one.keywords if name not in lacks]
        return [one.usage, f"  {one.help}", *(f"  {name:<14} {text}".rstrip() for name, text in known)]
    lines: list[str] = []
    for one in _verbs_here(mode, lacks):
        lines += [f"{one.usage:<44}  {one.help}"] if len(one.usage) <= 44 else [one.usage, f"{'':46}{one.help}"]
    return [*lines, "", f"any answer may be piped: {' '.join(f'| {name}' for name, _ in PIPES)}"]


def verb_choices(mode: str, beginning: str, lacks: Collection[str] = ()) -> list[tuple[str, str]]:
    """Verbs that begin so, those that are not abbreviated only where nothing else does."""
    found = [one for one in _verbs_here(mode, lacks) if one.name.startswith(beginning)]
    short = [one for one in found if not one.whole]
    return [(one.name, one.help) for one in (short if beginning and short else found)]


def starting(words: Iterable[tuple[str, str]], beginning: str) -> list[tuple[str, str]]:
    """Those that begin so."""
    return [one for one in words if one[0].startswith(beginning)]


def _matching(names: Sequence[str], text: str) -> list[str]:
    return [text] if text in names else [one for one in names if text and one.startswith(text)]
