"""Unified diffs, as ``git apply`` takes them."""

import random

import pytest
from support.git import git

from gitconfig_server.config.comparing.unified import unified_diff

LONG = random.Random(1).randbytes(5000)


@pytest.mark.parametrize("name", ["key.p12", "a b /c.bin"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, LONG),
        (LONG, None),
        (LONG, b"\0" + LONG[:4999]),
        ("gr\u00fcn=1\n".encode("latin-1"), b"green=1\n"),
        (b"a: 1\n", b"\xff"),
        (b"", b"\0"),
    ],
    ids=["new", "gone", "changed", "text from bytes", "bytes from text", "from nothing"],
)
def test_what_is_no_text_can_be_applied_both_ways(tmp_path, name, old, new):
    file, modes = tmp_path / name, [0 if one is None else 0o100644 for one in (old, new)]
    file.parent.mkdir(exist_ok=True)
    if old is not None:
        file.write_bytes(old)
    git(tmp_path, "init", "--quiet")
    patch = unified_diff(name, old, modes[0], new, modes[1]).encode()
    for arguments, expected in ((["apply"], new), (["apply", "--reverse"], old)):
        git(tmp_path, *arguments, input=patch)
        assert (file.read_bytes() if file.exists() else None) == expected
        file.parent.mkdir(exist_ok=True)
