"""Words that hands type which know Junos, Cisco or a shell, and what is meant by them here."""

from __future__ import annotations

_NOTHING_ELSE = "this is a configuration and nothing else; type ? or help"
_NOT_A_FILE = "there are no files here: load merge terminal takes what is pasted"
_NO_MARKS = "there are no marks: delete it, and rollback brings it back"

_HINTS = {
    "activate": _NO_MARKS,
    "annotate": "comments are written in the files: git clone, or gitcfg edit",
    "clear": _NOTHING_ELSE,
    "deactivate": _NO_MARKS,
    "file": _NOT_A_FILE,
    "insert": "an item of a list goes by its number: set LIST 0 VALUE",
    "monitor": _NOTHING_ELSE,
    "mtrace": _NOTHING_ELSE,
    "op": _NOTHING_ELSE,
    "ping": _NOTHING_ELSE,
    "protect": "who writes is kept off a label by gitcfg freeze",
    "replace": "set writes over what is there; load override replaces everything here",
    "request": _NOTHING_ELSE,
    "restart": _NOTHING_ELSE,
    "ssh": _NOTHING_ELSE,
    "start": _NOTHING_ELSE,
    "telnet": _NOTHING_ELSE,
    "test": _NOTHING_ELSE,
    "traceroute": _NOTHING_ELSE,
    "wildcard": "delete takes one path at a time",
    "apply": "say commit",
    "bye": "say exit",
    "cat": "say show",
    "cd": "say edit PATH, up or top",
    "conf": "say configure",
    "diff": "say show | compare",
    "do": "say run COMMAND",
    "enable": "nothing has to be enabled: say configure",
    "end": "say top, then exit",
    "get": "say show PATH",
    "git": "clone it over HTTP: git clone http://HOST:PORT/config.git",
    "log": "say history",
    "logout": "say exit",
    "ls": "say show",
    "no": "say delete PATH",
    "pwd": "the line above the prompt says where you are",
    "rm": "say delete PATH",
    "undo": "say rollback 1, then commit",
    "unset": "say delete PATH",
    "vi": "say set PATH VALUE, or gitcfg edit in a shell",
    "write": "say commit",
}


def hint_for(word: str, configuring: bool) -> str:
    """What to type instead of a word that is no verb; empty where nobody knows."""
    hint = _HINTS.get(word.lower(), "")
    if hint.startswith(("say delete", "say commit", "say set", "say rollback")) and not configuring:
        return f"{hint}, after configure"
    return hint
