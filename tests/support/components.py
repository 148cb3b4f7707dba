"""What a test does where a component it needs is absent."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """Leave the test out; where everything must be there (``scripts/test --all``), fail."""
    if os.environ.get("GITCONFIG_TEST_ALL"):
        pytest.fail(f"absent: {what}")
    pytest.skip(f"absent: {what}")
