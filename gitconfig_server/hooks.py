"""The pre-receive hook: what is pushed straight into the folder, by ssh or path, is judged as a push over HTTP is."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from gitconfig_server.door_rules import DoorRules
from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.rules import Judged
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.disk_files import DiskFiles
from gitconfig_server.storage.disk_objects import DiskObjects
from gitconfig_server.storage.durable_folders import DurableFolders
from gitconfig_server.storage.urls import open_storage

PRE_RECEIVE = "pre-receive"
_ABSENT = b"0" * 40


def hook_scripts(rules: DoorRules) -> dict[str, str]:
    """The hooks of a served repository. Rules, interpreter and package are those of the server that wrote them."""
    package = Path(__file__).parent.parent
    command = [
        sys.executable,
        "-P",
        "-m",
        "gitconfig_server",
        "hook",
        PRE_RECEIVE,
        "--rules",
        json.dumps(asdict(rules)),
    ]
    return {PRE_RECEIVE: f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(package))} exec {shlex.join(command)}\n"}


def judge_push(rules: DoorRules, environ: Mapping[str, str], lines: Iterable[str], out: TextIO) -> bool:
    """Whether Git may go on; the remarks go to ``out``, which Git shows to whoever pushes.

    ``environ`` is what ``git receive-pack`` runs a hook with (githooks(5), "pre-receive"): the objects that came stand
    in the quarantine alone.
    """
    updates = [_update(line) for line in lines]
    storage, name = open_storage(str(Path(environ["GIT_DIR"]).absolute()))
    try:
        judged = rules.open(storage.open(name)).judge(updates, _quarantine(environ))
    finally:
        storage.close()
    for line in _remarks(judged):
        print(line, file=out)
    return not any(one.refusal for one in judged)


def _update(line: str) -> RefUpdate:
    try:
        old, new, ref = line.rstrip("\n").encode(errors="surrogateescape").split(b" ", 2)
    except ValueError as error:
        raise MalformedRequest(f"expected `old new ref`, got {line!r}") from error
    return RefUpdate(ref, None if old == _ABSENT else old, None if new == _ABSENT else new)


def _quarantine(environ: Mapping[str, str]) -> DiskObjects | None:
    folder = environ.get("GIT_QUARANTINE_PATH")
    if folder is None:
        return None
    files = DiskFiles()
    return DiskObjects(folder, files, DurableFolders(folder, files))


def _remarks(judged: Iterable[Judged]) -> Iterable[str]:
    for one in judged:
        for finding in one.findings:
            yield str(finding) if finding.fatal else f"warning: {finding}"
        if one.refusal:
            yield f"refused: {one.refusal}"
