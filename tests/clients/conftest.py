"""One repository, and servers that read it: one opens what is encrypted, the other passes it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.clients import CLIENTS, Client, node_client, python_client
from support.clients_repository import KEY, make_repository
from support.git import git
from support.server import Server, running_server

Clients = Callable[[str], Client]


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="session")
def server(repository: Path) -> Iterator[Server]:
    with running_server(repository, settings={"GITCONFIG_ENCRYPT__KEY": KEY}) as one:
        yield one


@pytest.fixture(scope="session")
def sealed(repository: Path) -> Iterator[Server]:
    settings = {"GITCONFIG_ENCRYPT__KEY": KEY, "GITCONFIG_ENCRYPT__ENABLED": "false"}
    with running_server(repository, settings=settings) as one:
        yield one


@pytest.fixture(scope="session")
def first_commit(repository: Path) -> str:
    return git(repository, "rev-parse", "v1").strip()


@pytest.fixture(scope="session")
def installed_from_pypi() -> None:
    """Installing waits for disk and network: all at once takes as long as the largest."""
    names = [pins.stem for pins in sorted((CLIENTS / "pypi").glob("*.txt"))]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: python_client(name, CLIENTS), names))


@pytest.fixture
def pypi(installed_from_pypi: None, tmp_path: Path) -> Clients:
    return lambda name: python_client(name, tmp_path)


@pytest.fixture
def npm(tmp_path: Path) -> Clients:
    return lambda name: node_client(name, tmp_path)
