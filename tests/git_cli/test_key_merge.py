"""Merging by key beside Git, over the reverts of a real repository's history."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from support.git import GIT_ENVIRONMENT, git

from gitconfig_server.errors import GitConfigError
from gitconfig_server.formats.editing.stored import StoredText
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.formats.reading.formats import REPEATED_KEYS

BUNDLE = Path(__file__).parent.parent / "data" / "petclinic.bundle"
LATER = 7
"""How many versions a revert may come after what it undoes."""


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """File -> its versions, oldest first."""
    folder = tmp_path_factory.mktemp("history")
    git(folder, "clone", "--quiet", "--bare", str(BUNDLE), "petclinic.git")
    clone = folder / "petclinic.git"
    files = {
        name for name in git(clone, "log", "--name-only", "--format=", "main").split("\n") if name.endswith(".yml")
    }
    found = {}
    for name in sorted(files):
        ids = git(clone, "log", "--reverse", "--format=", "--raw", "--no-abbrev", "main", "--", name).split("\n")
        blobs = [line.split()[3] for line in ids if line and set(line.split()[3]) != {"0"}]
        found[name] = [git(clone, "cat-file", "blob", blob).encode() for blob in blobs]
    return found


def reverts(versions):
    """Base, ours and theirs: a version is undone, up to LATER versions after it."""
    for number in range(1, len(versions)):
        for later in range(number + 1, min(number + LATER + 1, len(versions))):
            yield versions[number], versions[later], versions[number - 1]


def merged_by_git(folder, base, ours, theirs):
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(text)
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, env=GIT_ENVIRONMENT, capture_output=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else None


def said(path, text):
    """The documents as dicts, and the keys that stand twice; None where it cannot be read."""
    try:
        stored = StoredText(path, text)
    except GitConfigError:
        return None
    twice = {one.key for one in stored.remarks if one.rule in REPEATED_KEYS}
    return [plain(one.root) for one in stored.documents], twice


def test_where_git_merges_cleanly_to_valid_yaml_the_values_are_the_same(tmp_path, history):
    """And where it does not, it is mostly because keys stand beside each other."""
    found = Counter()
    for path, versions in history.items():
        for base, ours, theirs in reverts(versions):
            by_lines, by_key = merged_by_git(tmp_path, base, ours, theirs), merge_texts(path, base, ours, theirs)
            read = said(path, by_lines) if by_lines is not None else None
            known = set().union(*(one[1] for text in (base, ours, theirs) if (one := said(path, text))))
            is_valid = read is not None and read[1] <= known
            kind = "clean" if is_valid else "conflict" if by_lines is None else "invalid"
            found[kind, by_key.content is not None] += 1
            if is_valid and by_key.content is not None:
                assert said(path, by_key.content)[0] == read[0], (path, base, ours, theirs)
    assert found["clean", False] == 0
    assert found["clean", True] > 100
    assert found["conflict", True] > 100
