"""What holds for every test."""

import os

import pytest
from hypothesis import settings

# no deadline: how long an example takes says how busy the machine is
settings.register_profile("search", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# in CI the same code gets the same verdict; searching for more is for people
settings.load_profile("ci" if os.environ.get("CI") == "true" else "search")


@pytest.fixture
def anyio_backend():
    """Coroutines are run by the loop that the server has."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _storages():
    """Close the storages of ``GITCONFIG_TEST_STORAGE`` that the test has used."""
    yield
    if "GITCONFIG_TEST_STORAGE" in os.environ:
        from support.storages import close_storages

        close_storages()
