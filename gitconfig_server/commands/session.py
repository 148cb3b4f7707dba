"""What one run of a verb needs: the service, who is asking, and what goes with a write."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TypeVar

from msgspec import Struct

from gitconfig_server.client.connect import connected
from gitconfig_server.commands.grammar import read_author_option, read_commit_id, read_resolution
from gitconfig_server.commands.hints import explain
from gitconfig_server.errors import InvalidInput, NotARepository, NotFound, ServerUnreachable
from gitconfig_server.model.findings import OnConflict
from gitconfig_server.model.principals import ANONYMOUS, Principal
from gitconfig_server.model.writes import Author, WriteOptions
from gitconfig_server.service.base import ConfigService

_T = TypeVar("_T")

_GIT_SECONDS = 5
REASON_VARIABLE, TICKET_VARIABLE = "GITCFG_REASON", "GITCFG_TICKET"
"""What a shell, or a job, says of all it writes."""


def ask(server: str, work: Callable[[ConfigService], Awaitable[_T]]) -> _T:
    """What ``work`` finds out from the service at ``server``, which is closed behind it.

    What is not found gets the nearest name with it. ServerUnreachable, too, where the repository is not there.
    """

    async def run() -> _T:
        async with connected(server) as service:
            try:
                return await work(service)
            except NotFound as error:
                error.args = (f"{error}{await explain(service, error)}",)
                raise

    try:
        return asyncio.run(run())
    except NotARepository as error:
        raise ServerUnreachable(str(error)) from error
    except ServerUnreachable as error:
        way_out = "start one with gitconfig-server serve, or name another with --server or GITCFG_SERVER"
        raise ServerUnreachable(f"{error}\n{way_out}") from error


class Writing(Struct, frozen=True, dict=True):
    """How something is written: what the options say of it, and by whom.

    ``keep``: words that say which side is right where two conflict; ``on_conflict``: of the rest. ``base``: the commit
    that whoever writes has seen.
    """

    message: str = ""
    author: str | None = None
    expect: str | None = None
    dry_run: bool = False
    keep: Sequence[str] = ()
    on_conflict: OnConflict = OnConflict.FAIL
    include_known_bad: bool = False
    cancel_pending: bool = False
    base: str | None = None

    @property
    def options(self) -> WriteOptions:
        """For the service. InvalidInput for an author, a commit or a resolution that cannot be one."""
        return WriteOptions(
            self.message,
            self._author,
            read_commit_id(self.expect),
            dry_run=self.dry_run,
            resolutions=dict(map(read_resolution, self.keep)),
            on_conflict=self.on_conflict,
            include_known_bad=self.include_known_bad,
            cancel_pending=self.cancel_pending,
            base=read_commit_id(self.base, "--base"),
            why=os.environ.get(REASON_VARIABLE, ""),
            ticket=os.environ.get(TICKET_VARIABLE, ""),
        )

    @property
    def who(self) -> Principal:
        """For a repository on this machine; a server knows for itself who is asking."""
        return Principal(self._author.name, self._author.email) if self._author else ANONYMOUS

    @cached_property
    def _author(self) -> Author | None:
        return _author_of(self.author)


def _author_of(said: str | None) -> Author | None:
    """The author that is ``said``, else Git's: its variables, then its settings; None where nobody says."""
    if said is not None:
        return read_author_option(said)
    name, email = (os.environ.get(f"GIT_AUTHOR_{part}", "") for part in ("NAME", "EMAIL"))
    settings = {} if name and email else _git_settings()
    with suppress(InvalidInput):
        return read_author_option(
            f"{name or settings.get('user.name', '')} <{email or settings.get('user.email', '')}>"
        )
    return None


def _git_settings() -> dict[str, str]:
    """What Git would sign with here; nothing where there is no Git."""
    git = shutil.which("git")
    if git is None:
        return {}
    command = [git, "config", "--null", "--get-regexp", r"^user\.(name|email)$"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.partition("\n") for line in done.stdout.decode(errors="replace").split("\0"))
    return {name: value for name, _, value in pairs if name}
