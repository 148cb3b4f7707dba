"""The verbs of the command line, as its help lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import getdoc
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from gitconfig_server.commands.verbs import helping, holding, reading, staging, writing
from gitconfig_server.text.sayings import SAYINGS

_VERBS: dict[str, dict[str, Callable[..., None]]] = {
    "Configuration": {
        "list": reading.list_,
        "get": reading.get,
        "search": reading.search,
        "set": writing.set_,
        "unset": writing.unset,
        "edit": writing.edit,
        "cat": reading.cat,
        "schema": reading.schema,
    },
    "Staged changes": {
        "stage": staging.stage,
        "check": staging.check,
        "apply": staging.apply,
        "discard": staging.discard,
    },
    "In force": {
        "pending": holding.pending,
        "confirm": holding.confirm,
        "cancel": holding.cancel,
        "extend": holding.extend,
        "pin": holding.pin,
        "unpin": holding.unpin,
        "freeze": holding.freeze,
        "unfreeze": holding.unfreeze,
    },
    "History": {
        "diff": reading.diff,
        "log": reading.log,
        "history": reading.log,
        "show": reading.show,
        "restore": writing.restore,
        "revert": writing.revert,
        "labels": reading.labels,
        "tag": writing.tag,
        "branch": writing.branch,
    },
    "Help": {
        "status": reading.status,
        "help": helping.help_,
    },
}


_OTHER_WORDS = {
    "rollback": "restore",
    "undo": "revert",
    "commit": "apply",
    "ls": "list",
    "find": "search",
    "grep": "search",
    "put": "set",
    "rm": "unset",
    "delete": "unset",
    "version": "--version",
}
"""What people type first who know other tools, and what it is here. A rollback will only stage elsewhere."""

_WITH_VALUE = ("--server", "-s", "--label", "--revision", "-l")
_FLAGS = ("--json",)


class Verb(TyperCommand):
    """A command, whose help shows no type beside what takes no value."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, ``--help`` among them."""
        return _without_types_of_flags(super().get_params(ctx))


class Verbs(TyperGroup):
    """The commands. Options that many have in common may stand in front of the verb, too."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As of ``Verb``."""
        return _without_types_of_flags(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words as they are understood behind the verb."""
        return super().parse_args(ctx, _put_behind_verb(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word means; a usage error names the one that was meant."""
        meant = _OTHER_WORDS.get(args[0]) if args else None
        if meant and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {meant!r}?")
        found = super().resolve_command(ctx, args)
        _refuse_as_option("--profile", ctx, *found)
        return found


def _without_types_of_flags(parameters: list[Any]) -> list[Any]:
    for one in parameters:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return parameters


def _refuse_as_option(option: str, ctx: Any, name: str | None, command: Any, words: Sequence[str]) -> None:
    """What Spring's words make people try: a profile is no option here."""
    taken = any(option in parameter.opts for parameter in command.params)
    if not taken and any(word.partition("=")[0] == option for word in words):
        ctx.fail(f"No such option: {option}. A profile stands behind a slash: {ctx.info_name} {name} orders/prod")


def _put_behind_verb(args: Sequence[str]) -> list[str]:
    """``--server URL labels`` as ``labels --server URL``."""
    moved, rest = [], list(args)
    while rest and rest[0].startswith("-"):
        name, equals, _ = rest[0].partition("=")
        attached = rest[0][:2] in _WITH_VALUE and not rest[0].startswith("--") and len(rest[0]) > 2
        if name in _FLAGS or attached or (equals and name in _WITH_VALUE):
            moved.append(rest.pop(0))
        elif name in _WITH_VALUE and len(rest) > 1:
            moved += [rest.pop(0), rest.pop(0)]
        else:
            break
    return [rest[0], *moved, *rest[1:]] if rest else list(args)


def add_verbs(app: typer.Typer) -> None:
    """Make ``app`` understand them. What they do is imported when one runs."""
    for panel, verbs in _VERBS.items():
        for name, verb in verbs.items():
            app.command(name, rich_help_panel=panel, help=_told(name, verb))(verb)


def fit_help(app: typer.Typer) -> None:
    """Let the help of all commands flow in a terminal of any width, without the marks of docstrings."""
    for one in app.registered_commands:
        paragraphs = (one.help or getdoc(one.callback) or "").replace("``", "").split("\n\n")
        one.help = "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)
        one.cls = Verb


def _told(name: str, verb: Callable[..., None]) -> str | None:
    """A verb's help, which begins with what telnet and REST say of the same; None for its own words."""
    saying = SAYINGS.get(name)
    if saying is None:
        return None
    return "\n\n".join([f"{saying}.", *(getdoc(verb) or "").split("\n\n")[1:]])
