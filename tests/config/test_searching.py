"""Searching: what counts as found, and its bounds."""

import pytest
from support.repositories import commit

from gitconfig_server.config import searching
from gitconfig_server.config.reader import ConfigReader
from gitconfig_server.errors import TooLarge
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.reads import Reading
from gitconfig_server.storage.memory.storage import MemoryStorage


@pytest.fixture
def reader():
    git = GitRepository(MemoryStorage().create("config"))
    files = {f"app{n}.yml": f"db: {{pool: {n}}}\nurl: http://H{n}\n" for n in range(5)} | {"broken.yml": "pool: [\n"}
    commit(git, files)
    return ConfigReader(git)


def test_capitals_do_not_count_and_broken_files_are_left_out(reader):
    found = reader.search("h3", None, Reading())
    assert [(one.application, one.key, one.value, one.line) for one in found.items] == [("app3", "url", "http://H3", 2)]
    assert len(reader.search("Pool", None, Reading()).items) == 5


def test_too_much_is_refused_and_so_is_what_takes_too_long(reader, monkeypatch):
    monkeypatch.setattr(searching, "MAX_MATCHES", 4)
    with pytest.raises(TooLarge, match="search for more of it"):
        reader.search("pool", None, Reading())
    assert len(reader.search("pool", "app1", Reading()).items) == 1
    monkeypatch.setattr(searching, "MAX_CHARACTERS", 5)
    with pytest.raises(TooLarge, match="search for more of it"):
        reader.search("pool", "app1", Reading())
    monkeypatch.setattr(searching, "SECONDS", -1)
    with pytest.raises(TooLarge, match="name an application"):
        reader.search("pool", None, Reading())
