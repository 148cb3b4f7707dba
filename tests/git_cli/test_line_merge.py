"""Our line merge beside Git's, over made texts whose lines repeat rarely, often and nearly always."""

import random
import subprocess

import pytest
from support.git import GIT_ENVIRONMENT

from gitconfig_server.formats.merging.lines import merge_lines

CASES = 150


def judged(folder, base, ours, theirs):
    """What ``git merge-file`` makes of three texts; None where it finds a conflict."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(text)
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, env=GIT_ENVIRONMENT, capture_output=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else None


def changed(chance, lines, kinds, often):
    found = list(lines)
    for _ in range(chance.randrange(often)):
        start = chance.randrange(len(found) + 1)
        found[start : start + chance.randrange(4)] = made(chance, chance.randrange(4), kinds)
    return found


def made(chance, count, kinds):
    return [b"%d\n" % chance.randrange(kinds) for _ in range(count)]


@pytest.mark.parametrize("kinds", [2, 5, 30, 1000])
@pytest.mark.parametrize(("size", "often"), [(8, 3), (60, 6), (800, 12)])
def test_it_agrees_with_git(tmp_path, kinds, size, often):
    chance = random.Random(f"{kinds} {size}")
    clean = 0
    for _ in range(CASES if size < 100 else 15):
        base = made(chance, chance.randrange(1, size), kinds)
        sides = [base, changed(chance, base, kinds, often), changed(chance, base, kinds, often)]
        texts = [b"".join(one).removesuffix(b"\n" if chance.random() < 0.2 else b"") for one in sides]
        expected = judged(tmp_path, *texts)
        assert merge_lines(*texts) == expected, texts
        clean += expected is not None
    assert clean
