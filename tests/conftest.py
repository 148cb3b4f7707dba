"""What holds for every test."""

import os

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":  # the same code gets the same verdict; searching for more is for people
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _storages():
    """Close the storages of ``GITCONFIG_TEST_STORAGE`` that the test has used."""
    yield
    if "GITCONFIG_TEST_STORAGE" in os.environ:
        from support.storages import close_storages

        close_storages()
