"""Clients that push one commit after another and, when they lose a race, rebase and push again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.git import git, try_git

MAX_TRIES = 5000
"""A push into the folder waits for its hook, so while others push over HTTP it loses most races."""


def push_commits(remote: str, folder: Path, name: str, count: int, version: int = 2) -> None:
    """``count`` commits to a file of its own, each pushed to ``main`` by itself; ``version`` is the wire protocol's."""
    git(folder.parent, "-c", f"protocol.version={version}", "clone", "--quiet", remote, folder.name)
    git(folder, "config", "protocol.version", str(version))
    for number in range(count):
        (folder / f"{name}.yml").write_text(f"number: {number}\n")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"{name} {number}")
        _push(folder)


def push_together(remotes: dict[str, str], folder: Path, count: int, version: int = 2) -> None:
    """One such client a name, all at once; an error of any of them is raised."""
    with ThreadPoolExecutor(len(remotes)) as pool:
        for done in [
            pool.submit(push_commits, remote, folder / name, name, count, version) for name, remote in remotes.items()
        ]:
            done.result()


def assert_linear(repository: Path, base: str, names: list[str], count: int) -> None:
    """Since ``base``, ``main`` holds every commit of every client, in its client's order, and nothing is broken."""
    log = git(repository, "log", "--reverse", "--format=%P %s", f"{base}..main").splitlines()
    parents, subjects = zip(*(line.split(" ", 1) for line in log), strict=True)
    assert len(set(parents)) == len(names) * count
    assert parents[0] == base
    for name in names:
        assert [text for text in subjects if text.startswith(name)] == [f"{name} {number}" for number in range(count)]
    git(repository, "fsck", "--strict", "--no-dangling")


def _push(folder: Path) -> None:
    for _ in range(MAX_TRIES):
        pushed = try_git(folder, "push", "--quiet", "origin", "HEAD:main")
        if pushed.returncode == 0:
            return
        git(folder, "pull", "--quiet", "--rebase", "origin", "main")
    raise AssertionError(f"{folder.name} never won: {pushed.stderr}")
