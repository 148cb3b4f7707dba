"""The pre-receive hook: what is pushed straight into the folder, by ssh or path, is judged as a push over HTTP is."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TextIO

from msgspec.structs import asdict

from gitconfig_server.errors import GitConfigError, MalformedRequest
from gitconfig_server.git.objects.reader import Overlay
from gitconfig_server.git.receiving.connectivity import ObjectChecks
from gitconfig_server.git.receiving.report import concern_lines, views_of
from gitconfig_server.git.receiving.unpack import Unpacked
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.rules import Judged
from gitconfig_server.model.findings import Finding
from gitconfig_server.server import asking
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.object_store import StoredObjects
from gitconfig_server.storage.urls import open_objects, open_storage

_PRE_RECEIVE = "pre-receive"
_ABSENT = b"0" * 40
_PENDING = "an apply awaits its confirmation there, which a push like this would end: push over HTTP"


def hook_scripts(rules: DoorRules) -> dict[str, str]:
    """The hooks of a served repository. Rules, interpreter and package are those of the server that wrote them."""
    asked = Path(asking.__file__).absolute()
    package = asked.parent.parent.parent
    command = [sys.executable, "-I", "-S", str(asked), _PRE_RECEIVE, "--rules", rules_text(rules)]
    return {_PRE_RECEIVE: f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(package))} exec {shlex.join(command)}\n"}


def rules_text(rules: DoorRules) -> str:
    """The rules as a hook carries them."""
    return json.dumps(asdict(rules))


def judge_push(rules: DoorRules, environ: Mapping[str, str], lines: Iterable[str], out: TextIO) -> bool:
    """Whether Git may go on; the remarks go to ``out``, which Git shows to whoever pushes.

    ``environ`` is what ``git receive-pack`` runs a hook with (githooks(5), "pre-receive"): the objects that came stand
    in the quarantine alone.
    """
    updates = read_updates(lines)
    storage, name = open_storage(str(Path(environ["GIT_DIR"]).absolute()))
    try:
        agrees, said = judge_updates(rules.open(storage.open(name)), environ.get("GIT_QUARANTINE_PATH"), updates)
    finally:
        storage.close()
    for line in said:
        print(line, file=out)
    return agrees


def read_updates(lines: Iterable[str]) -> list[RefUpdate]:
    """What Git tells its hook; MalformedRequest for what it would never say."""
    return [_update(line) for line in lines]


def judge_updates(git: GitRepository, quarantine: str | None, updates: Sequence[RefUpdate]) -> tuple[bool, list[str]]:
    """Whether the moves may be made, and what is to be said of them.

    ``quarantine``: the folder with the objects that came, None where none did.
    """
    refs = git.snapshot(fresh=True)
    late = [update.ref for update in updates if refs.get(git.target_of(update.ref)) != update.old]
    if late and len(late) == len(updates):  # Git would find that out when all has been looked at
        return False, [f"refused: {os.fsdecode(ref)} has moved meanwhile: fetch, then push again" for ref in late]
    with open_objects(quarantine) if quarantine is not None else nullcontext() as objects:
        received = _Received(objects) if objects is not None else None
        faults = received.faults(git, updates) if received else []
        judged = [] if faults else git.judge(updates, received)
        told = _concerned(git, judged, received)
    said = [*map(str, faults), *_remarks(judged), *told]
    return not faults and not any(one.refusal or one.along.updates for one in judged), said


def run_hook(arguments: Sequence[str], lines: Iterable[str]) -> int:
    """What Git calls in a served repository: ``pre-receive --rules JSON``, with ``lines`` of moves; the exit code."""
    try:
        name, option, rules = arguments
        if name != _PRE_RECEIVE or option != "--rules":
            raise ValueError(name)
        return 0 if judge_push(DoorRules(**json.loads(rules)), os.environ, lines, sys.stderr) else 1
    except GitConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ValueError:
        print(f"error: expected {_PRE_RECEIVE} --rules JSON, as the server writes it into its hook", file=sys.stderr)
        return 2


class _Received:
    """What came with a push through stock Git, in the folder where it keeps it until the hooks agree."""

    def __init__(self, objects: StoredObjects) -> None:
        self._objects = objects
        self.types: dict[bytes, int] = {}
        self.get_raw = objects.get_raw
        self.contains_many = objects.contains_many

    def faults(self, git: GitRepository, updates: Iterable[RefUpdate]) -> list[Finding]:
        """What is wrong with the objects themselves."""
        checks = ObjectChecks(self, git.objects)
        for name in self._objects:
            kind, raw = self.get_raw(name)
            binary = bytes.fromhex(name.decode())
            self.types[binary] = kind
            checks.look(Unpacked(0, binary, kind, raw))
        return checks.conclude(update.new for update in updates if update.new)


def _update(line: str) -> RefUpdate:
    try:
        old, new, ref = line.rstrip("\n").encode(errors="surrogateescape").split(b" ", 2)
    except ValueError as error:
        raise MalformedRequest(f"expected `old new ref`, got {line!r}") from error
    return RefUpdate(ref, None if old == _ABSENT else old, None if new == _ABSENT else new)


def _concerned(git: GitRepository, judged: Sequence[Judged], received: _Received | None) -> list[str]:
    """Whom the push concerns, where it may pass."""
    if any(one.refusal for one in judged):
        return []
    try:
        reader, end = Overlay(received, git.objects) if received else git.objects, git.deadline()
        views = [(one.update, views_of(one.update, reader, end)) for one in judged]
        return [line for update, trees in views if trees for line in concern_lines(git.concerned(update, *trees))]
    except GitConfigError:
        return []  # what is only told keeps nobody from pushing


def _remarks(judged: Iterable[Judged]) -> Iterable[str]:
    for one in judged:
        if one.along.updates and not one.refusal:
            yield f"refused: {_PENDING}"
        for finding in one.findings:
            yield str(finding) if finding.fatal else f"warning: {finding}"
        if one.refusal:
            yield f"refused: {one.refusal}"
