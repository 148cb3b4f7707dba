import pytest
from support import packs
from support.repositories import commit, memory_repository

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.tree_sets import (
    TreeCache,
    folders,
    names_folder,
    names_submodule,
    parts,
    read_many_entries,
)

ID = b"1" * 40


def test_an_entry_is_taken_apart_only_when_asked():
    raw = packs.tree((b"040000", b"a b", ID)).raw
    assert parts(raw) == (b"040000", b"a b", b"\x11" * 20)
    assert folders([raw, packs.tree((b"100644", b"x", ID)).raw]) == {b"a b": b"\x11" * 20}
    assert names_folder(raw)
    assert names_submodule(packs.tree((b"160000", b"x", ID)).raw)


def test_a_cache_reads_a_tree_once_and_forgets_when_full(monkeypatch):
    git = memory_repository()
    tip = commit(git, {"a.yml": "1", "f/b.yml": "2"})
    root = bytes.fromhex(tree_of(git.objects, tip).decode())
    asked = []
    real = git.objects.get_raw
    monkeypatch.setattr(git.objects, "get_raw", lambda name: asked.append(name) or real(name))
    trees = TreeCache(git.objects, room=3)
    folder = folders(trees.read(root))[b"f"]
    assert trees.read(root) is trees.read(root)
    assert [parts(entry)[1] for entry in trees.read(folder)] == [b"b.yml"]
    trees.read(root)
    assert len(asked) == 3


def test_what_is_missing_or_no_tree_is_told():
    git = memory_repository()
    tip = commit(git, {"a.yml": "1"})
    trees = TreeCache(git.objects)
    for name in (bytes(20), bytes.fromhex(tip.decode())):
        with pytest.raises(CorruptRepository):
            trees.read(name)
        with pytest.raises(CorruptRepository):
            list(read_many_entries(git.objects, [name]))
