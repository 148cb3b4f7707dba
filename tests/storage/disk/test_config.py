import pytest

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.disk.config import BARE, SERVED, complete, marked, parsed, render, value

THEIRS = b"""# ours since 2019
[core]
\tbare = true ; keep
[receive]
\tdenyDeletes = false
[transfer]
\thideRefs = refs/private
[remote "origin"]
\turl = https://example.org/x.git"""


def test_a_new_configuration_is_complete() -> None:
    written = render(BARE + SERVED)
    assert complete(written) == written


def test_what_is_lacking_is_added_behind_and_only_once() -> None:
    completed = complete(THEIRS)
    assert completed.startswith(THEIRS + b"\n")
    assert complete(completed) == completed
    config = parsed(completed)
    assert value(config, b"receive", b"denydeletes", b"") == b"true"
    assert list(config.get_multivar((b"transfer",), b"hideRefs")) == [b"refs/private", b"refs/gitconfig"]
    assert config.get((b"remote", b"origin"), b"url") == b"https://example.org/x.git"


def test_spelling_does_not_matter() -> None:
    lower = render(SERVED).lower()
    assert complete(lower) == lower


def test_an_empty_configuration() -> None:
    assert complete(b"") == b"# gitconfig-server:\n" + render(SERVED)


def test_one_that_cannot_be_read_is_told() -> None:
    with pytest.raises(CorruptRepository, match="config cannot be read"):
        parsed(b"[core\nbare = true\n")


def test_marks_stand_behind_the_first_line_of_a_hook() -> None:
    assert marked("#!/bin/sh\nexit 0\n").splitlines()[::2] == [b"#!/bin/sh", b"exit 0"]
