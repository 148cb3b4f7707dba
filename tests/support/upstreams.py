"""A remote repository of stock git, a clone to work in, and a repository of ours that follows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.ref_names import branch_ref
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.service.upstream.rounds import Upstream
from gitconfig_server.service.upstream.schedule import Bell
from gitconfig_server.service.upstream.setup import set_up
from gitconfig_server.service.upstream.status import Status, Trouble
from gitconfig_server.settings.upstream import UpstreamSettings
from gitconfig_server.storage.base import StoredRepository
from support.git import git, try_git
from support.repositories import Clock
from support.storages import new_repository


class Remote:
    """A bare repository of stock git, changed through a clone of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            git(path.parent, "init", "--quiet", "--bare", "--initial-branch", "main", path.name)
        self._clone = path.with_name(f"{path.name}-clone")
        git(path.parent, "clone", "--quiet", str(path), self._clone.name)

    def commit(self, files: dict[str, str | None], *, label: str = "main", force: bool = False) -> str:
        """Commit ``files`` (None deletes) on a branch and push it; the new tip."""
        self.fetch()
        if try_git(self._clone, "checkout", "--quiet", "-B", label, f"origin/{label}").returncode:
            try_git(self._clone, "checkout", "--quiet", "--orphan", label)
        for name, text in files.items():
            file = self._clone / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink() if text is None else file.write_text(text)
        git(self._clone, "add", "--all")
        git(self._clone, "commit", "--quiet", "--message", f"change {' '.join(files)}")
        git(self._clone, "push", "--quiet", *(["--force"] if force else []), "origin", f"HEAD:refs/heads/{label}")
        return self.tip(label)

    def rewrite(self, files: dict[str, str], *, label: str = "main") -> str:
        """Replace the last commit of a branch by another one."""
        self.run("checkout", "--quiet", "-B", label, f"origin/{label}")
        for name, text in files.items():
            (self._clone / name).write_text(text)
        self.run("add", "--all")
        self.run("commit", "--quiet", "--amend", "--message", "rewritten")
        self.run("push", "--quiet", "--force", "origin", f"HEAD:{label}")
        return self.tip(label)

    def fetch(self) -> None:
        """Bring the clone up to date."""
        git(self._clone, "fetch", "--quiet", "--prune", "--force", "--tags", "origin")

    def run(self, *arguments: str) -> str:
        """Git in the clone, brought up to date."""
        self.fetch()
        return git(self._clone, *arguments)

    def tip(self, label: str) -> str:
        """The commit a label is at, empty where there is none."""
        return try_git(self.path, "rev-parse", "--verify", "--quiet", f"{label}^{{commit}}").stdout.strip()

    def show(self, label: str, path: str) -> str:
        """A file's text."""
        return git(self.path, "show", f"{label}:{path}")


@dataclass
class Followed:
    """Our repository, and what makes it follow. One ``round`` is one round, begun now."""

    git: GitRepository
    upstream: Upstream

    async def round(self) -> Status:
        """Follow once; how that went."""
        await self.upstream.follow()
        return self.upstream.status()

    def tip(self, label: str) -> str:
        """The commit a branch is at, empty where there is none."""
        return self.git.snapshot().get(branch_ref(label), b"").decode()

    def reasons(self, label: str = "main") -> list[str]:
        """Why a branch moved, each time."""
        return [record.reason for record in self.git.moves(branch_ref(label))]


def followed(
    url: str | Path,
    *,
    stored: StoredRepository | None = None,
    limits: PackLimits | None = None,
    rules: DoorRules | None = None,
    bell: Bell | None = None,
    now: Callable[[], float] = time.time,
    **options: Any,
) -> Followed:
    """A repository of ours, in memory where none is given, that follows ``url`` with these settings."""
    settings = UpstreamSettings(url=str(url), **options)
    rules = rules or DoorRules(followed=() if settings.push_back else tuple(settings.labels))
    repository = rules.open(stored or new_repository(Clock()))
    return Followed(repository, set_up(settings, repository, Crossing(), limits or PackLimits(), bell=bell, now=now))


def trouble(status: Status, label: str = "main") -> Trouble:
    """The one trouble there is with a label."""
    (found,) = [one for one in status.troubles if one.label == label]
    return found
