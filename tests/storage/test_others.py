"""A storage of somebody else: a package that adds a scheme, found by its entry point and held to the public suite."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.server import running_server

PACKAGE = '''"""Folders by the name of a shelf: ``shelf:///path?repository=name``."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from gitconfig_server.storage.disk.storage import DiskStorage


class Shelf:
    """Repositories in a folder each, under a name that only this package knows."""

    lasting = True

    def __init__(self, path, patience=10.0):
        self.path = Path(path)
        self._inner = DiskStorage(self.path, lock_seconds=patience)

    def create(self, name, default_branch="main"):
        return self._inner.create(name, default_branch)

    def open(self, name):
        return self._inner.open(name)

    def names(self):
        return self._inner.names()

    def drop(self, name):
        self._inner.drop(name)

    def close(self):
        self._inner.close()


def open_url(url):
    """What the entry point names."""
    parts = urlsplit(url)
    return Shelf(parts.path), parse_qs(parts.query).get("repository", ["config"])[-1]
'''

OWN_TESTS = '''"""The package's own tests: all of the public suite."""

import tempfile
from itertools import count
from pathlib import Path

import shelves
from gitconfig_server.storage.conformance.checks import CHECKS


class Make:
    def __init__(self, folder):
        self._folder, self._numbers = Path(folder), count()

    def __call__(self, patience=10.0):
        return shelves.Shelf(self._folder / str(next(self._numbers)), patience)

    def again(self, storage, patience=10.0):
        return shelves.Shelf(storage.path, patience)


with tempfile.TemporaryDirectory() as folder:
    make = Make(folder)
    for check in CHECKS:
        check(make)
    print(len(CHECKS), "checks")
'''

METADATA = "Metadata-Version: 2.1\nName: shelves\nVersion: 1.0\n"
ENTRY_POINTS = "[gitconfig_server.storages]\nshelf = shelves:open_url\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where the package is installed."""
    folder = tmp_path / "site"
    info = folder / "shelves-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "shelves.py").write_text(PACKAGE)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (info / "RECORD").write_text("shelves.py,,\n")
    return folder


def run(site: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_scheme_is_served_like_any_other(site: Path, tmp_path: Path) -> None:
    url = f"shelf://{tmp_path}/stored?repository=mine"
    run(site, "-m", "gitconfig_server", "init", url)
    with (
        running_server(url, settings={"PYTHONPATH": str(site)}) as server,
        urllib.request.urlopen(f"{server.url}/orders/prod", timeout=10) as answer,
    ):
        assert b"propertySources" in answer.read()
    assert (tmp_path / "stored" / "mine" / "HEAD").exists()
    run(site, "-m", "gitconfig_server", "fsck", url)


def test_it_passes_the_public_suite(site: Path, tmp_path: Path) -> None:
    tests = tmp_path / "own_tests.py"
    tests.write_text(OWN_TESTS)
    assert "checks" in run(site, str(tests))


def test_without_the_package_its_scheme_is_unknown(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gitconfig_server", "fsck", f"shelf://me:secret@{tmp_path}/stored"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode
    assert "unknown storage shelf://" in done.stdout + done.stderr
    assert "secret" not in done.stdout + done.stderr
