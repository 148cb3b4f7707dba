"""Ids and packs, held against dulwich's own."""

import pytest
from dulwich.objects import Blob, Commit, ShaFile

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.conformance.objects import commit, write_pack_in
from gitconfig_server.storage.object_store import hex_id, is_id, object_id
from gitconfig_server.storage.packs import read_pack
from gitconfig_server.storage.walking import read_facts


def test_ids_are_those_of_git():
    blob = Blob.from_string(b"x: 1\n")
    assert object_id(3, b"x: 1\n") == blob.id
    assert hex_id(bytes.fromhex(blob.id.decode())) == hex_id(blob.id) == blob.id
    assert is_id(blob.id)
    assert not is_id(blob.id.upper())


def test_a_pack_is_read_whole(tmp_path):
    stored = [*commit(1)[1], *commit(2)[1]]
    pack = write_pack_in(tmp_path, stored)
    assert sorted(one.id for one in read_pack(pack.path)) == sorted(one.id for one in stored)


def test_facts_of_a_commit_are_those_that_dulwich_reads():
    first = commit(1)[0]
    name, objects = commit(2, first)
    theirs = ShaFile.from_raw_string(1, objects[-1].raw)
    assert isinstance(theirs, Commit)
    facts = read_facts(name, objects[-1].raw)
    assert (facts.tree, list(facts.parents), facts.time) == (theirs.tree, theirs.parents, theirs.commit_time)


def test_what_is_no_commit_is_damage():
    with pytest.raises(CorruptRepository, match="cannot be read"):
        read_facts(b"0" * 40, b"tree 1\n\nno committer")
