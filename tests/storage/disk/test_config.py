import pytest

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.disk.config import (
    BARE,
    SERVED,
    complete,
    marked,
    parsed,
    render,
    shared_mode,
    stretches,
    value,
)

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


def test_sections_that_come_again_keep_their_order() -> None:
    text = b"; c\n[a]\n\tx = 1\n[b]\n\tx = 2 \\\n[a]\n[a]\n\tx = 3\n"
    found = [(name, [*one.items(name)]) for one in stretches(text) for name in one.sections()]
    assert found == [((b"a",), [(b"x", b"1")]), ((b"b",), [(b"x", b"2 [a]")]), ((b"a",), [(b"x", b"3")])]


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        *((word, 0o660) for word in ("group", "1", "on")),
        *((word, 0o664) for word in ("2", "World")),
        *((word, 0) for word in ("umask", "0", "false", "nonsense")),
        ("0640", -0o640),
        ("0777", -0o666),
    ],
)
def test_what_is_shared_is_read_as_git_reads_it(said: str, mode: int) -> None:
    assert shared_mode(said.encode()) == mode


def test_rights_that_keep_the_owner_out_are_refused() -> None:
    with pytest.raises(CorruptRepository, match="sharedRepository = 0040 keeps the owner"):
        shared_mode(b"0040")


def test_marks_stand_behind_the_first_line_of_a_hook() -> None:
    assert marked("#!/bin/sh\nexit 0\n").splitlines()[::2] == [b"#!/bin/sh", b"exit 0"]
