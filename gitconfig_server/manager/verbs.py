"""The verbs of a Manager as its faces name them: one table, from which REST has its routes and operation ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.errors import Misfit, Problem
from gitconfig_server.manager.nodes.values import Data, masked
from gitconfig_server.manager.storing.base import Saved
from gitconfig_server.text.sayings import SAYINGS

Does = Callable[[Any, Mapping[str, Any], str], Awaitable[Data]]
"""Called with the Manager, the arguments, and who asks."""


class Verb(Struct, frozen=True):
    """One verb. ``parameters``: name -> JSON type and what it means; ``reads``: nothing is changed."""

    name: str
    summary: str
    does: Does
    parameters: Mapping[str, tuple[str, str]]
    reads: bool = False


_MESSAGE = {
    "message": ("string", "what the save says"),
    "reason": ("string", "a ticket, for example"),
}
_CONFIRM = ("string", "taken back after this time unless confirmed: 90s, 10m")


def applied_data(applied: Applied) -> Data:
    """What a change did, in plain data."""
    told: dict[str, Data] = {"changed": applied.changed, "changes": [one.shown() for one in applied.changes]}
    if applied.restart_required:
        told["restart_required"] = list(applied.restart_required)
    return told


def _saved_data(saved: Saved | None) -> Data:
    """What a save did."""
    if saved is None:
        return {"changed": False}
    return {"changed": True, **_version_data(saved)}


def _version_data(saved: Saved) -> dict[str, Data]:
    """One saved configuration as lists show it."""
    return {
        "name": saved.name,
        "at": saved.at.isoformat(),
        "commit": saved.commit,
        "author": saved.author,
        "message": saved.message,
    }


async def _save(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return _saved_data(await manager.save_running(author=who, **given))


async def _restore(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return applied_data(await manager.restore_running(given.get("name")))


async def _rollback(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return applied_data(await manager.rollback(**given, author=who))


async def _deploy(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return applied_data(await manager.deploy_staged(**given, author=who))


async def _confirm(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return applied_data(manager.confirm())


async def _cancel(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return applied_data(await manager.cancel())


async def _check(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return {"problems": [{"path": one.path, "reason": one.reason} for one in await manager.check_staged()]}


async def _discard(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    manager.discard_staged()
    return {}


async def _save_staged(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    await manager.save_staged(**given, author=who)
    return {}


async def _restore_staged(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    await manager.restore_staged()
    return {}


async def _save_to_staged(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    await manager.save_to_staged(given.get("name"))
    return {}


async def _diff(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    found = await manager.diff(given.get("from", "saved"), given.get("to", "running"))
    return {"changes": [one.shown() for one in found]}


async def _history(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return {"saved": [_version_data(one) for one in await manager.list_saved(given.get("limit", 100))]}


async def _load(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return masked(await manager.load_saved(given["name"]))


async def _prune(manager: Any, given: Mapping[str, Any], who: str) -> Data:
    return {"archived": await manager.prune_saved(given["before"])}


_NAME = {"name": ("string", "a saved configuration: its name, commit or time")}

VERBS: Mapping[str, Verb] = {
    one.name: one
    for one in (
        Verb(
            "save",
            SAYINGS["save"],
            _save,
            {**_MESSAGE, "prefer": ("string", "running or saved: which is right where both changed")},
        ),
        Verb("restore", "Let running be what is saved", _restore, _NAME),
        Verb("rollback", "Save again what was saved before, and run it", _rollback, {**_NAME, **_MESSAGE}),
        Verb(
            "deploy",
            SAYINGS["apply"],
            _deploy,
            {"confirm_within": _CONFIRM, "prefer": ("string", "staged or running: which is right where both changed")},
        ),
        Verb("confirm", SAYINGS["confirm"], _confirm, {}),
        Verb("cancel", SAYINGS["cancel"], _cancel, {}),
        Verb("check", SAYINGS["check"], _check, {}, reads=True),
        Verb("discard", SAYINGS["discard"], _discard, {}),
        Verb("save-staged", "Keep what is staged in the store", _save_staged, _MESSAGE),
        Verb("restore-staged", "Stage what is kept as staged", _restore_staged, {}),
        Verb("save-to-staged", "Stage a copy of running or of what was saved", _save_to_staged, _NAME),
        Verb(
            "diff",
            "What differs between two configurations",
            _diff,
            {
                "from": ("string", "running, staged, saved, or the name of a saved one"),
                "to": ("string", "as from; running if left out"),
            },
            reads=True,
        ),
        Verb(
            "history",
            SAYINGS["history"],
            _history,
            {"limit": ("integer", "how many")},
            reads=True,
        ),
        Verb("load-saved", "One saved configuration", _load, _NAME, reads=True),
        Verb("prune", "Hide what was saved before a time", _prune, {"before": ("string", "a time")}),
    )
}

_NEEDED = {"rollback": ("name",), "load-saved": ("name",), "prune": ("before",)}
_TYPES: Mapping[str, type] = {"string": str, "integer": int}


def checked_arguments(verb: Verb, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a verb; Misfit for unknown, missing and mistyped ones."""
    problems = []
    for name, value in given.items():
        kind = verb.parameters.get(name)
        if kind is None:
            problems.append(Problem(name, f"expected one of {', '.join(verb.parameters) or 'nothing'}"))
        elif type(value) is not _TYPES[kind[0]]:
            problems.append(Problem(name, f"expected {kind[0]}: {kind[1]}"))
    problems += [Problem(name, "is needed") for name in _NEEDED.get(verb.name, ()) if name not in given]
    if problems:
        raise Misfit(problems)
    return dict(given)
