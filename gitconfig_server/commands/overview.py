"""What there is: applications, the state of the server, and keys and values by a part of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitconfig_server.commands.hints import suggest_application
from gitconfig_server.commands.holding import hanging_rows
from gitconfig_server.commands.session import ask
from gitconfig_server.errors import LabelNotFound, NotFound
from gitconfig_server.model.history import HistoryEntry, HistoryQuery
from gitconfig_server.model.pending import Hanging
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Application, Label, LabelKind, Match, Readiness, Reading
from gitconfig_server.model.staging import Staged
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.differences import value_text
from gitconfig_server.text.rendering import commit_text, put, put_json, put_table, say, time_text
from gitconfig_server.wire.holding import HangingAnswer
from gitconfig_server.wire.labels import LabelItem
from gitconfig_server.wire.readiness import write_readiness
from gitconfig_server.wire.sources import ApplicationItem, MatchItem


def list_applications(server: str, application: str | None, reading: Reading, *, as_json: bool) -> None:
    """Print the applications something is stored for, with their profiles; NotFound for one that is not there."""
    found = ask(server, lambda service: service.applications(ANONYMOUS, reading)).items
    names = [one.name for one in found]
    chosen = [one for one in found if application in (None, one.name)]
    if application is not None and not chosen:
        raise NotFound(f"nothing is stored for {application}{suggest_application(application, names)}")
    if as_json:
        put_json({"applications": [ApplicationItem.of(one).members() for one in chosen]})
    else:
        put_table(("application", "profiles"), map(_application_row, chosen))


def require_application(server: str, application: str, label: str | None) -> None:
    """Raise NotFound, with the nearest name, where nothing is stored for an application."""
    known = [one.name for one in ask(server, lambda service: service.applications(ANONYMOUS, Reading(label))).items]
    if application not in known:
        raise NotFound(f"nothing is stored for {application}{suggest_application(application, known)}")


def search(server: str, text: str, application: str | None, reading: Reading, *, as_json: bool) -> None:
    """Print the stored keys whose name or value holds ``text``; NotFound where none does."""
    found = ask(server, lambda service: service.search(ANONYMOUS, text, application, reading)).items
    if as_json:
        put_json({"matches": [MatchItem.of(one).members() for one in found]})
    elif not found:
        raise NotFound(f"no key and no value holds {text!r}")
    else:
        put_table(("source", "key", "value", "from"), map(_match_row, found))


class _ServerStatus(Struct, frozen=True):
    """What a server says of itself. What is of the default label is None in an empty repository."""

    readiness: Readiness
    labels: tuple[Label, ...]
    latest: HistoryEntry | None
    staged: Staged | None
    hanging: Hanging | None


def show_status(server: str, *, as_json: bool) -> None:
    """Print where things stand: ready or not, the default label, what hangs on it, what is staged."""
    found = ask(server, _read_status)
    if as_json:
        put_json(_status_members(found))
        return
    put(f"server    {server}")
    for line in _status_lines(found):
        put(line)
    if found.staged and found.staged.commits:
        say("next: gitcfg stage")
    elif not found.labels:
        say("next: push something, or gitcfg set APPLICATION KEY=VALUE")


async def _read_status(service: ConfigService) -> _ServerStatus:
    readiness, labels = await service.readiness(), await service.labels(ANONYMOUS)
    try:
        entries = (await service.history(ANONYMOUS, None, HistoryQuery(limit=1))).entries
        staged, hanging = await service.staged(ANONYMOUS, None), await service.hanging(ANONYMOUS, None)
    except LabelNotFound:
        return _ServerStatus(readiness, labels, None, None, None)
    return _ServerStatus(readiness, labels, next(iter(entries), None), staged, hanging)


def _status_lines(found: _ServerStatus) -> Iterator[str]:
    yield f"ready     {'yes' if found.readiness.ready else f'no: {found.readiness.reason}'}"
    kinds = [sum(one.kind is kind for one in found.labels) for kind in (LabelKind.BRANCH, LabelKind.TAG)]
    yield f"labels    {kinds[0]} branch(es), {kinds[1]} tag(s)"
    if found.latest is None or found.staged is None or found.hanging is None:
        yield "default   nothing is stored yet"
        return
    tip = found.latest.tip
    since = time_text(found.latest.received_at) or "before the journal"
    yield f"default   {found.latest.label} at {commit_text(tip.commit)} since {since}: {tip.subject}"
    for what, *rest in hanging_rows(found.hanging):
        yield f"{what:<9} {', '.join(filter(None, rest))}"
    count = len(found.staged.commits)
    behind = f", {found.staged.behind} behind {found.staged.label}" if count and found.staged.behind else ""
    yield f"staged    {f'{count} commit(s){behind}' if count else 'nothing'}"
    for name, value in found.readiness.details.items():
        yield f"{name:<9} {_detail(value)}"


def _detail(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_detail(one)}" for name, one in value.items() if one not in (None, "", [], {}))
    return ", ".join(map(_detail, value)) if isinstance(value, list | tuple) else str(value)


def _status_members(found: _ServerStatus) -> dict[str, Any]:
    default = next((one for one in found.labels if one.default), None)
    return {
        "readiness": write_readiness(found.readiness),
        "labels": len(found.labels),
        "default": LabelItem.of(default).members() if default else None,
        "hanging": HangingAnswer.of(found.hanging).members() if found.hanging else None,
        "staged": len(found.staged.commits) if found.staged else 0,
    }


def _application_row(one: Application) -> tuple[str, str]:
    return one.name, ", ".join(one.profiles)


def _match_row(one: Match) -> tuple[str, ...]:
    place = f"{one.path}:{one.line}:{one.column}" if one.line else one.path
    return f"{one.application}/{one.profile}", one.key, value_text(one.value), place
