"""The hooks in a repository's own folder, run for pushes over HTTP as ``git receive-pack`` runs them (githooks(5)).

``update`` is asked for each ref and may refuse it; ``post-receive`` and ``post-update`` hear of what has moved.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from gitconfig_server.git.objects.deadline import Deadline
from gitconfig_server.git.pkt_line import NO_ID
from gitconfig_server.storage.base import GitFolder, RefUpdate

_MOST_SAID = 64 * 1024
"""Bytes of what one hook says that are shown."""

_LOOK = 0.05


class FolderHooks:
    """The hooks of one repository; without a ``folder`` there are none."""

    def __init__(self, folder: GitFolder | None, options: Sequence[str] = ()) -> None:
        self._folder = folder
        self._options = options

    @property
    def asks(self) -> bool:
        """Whether there is an ``update`` hook."""
        return self._path("update") is not None

    def may_move(self, update: RefUpdate, objects: Path, deadline: Deadline) -> tuple[bool, list[str]]:
        """Whether ``update`` agrees, and what it says; ``objects`` is where the pushed ones are."""
        values = [os.fsdecode(update.ref), *((value or NO_ID).decode() for value in (update.old, update.new))]
        # As git receive-pack: the hook reads what was pushed where it lies, and by GIT_QUARANTINE_PATH may move no ref.
        places = {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_QUARANTINE_PATH": str(objects)}
        return self._run("update", values, deadline, places=places)

    def tell(self, updates: Sequence[RefUpdate], deadline: Deadline) -> Iterator[str]:
        """Run what comes after a push; yields what the hooks say."""
        lines = [b"%s %s %s\n" % (one.old or NO_ID, one.new or NO_ID, one.ref) for one in updates]
        yield from self._run("post-receive", [], deadline, b"".join(lines))[1]
        yield from self._run("post-update", [os.fsdecode(one.ref) for one in updates], deadline)[1]

    def _path(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        elsewhere = self._folder.settings((b"core", b"hooksPath"))
        folder = os.fsdecode(elsewhere[-1]) if elsewhere else "hooks"
        path = self._folder.root / (Path.home() / folder[2:] if folder.startswith("~/") else folder) / name
        return path if path.is_file() and os.access(path, os.X_OK) else None

    def _run(
        self,
        name: str,
        arguments: Sequence[str],
        deadline: Deadline,
        stdin: bytes = b"",
        places: Mapping[str, str] | None = None,
    ) -> tuple[bool, list[str]]:
        """Whether the hook agrees, or is not there, and what it says. One that takes too long is ended: no."""
        path = self._path(name)
        if path is None or self._folder is None:
            return True, []
        try:
            # A session of its own, so that the deadline ends what the hook has started too.
            started = subprocess.Popen(
                [path.absolute(), *arguments],
                cwd=self._folder.root,
                env=self._environment(self._folder.root.absolute(), places or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return False, [f"{name} cannot be run: {error.strerror}"]
        with started:
            said = _wait(started, stdin, deadline)
        lines = said[:_MOST_SAID].decode(errors="replace").splitlines()
        return started.returncode == 0, lines

    def _environment(self, root: Path, places: Mapping[str, str]) -> Mapping[str, str]:
        # GIT_ variables of whoever started the server would lead the hook to another repository.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        options = {f"GIT_PUSH_OPTION_{number}": option for number, option in enumerate(self._options)}
        options["GIT_PUSH_OPTION_COUNT"] = str(len(options))
        alternate = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(root / "objects")} if places else {}
        return {**kept, "GIT_DIR": str(root), **options, **places, **alternate}


def _wait(started: subprocess.Popen[bytes], stdin: bytes, deadline: Deadline) -> bytes:
    """What a hook says until it ends; it and all it has started end with the deadline, which is then raised."""
    while True:
        try:
            return started.communicate(stdin, timeout=_LOOK)[0]
        except subprocess.TimeoutExpired:
            stdin = b""  # what is left of it is remembered
        try:
            deadline.check()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            raise
