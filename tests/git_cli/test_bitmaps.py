"""The bitmaps that git leaves beside a pack, read as git reads them."""

import hashlib
from random import Random

import pytest
from support.fetching import fetch, fetched
from support.git import git
from support.git_server import serving

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.disk.objects.pack_file import PackFile
from gitconfig_server.storage.disk.storage import DiskStorage

MANY = 700
"""Commits: more than git gives a bitmap each."""


def grown(folder, commits, branches=("main",)):
    """A bare repository in one pack with bitmaps; each commit changes a file of its own branch and merges another."""
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "config")
    random, lines = Random(commits), []
    for number in range(commits):
        branch = branches[number % len(branches)]
        lines.append(f"commit refs/heads/{branch}\nmark :{number + 1}\n")
        lines.append(f"committer T <t@x> {10**9 + number} +0000\ndata 1\nc\n")
        if number >= len(branches) and random.random() < 0.1:
            lines.append(f"merge :{random.randrange(1, number + 1)}\n")
        text = f"a: {random.random()}\n" * 9
        lines.append(f"M 100644 inline {branch}/app{random.randrange(50)}.yml\ndata {len(text)}\n{text}\n")
    git(folder / "config", "fast-import", "--quiet", input="".join(lines).encode())
    packed(folder / "config")
    return folder / "config"


def packed(repository):
    git(repository, "repack", "-a", "-d", "-q", "--write-bitmap-index")


def pack_of(repository):
    (path,) = (repository / "objects/pack").glob("*.pack")
    assert path.with_suffix(".bitmap").exists()
    return path


def heads_of(repository):
    """What the pack's bitmaps say now."""
    return PackFile(pack_of(repository)).noted.heads


def lead_to(repository, *heads):
    return {line[:40] for line in git(repository, "rev-list", "--objects", *heads).splitlines()}


@pytest.mark.parametrize(("commits", "branches"), [(1, "a"), (7, "ab"), (MANY, "a"), (MANY, "abc")])
def test_heads_lead_to_all_of_the_pack_and_none_to_another(commits, branches, tmp_path):
    repository = grown(tmp_path, commits, branches)
    heads = [head.decode() for head in heads_of(repository)]
    assert {name.hex() for name in PackFile(pack_of(repository))} == lead_to(repository, *heads)
    assert set(heads) == set(git(repository, "merge-base", "--independent", *heads).split())


def test_a_pack_that_holds_more_than_histories_and_their_tags_has_no_heads(tmp_path):
    repository = grown(tmp_path, 20)
    git(repository, "tag", "-a", "-m", "one", "v1", "main~3")
    git(repository, "tag", "-a", "-m", "of a tag", "v2", "v1")
    packed(repository)
    noted = PackFile(pack_of(repository)).noted
    assert {tag.hex() for tag in noted.tags} == set(git(repository, "rev-parse", "v1", "v2").split())
    assert {name.decode() for name in noted.heads} == set(git(repository, "rev-parse", "main").split())
    blob = git(repository, "hash-object", "-w", "--stdin", input=b"of no commit").strip()
    git(repository, "tag", "-a", "-m", "of a file", "v3", blob)
    packed(repository)
    assert heads_of(repository) == frozenset()


def test_a_clone_gets_a_pack_with_tags_as_it_lies_and_no_tag_that_is_gone(tmp_path):
    repository = grown(tmp_path, MANY)
    for name, target in (("v1", "main~3"), ("v2", "v1"), ("secret", "main")):
        git(repository, "tag", "-a", "-m", "one", name, target)
    secret = git(repository, "rev-parse", "secret").strip()
    packed(repository)
    storage = DiskStorage(tmp_path)
    try:
        served = GitRepository(storage.open("config"))
        with serving(served) as url:
            whole, single, less = (tmp_path / name for name in ("whole", "single", "less"))
            git(tmp_path, "clone", "--quiet", "--bare", url, whole)
            git(tmp_path, "clone", "--quiet", "--bare", "--single-branch", url, single)
            git(repository, "tag", "-d", "secret")
            git(tmp_path, "clone", "--quiet", "--bare", url, less)
        asked = fetch(served, b"want " + git(repository, "rev-parse", "main").strip().encode(), b"ofs-delta", b"done")
        assert {name.decode() for name in fetched(served, asked)} == lead_to(repository, "main")
    finally:
        storage.close()
    for clone in (whole, single, less):
        git(clone, "fsck", "--strict")
    for clone in (whole, single):
        assert [path.name for path in (clone / "objects/pack").glob("*.pack")] == [pack_of(repository).name]
    ids = {line.split()[0] for line in git(less, "cat-file", "--batch-all-objects", "--batch-check").splitlines()}
    assert ids == lead_to(repository, "--all")
    assert secret not in ids


def test_a_clone_of_all_begins_with_the_pack_and_a_clone_of_less_does_not(tmp_path):
    repository = grown(tmp_path, MANY, ["main", "secret"])
    wanted, secret = git(repository, "rev-parse", "main", "secret").split()
    storage = DiskStorage(tmp_path)
    try:
        served = GitRepository(storage.open("config"))
        for tips in ([wanted, secret], [wanted]):
            asked = (f"want {tip}".encode() for tip in tips)
            found = fetched(served, fetch(served, *asked, b"ofs-delta", b"done"))
            assert {name.decode() for name in found} == lead_to(repository, *tips)
    finally:
        storage.close()


def test_bitmaps_of_another_pack_or_damaged_ones_tell_nothing(tmp_path):
    repository = grown(tmp_path, 30)
    path = pack_of(repository).with_suffix(".bitmap")
    path.chmod(0o600)
    sound, random = path.read_bytes(), Random(1)
    assert heads_of(repository)
    for length in range(0, len(sound), 7):
        path.write_bytes(sound[:length])
        assert not heads_of(repository)
    for _ in range(300):
        place = random.randrange(len(sound))
        path.write_bytes(sound[:place] + random.randbytes(1 + random.randrange(8)) + sound[place + 8 :])
        assert not heads_of(repository) or path.read_bytes() == sound
    (tmp_path / "other").mkdir()
    path.write_bytes(pack_of(grown(tmp_path / "other", 31)).with_suffix(".bitmap").read_bytes())
    assert not heads_of(repository)


def test_bitmaps_that_lie_are_read_to_their_end(tmp_path):
    """Whatever stands in them beneath a checksum that fits: nothing is raised, and no memory is filled."""
    repository = grown(tmp_path, 30)
    path = pack_of(repository).with_suffix(".bitmap")
    path.chmod(0o600)
    sound, random = path.read_bytes(), Random(2)
    for _ in range(300):
        body = bytearray(sound[:-20])
        place = random.randrange(32, len(body))
        body[place : place + 4] = random.randbytes(len(body[place : place + 4]))
        path.write_bytes(body + hashlib.sha1(body).digest())
        assert len(heads_of(repository)) <= 30
