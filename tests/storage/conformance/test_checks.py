"""Every storage passes the same checks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.storages import KINDS, Made

from gitconfig_server.storage.conformance.checks import CHECKS
from gitconfig_server.storage.conformance.objects import Make


@pytest.fixture(params=list(KINDS))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made = Made(request.param, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check: Callable[[Make], None], make: Make) -> None:
    check(make)
