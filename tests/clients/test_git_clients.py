"""Git in other languages: each clones the last commit, deepens, fetches what is new, and clones the whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.clients import CLIENTS, NO_PROXY, kept, node_client, program, python_client, run, try_run
from support.git_server import serving
from support.repositories import EPOCH, commit

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.disk.storage import DiskStorage

Step = Callable[[str, str, Path], list[str]]
"""Carries a step out (of an address, in a folder) and tells the commits of origin/main, newest first."""

LIBGIT2 = """
import pygit2
step, url, folder = sys.argv[1:]
if step in ("clone", "whole"):
    pygit2.clone_repository(url, folder, depth=1 if step == "clone" else 0)
repository = pygit2.Repository(folder)
if step in ("deepen", "fetch"):
    repository.remotes["origin"].fetch(depth=3 if step == "deepen" else 0)
tip = repository.lookup_reference("refs/remotes/origin/main").target
show([str(commit.id) for commit in repository.walk(tip)])
"""

ISOMORPHIC = """
const fs = require("fs");
const git = require("isomorphic-git");
const http = require("isomorphic-git/http/node");
const [step, url, dir] = process.argv.slice(1);
const one = { fs, http, dir, url, singleBranch: true, ref: "main", remote: "origin" };
const steps = {
  clone: () => git.clone({ ...one, depth: 1 }),
  whole: () => git.clone(one),
  deepen: () => git.fetch({ ...one, depth: 3 }),
  fetch: () => git.fetch(one),
};
steps[step]().then(() => git.log({ fs, dir, ref: "origin/main" })).then((log) => show(log.map((one) => one.oid)));
"""


def libgit2(tmp_path: Path) -> Step:
    client = python_client("pygit2", tmp_path)
    return lambda step, url, folder: client.shown(LIBGIT2, step, url, str(folder))


def isomorphic_git(tmp_path: Path) -> Step:
    client = node_client("isomorphic-git", tmp_path)
    return lambda step, url, folder: client.shown(ISOMORPHIC, step, url, str(folder))


def go_git(tmp_path: Path) -> Step:
    go, sources = program("go", "golang-go"), CLIENTS / "git" / "go"
    inputs = b"".join((sources / name).read_bytes() for name in ("main.go", "go.mod", "go.sum"))

    def build(made: Path) -> None:
        run(go, "build", "-o", made / "client", ".", cwd=sources)

    folder = kept("go/go-git", inputs, build)
    return lambda step, url, into: _printed(folder / "client", step, url, into)


def jgit(tmp_path: Path) -> Step:
    java, maven = program("java", "default-jdk-headless"), program("mvn", "maven")
    program("javac", "default-jdk-headless")
    project = CLIENTS / "git" / "jgit"

    def build(folder: Path) -> None:
        command = (maven, "--batch-mode", "--quiet", "dependency:build-classpath", f"-Dmdep.outputFile={folder}/path")
        if try_run(*command, "--offline", cwd=project).returncode != 0:
            run(*command, cwd=project)

    found = kept("maven/jgit", (project / "pom.xml").read_bytes(), build) / "path"
    start = (java, "-cp", found.read_text().strip(), project / "Client.java")
    return lambda step, url, into: _printed(*start, step, url, into)


def gitoxide(tmp_path: Path) -> Step:
    """Rust 1.88 or later builds it. Its lock names no source, which is the one that cargo uses where this runs."""
    cargo, project = program("cargo", "cargo"), CLIENTS / "git" / "gitoxide"
    files = {name: (project / name).read_text() for name in ("Cargo.toml", "Cargo.lock", "main.rs")}

    def build(folder: Path) -> None:
        for name in ("Cargo.toml", "main.rs"):
            (folder / name).write_text(files[name])
        run(cargo, "generate-lockfile", "--quiet", cwd=folder)
        lock = folder / "Cargo.lock"
        source = next(line for line in lock.read_text().splitlines() if line.startswith("source = "))
        lock.write_text(files[lock.name].replace("\nchecksum = ", f"\n{source}\nchecksum = "))
        run(cargo, "build", "--quiet", "--locked", "--target-dir", "target", cwd=folder)

    found = kept("cargo/gitoxide", "".join(files.values()).encode(), build) / "target" / "debug" / "client"
    return lambda step, url, into: _printed(found, step, url, into)


def _printed(*command: str | Path) -> list[str]:
    ids: list[str] = json.loads(run(*command, cwd=Path(), **NO_PROXY).splitlines()[-1])
    return ids


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[GitRepository]:
    storage = DiskStorage(tmp_path)
    yield GitRepository(storage.create("served"))
    storage.close()


def save(repository: GitRepository, day: int) -> str:
    files = {"a.yml": f"a: {day}", f"app{day}/b.yml": "b: 1"}
    return commit(repository, files, when=EPOCH + timedelta(days=day)).decode()


@pytest.mark.parametrize("client", [libgit2, isomorphic_git, go_git, jgit, gitoxide], ids=lambda one: one.__name__)
def test_a_client_clones_shallow_deepens_and_fetches(
    client: Callable[[Path], Step], repository: GitRepository, tmp_path: Path
) -> None:
    step = client(tmp_path)
    made = [save(repository, day) for day in range(6)]
    with serving(repository) as url:
        assert step("clone", url, tmp_path / "shallow") == made[-1:]
        assert step("deepen", url, tmp_path / "shallow") == made[:-4:-1]
        made.append(save(repository, 6))
        assert step("fetch", url, tmp_path / "shallow") == made[:-5:-1]
        assert step("whole", url, tmp_path / "whole") == made[::-1]
    run("git", "fsck", "--strict", cwd=tmp_path / "whole")
