import subprocess
import sys
from pathlib import Path

import pytest

from gitconfig_server.errors import InvalidName, InvalidSettings
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.storage.urls import open_storage, shown_url


@pytest.mark.parametrize("prefix", ["", "file://", "file://localhost", "FILE://"])
def test_paths_and_file_urls_name_folders(prefix: str, tmp_path: Path) -> None:
    DiskStorage(tmp_path).create("my config").close()
    path = tmp_path / "my config"
    storage, name = open_storage(f"{prefix}{path}" if not prefix else prefix + str(path).replace(" ", "%20"))
    assert name == "my config"
    assert storage.open(name).name == "my config"
    storage.close()


def test_relative_paths_and_git_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("work", "./work/", "work/.git", str(tmp_path / "work" / ".git")):
        storage, name = open_storage(url)
        assert name == "work"
        assert storage.names() == []


@pytest.mark.parametrize(("url", "name"), [("memory://", "config"), ("memory://one", "one")])
def test_memory_urls_name_a_repository(url: str, name: str) -> None:
    storage, found = open_storage(url)
    assert isinstance(storage, MemoryStorage)
    assert found == name
    storage.create(found)


def test_unknown_schemes_name_the_known_ones_and_no_password() -> None:
    with pytest.raises(InvalidSettings, match=r"postgres://.*file:///.*memory://") as refused:
        open_storage("postgres://me:secret@host/config")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["/", "file:///", "file://host/path", ""])
def test_urls_that_name_no_folder(url: str, tmp_path: Path) -> None:
    with pytest.raises((InvalidSettings, InvalidName)):
        open_storage(url)


def test_hooks_reach_the_repository(tmp_path: Path) -> None:
    storage, name = open_storage(str(tmp_path / "one"), hooks={"pre-receive": "#!/bin/sh\nexit 0\n"})
    storage.create(name)
    assert (tmp_path / "one" / "hooks" / "pre-receive").exists()
    storage.close()


@pytest.mark.parametrize(
    ("scheme", "driver", "modules"),
    [("postgresql", "psycopg", ["psycopg"]), ("mongodb", "pymongo", ["pymongo", "bson"])],
)
def test_a_driver_that_is_missing_is_named_with_the_way_out(scheme: str, driver: str, modules: list[str]) -> None:
    """In a process of its own, which has not loaded it yet."""
    program = f"""import sys; sys.modules |= dict.fromkeys({modules!r})
from gitconfig_server.storage.urls import open_storage
open_storage("{scheme}://me:secret@host/config")"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    told = done.stderr.strip().splitlines()[-1]
    assert f"{scheme}:// needs the package {driver}: pip install 'gitconfig-server[{scheme}]'" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/srv/config", "/srv/config"),
        ("sqlite:///srv/config.db?repository=two", "sqlite:///srv/config.db?repository=two"),
        ("postgresql://me:x@a,b:5/db?sslPassword=x&sslmode=require", "postgresql://me@a,b:5/db?sslmode=require"),
        ("mongodb://host/db?authMechanismProperties=TOKEN:x&repository=two", "mongodb://host/db?repository=two"),
    ],
)
def test_what_is_printed_of_a_url(url: str, shown: str) -> None:
    assert shown_url(url) == shown
