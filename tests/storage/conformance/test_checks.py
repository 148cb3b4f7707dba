"""Every storage passes the same checks."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.storages import BEHIND_A_NETWORK, KINDS, Made, MadeByUrl

from gitconfig_server.storage.conformance.checks import CHECKS, WIRE_CHECKS
from gitconfig_server.storage.conformance.objects import Make
from gitconfig_server.storage.conformance.trouble import WiredMake


@pytest.fixture(params=list(KINDS))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made = Made(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=list(BEHIND_A_NETWORK))
def wired(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WiredMake]:
    made = MadeByUrl(request.param, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check: Callable[[Make], None], make: Make) -> None:
    check(make)


@pytest.mark.parametrize("check", WIRE_CHECKS, ids=lambda check: check.__name__)
def test_conforms_over_a_network_that_fails(check: Callable[[WiredMake], None], wired: WiredMake) -> None:
    if not os.environ.get("GITCONFIG_TEST_ALL"):
        pytest.skip("a long run, of scripts/test --all")
    check(wired)


def test_the_storages_of_one_machine_have_no_network() -> None:
    assert KINDS.keys() - BEHIND_A_NETWORK.keys() == {"memory", "disk", "sqlite"}
