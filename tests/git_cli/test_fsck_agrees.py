"""Whatever ``git fsck --strict`` refuses, our checks refuse: the real one is asked about each hostile object."""

import random
from itertools import product

import pytest
from support import packs
from support.git import git, try_git
from support.packs import IDENTITY

from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.reader import make_blob, make_object
from gitconfig_server.git.receiving.object_checks import TreeChecks, check_attributes, check_commit, check_tag
from gitconfig_server.storage.objects import COMMIT, TAG, TREE

SEED = 20260131
HOSTILE_BYTES = [*(bytes([byte]) for byte in b"\0\n <>0-+/.\\:\xff"), b"~1", b"\xe2\x80\x8c"]
NAMES = [
    b".git", b".GIT", b"git~1", b".git ", b".git.", b".git:x", b".g\xe2\x80\x8cit", b".gitmodules", b"gitmod~1",
    b"GI7EBA~1", b"gi7eb~10", b"gi~12345", b"~1234567", b".gitattributes", b"gitatt~1", b"gi7d29~4", b".gitattributes.",
    b".", b"..", b"a/b", b"a\\.git", b".git\\x", b"a.yml", b".github", b"ok", b"x\\..\\.git\\y", b".\xef\xbb\xbfgit",
]  # fmt: skip


@pytest.fixture
def refused_by_git(tmp_path):
    """A factory: the ids among these objects that ``git fsck --strict`` calls errors, asked in one run."""
    git(tmp_path, "init", "--quiet", "--bare", ".")
    word = {COMMIT: "commit", TREE: "tree", TAG: "tag", 3: "blob"}

    def ask(objects):
        for one in objects:
            folder = tmp_path / "objects" / one.id[:2].decode()
            folder.mkdir(exist_ok=True)
            header = f"{word[one.type]} {len(one.raw)}\0".encode()
            (folder / one.id[2:].decode()).write_bytes(packs.zlib.compress(header + one.raw, 1))
        said = try_git(tmp_path, "fsck", "--strict", "--no-dangling")
        told = (said.stderr + said.stdout).splitlines()
        faults = {line.split()[3].rstrip(":").encode() for line in told if line.startswith("error in ")}
        return faults | {line.split()[1].rstrip(":").encode() for line in told if line.startswith("error: ")}

    return ask


def refused_by_us(one, attributes=frozenset()):
    check = {COMMIT: check_commit, TAG: check_tag, TREE: TreeChecks().check}.get(one.type)
    try:
        if check:
            check(one.raw)
        elif one.id in attributes:
            check_attributes(one.raw)
    except InvalidContent:
        return True
    return False


def names_of(tree):
    """The ids a sound tree names; what else is missing is a matter of connectivity."""
    return {entry[-20:].hex().encode() for entry in TreeChecks().check(tree.raw)[0]}


def mutated(raw, rng):
    at = rng.randrange(len(raw) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return raw[:at] + rng.choice(HOSTILE_BYTES) + raw[at:]
    if kind == 1:
        return raw[:at] + raw[at + rng.randrange(1, 8) :]
    if kind == 2:
        return raw[:at] + rng.choice(HOSTILE_BYTES) + raw[at + 1 :]
    lines = raw.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def test_commits_and_tags_with_anything_changed(refused_by_git):
    rng = random.Random(SEED)
    blob = make_blob(b"x")
    root = packs.tree((b"100644", b"a", blob.id))
    base = packs.commit(root.id)
    seeds = [(COMMIT, packs.commit(root.id, base.id).raw)]
    seeds.append((TAG, b"object " + base.id + b"\ntype commit\ntag v1\ntagger " + IDENTITY + b"\n\nx\n"))
    made = [make_object(kind, mutated(raw, rng)) for kind, raw in seeds for _ in range(400)]
    refused = refused_by_git([blob, root, base, *made])
    assert len(refused & {one.id for one in made}) > 200
    assert not [one.raw for one in made if one.id in refused and not refused_by_us(one)]


def test_trees_with_hostile_names_modes_and_order(refused_by_git):
    blob, empty = make_blob(b"x"), packs.tree()
    modes = [(b"100644", blob), (b"40000", empty), (b"040000", empty), (b"100664", blob), (b"120000", blob)]
    made = [packs.tree((mode, name, at.id)) for (mode, at), name in product(modes, NAMES)]
    rng = random.Random(SEED)
    for _ in range(300):
        chosen = rng.choices([b"a", b"a.b", b"a-b", b"ab", b"b", b"a0"], k=rng.randrange(1, 5))
        places = [(name, *rng.choice(modes[:2])) for name in chosen]
        made.append(packs.tree(*((mode, name, at.id) for name, mode, at in places)))
    made.append(packs.tree((b"100644", b"a", b"0" * 40)))
    refused = refused_by_git([blob, empty, *made])
    assert len(refused & {one.id for one in made}) > 150
    assert not [one.raw for one in made if one.id in refused and not refused_by_us(one)]


def test_trees_with_anything_changed(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", ".")
    rng = random.Random(SEED)
    blob = make_blob(b"x")
    raw = packs.tree((b"100644", b"a", blob.id), (b"100644", b"b", blob.id)).raw
    refused = []
    for one in (make_object(TREE, mutated(raw, rng)) for _ in range(60)):
        done = try_git(tmp_path, "index-pack", "--strict", "--stdin", input=packs.pack([blob, one]))
        if done.returncode != 0:
            refused.append(one)
    assert len(refused) > 30
    assert not [one.raw for one in refused if not refused_by_us(one) and names_of(one) == {blob.id}]


def test_attributes(refused_by_git):
    blobs = [make_blob(b"x" * length + b" text\n") for length in (10, 2040, 2041, 2042, 2043, 2047, 2048, 5000)]
    trees = [packs.tree((b"100644", b".gitattributes", blob.id)) for blob in blobs]
    refused = refused_by_git([*blobs, *trees])
    assert refused
    assert not [one for one in blobs if one.id in refused and not refused_by_us(one, {blob.id for blob in blobs})]
