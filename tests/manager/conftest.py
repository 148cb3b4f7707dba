"""Where a Manager of a test keeps what it saves."""

import pytest


@pytest.fixture
def url(tmp_path):
    return str(tmp_path / "config.git")
