import pytest
from support.upstreams import Remote


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def remote(tmp_path):
    made = Remote(tmp_path / "remote.git")
    made.commit({"orders.yml": "pool: 1\n"})
    return made
