"""Every storage passes the same checks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitconfig_server.storage.base import Storage
from gitconfig_server.storage.conformance.repositories import CHECKS
from gitconfig_server.storage.disk.repository import DiskStorage
from gitconfig_server.storage.memory import MemoryStorage

Make = Callable[[], Storage]


@pytest.fixture(params=["memory", "disk"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    factories: dict[str, Make] = {"memory": MemoryStorage, "disk": lambda: DiskStorage(tmp_path)}
    storages: list[Storage] = []

    def make_one() -> Storage:
        storages.append(factories[request.param]())
        return storages[-1]

    yield make_one
    for storage in storages:
        storage.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check: Callable[[Make], None], make: Make) -> None:
    check(make)
