from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Lock

import pytest
from support.ageing import age, singles
from support.repositories import EPOCH, TESTER, commit, move
from support.storages import Made

from gitconfig_server.git.objects.commits import make_tag
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving.kept_history import find_beginning
from gitconfig_server.git.serving.pack_copy import write_pack
from gitconfig_server.git.upkeep.maintaining import Report, maintain
from gitconfig_server.git.upkeep.reachable import ReachableObjects
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.objects import blob
from gitconfig_server.storage.conformance.objects import commit as commit_of
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.upkeep import LEASE
from gitconfig_server.storage.verifying import verify

KINDS = ["disk", "sqlite", "postgresql", "mongodb"]
MAIN = b"refs/heads/main"
NOW = timedelta(0)


@pytest.fixture(params=KINDS)
def made(request, tmp_path):
    places = Made(request.param, tmp_path)
    yield places
    places.close()


def saved(stored, count):
    """A repository of so many saves."""
    git = GitRepository(stored)
    for number in range(count):
        commit(git, {"a/b.yml": f"a: {number}\n" * 20, "c.yml": f"c: {number // 3}\n"})
    return git


def test_saves_are_folded_into_one_pack(made):
    storage = made()
    stored = storage.create("one")
    other = made.again(storage).open("one")  # knows of no pack
    saved(stored, 12)
    before = {name: stored.objects.get_raw(name) for name in stored.objects}
    report = maintain(stored, whole=True)
    assert report == Report(folded=len(before))
    assert singles(stored) == 0
    for one in (stored, other, made.again(storage).open("one")):
        assert {name: one.objects.get_raw(name) for name in before} == before
        assert one.objects.contains_many(before) == set(before)
        assert set(one.objects) == set(before)
        assert verify(one) == []
    assert maintain(stored, whole=True) == Report()
    saved(other, 3)
    age(stored)
    assert maintain(other, whole=True).folded > len(before)
    assert singles(stored) == 0
    assert verify(stored) == verify(other) == []


@pytest.mark.parametrize("hidden", [False, True])
def test_a_pack_of_all_is_noted_for_the_next_clone_unless_some_of_it_is_not_for_clones(hidden, tmp_path, monkeypatch):
    monkeypatch.setattr("gitconfig_server.storage.disk.objects.store._WORTH_SENDING", 1)
    made = Made("disk", tmp_path)
    stored = made().create("one")
    git = saved(stored, 5)
    tip = git.snapshot()[MAIN]
    if hidden:
        save(stored, b"refs/gitconfig/hidden", 1)
    assert maintain(stored, whole=True).folded
    (kept,) = stored.kept_packs()
    assert set(kept.pack) == {bytes.fromhex(name.decode()) for name in stored.objects}
    assert (find_beginning(stored, git.objects, [tip]) is None) == hidden
    assert tip in kept.heads
    move(git, b"refs/tags/v1", [tag := make_tag(tip, "v1", TESTER, EPOCH, "one")])
    age(stored)
    assert maintain(stored, whole=True).folded
    (kept,) = stored.kept_packs()
    assert kept.tags == {bytes.fromhex(tag.id.decode())} <= set(kept.pack)
    assert find_beginning(stored, git.objects, [tip], list) is None
    assert (find_beginning(stored, git.objects, [tip], lambda: kept.tags) is None) == hidden
    made.close()


def test_little_is_left_alone(made):
    stored = made().create("one")
    saved(stored, 3)
    assert maintain(stored, whole=False) == Report()
    assert singles(stored)


def test_many_are_folded_and_many_packs_become_one(made, monkeypatch):
    monkeypatch.setattr("gitconfig_server.storage.rows.upkeep.MOST_SINGLES", 10)
    monkeypatch.setattr("gitconfig_server.storage.rows.upkeep.MOST_PACKS", 2)
    monkeypatch.setattr("gitconfig_server.storage.disk.objects.upkeep.MOST_SINGLES", 1)
    monkeypatch.setattr("gitconfig_server.storage.disk.objects.upkeep.MOST_PACKS", 2)
    stored = made().create("one")
    stored.objects.put([blob(b"%d" % number) for number in range(300)])  # so that the sample holds some
    for _ in range(5):
        saved(stored, 4)
        age(stored)
        maintain(stored, whole=False)
    assert verify(stored) == []
    packs = stored._objects._packs.open() if hasattr(stored, "_objects") else stored.objects._pack_files.open()
    assert 1 <= len(packs) <= 3


def test_garbage_is_condemned_and_then_deleted(made):
    storage = made()
    stored = storage.create("one")
    saved(stored, 2)
    orphan, wanted, young = blob(b"orphan"), blob(b"wanted again"), blob(b"young")
    stored.objects.put([orphan, wanted])
    age(stored)
    stored.objects.put([young])
    assert maintain(stored, whole=False) == Report(condemned=2)
    names = [orphan.id, wanted.id, young.id]
    other = made.again(storage).open("one")
    for one in (stored, other):
        assert one.objects.contains_many(names) == {young.id}
        assert one.objects.get_raw(orphan.id) == (3, b"orphan"), "who read of it before can go on"
    other.objects.put([wanted])
    assert stored.objects.contains_many(names) == {wanted.id, young.id}
    assert maintain(stored, whole=False) == Report(), "not before its time"
    assert maintain(stored, whole=False, condemned_for=NOW) == Report(removed=1)
    with pytest.raises(KeyError):
        stored.objects.get_raw(orphan.id)
    assert stored.objects.get_raw(wanted.id) == (3, b"wanted again")
    assert verify(stored) == []


def test_a_push_that_relies_on_a_condemned_object_keeps_it(made):
    stored = made().create("one")
    name, objects = commit_of(1)
    stored.objects.put(objects)  # a push that asked whether they are there, before they were condemned
    age(stored)
    assert maintain(stored, whole=False).condemned == len(objects)
    updates = (RefUpdate(MAIN, None, name),)
    stored.update_refs(updates, record=JournalRecord(updates, "push"))
    assert verify(stored), "it is not sound"
    assert maintain(stored, whole=False, condemned_for=NOW) == Report()
    assert verify(stored) == [], "until what has become reachable is given back"


def test_a_write_that_ends_while_garbage_is_swept_keeps_what_it_needs(made, monkeypatch):
    """The moment between marking and deleting: a ref comes to lead to what is about to go."""
    stored = made().create("one")
    name, objects = commit_of(1)
    stored.objects.put(objects)
    age(stored)
    assert maintain(stored, whole=False).condemned == len(objects)
    refresh, calls = ReachableObjects.refresh, []

    def late(self):
        found = refresh(self)
        calls.append(1)
        if len(calls) == 2:  # what the sweep goes by first
            updates = (RefUpdate(MAIN, None, name),)
            stored.update_refs(updates, record=JournalRecord(updates, "push"))
        return found

    monkeypatch.setattr(ReachableObjects, "refresh", late)
    assert maintain(stored, whole=False, condemned_for=NOW).removed == 0
    monkeypatch.undo()
    maintain(stored, whole=False)
    assert verify(stored) == []


def test_what_the_journal_names_stays(made):
    stored = made().create("one")
    git = saved(stored, 1)
    label = b"refs/heads/gone"
    tip = commit(git, {"gone.yml": "a: 1\n"}, label="gone")
    updates = (RefUpdate(label, tip, None),)
    stored.update_refs(updates, record=JournalRecord(updates, "delete"))
    age(stored)
    assert maintain(stored, whole=True).condemned == 0
    assert maintain(stored, whole=False, condemned_for=NOW).removed == 0
    assert stored.objects.get_raw(tip)[0] == 1


def test_what_packs_hold_beyond_is_condemned_with_them(made):
    storage = made()
    stored = storage.create("one")
    saved(stored, 3)
    orphan = blob(b"orphan in a pack" * 10)
    maintain(stored, whole=True)
    stored.objects.put([orphan])
    ids = {bytes.fromhex(orphan.id.decode()), *(bytes.fromhex(name.decode()) for name in stored.objects)}
    with stored.scratch() as folder:
        stored.upkeep.fold(write_pack(folder, stored.objects, ids), frozenset())
    saved(stored, 1)
    age(stored)
    assert maintain(stored, whole=True).folded
    assert not stored.objects.contains_many([orphan.id])
    assert stored.objects.get_raw(orphan.id) == (3, orphan.raw)
    assert maintain(stored, whole=False, condemned_for=NOW).removed >= 1
    with pytest.raises(KeyError):
        made.again(storage).open("one").objects.get_raw(orphan.id)
    assert verify(stored) == []


def test_a_pack_that_is_there_already_stays(made):
    """As a kill leaves it: the pack of all is stored, and those that it replaces are not removed yet."""
    stored = made().create("one")
    saved(stored, 3)
    maintain(stored, whole=True)
    with stored.scratch() as folder:
        some = [bytes.fromhex(name.decode()) for name in stored.objects][:4]
        stored.upkeep.fold(write_pack(folder, stored.objects, some), frozenset())
    age(stored)
    for _ in range(2):
        maintain(stored, whole=True)
        assert verify(stored) == []


def test_one_at_a_time(made):
    storage = made()
    stored = storage.create("one")
    with made.again(storage).open("one").lease(LEASE) as lease:
        assert lease
        assert maintain(stored, whole=True) == Report(held=False)


def test_readers_and_writers_go_on(made):
    storage = made()
    stored = storage.create("one")
    git = saved(stored, 6)
    reader = made.again(storage).open("one")
    stop = Event()
    at_rest = Lock()  # no write takes two days: what becomes old in the middle of one is rightly taken for garbage

    def read():
        count = 0
        while not stop.is_set() or not count:
            tips = set(reader.snapshot(fresh=True).values())
            names = [facts.id for facts in reader.commits(tips)]
            trees = [facts.tree for facts in reader.commits(tips)]
            assert reader.objects.contains_many(names) == set(names)
            assert len(list(reader.objects.get_many_raw(trees))) == len(trees)
            count += 1
        return count

    def write():
        for number in range(12):
            with at_rest:
                commit(git, {"a/b.yml": f"w: {number}\n"}, label=f"label-{number % 2}")

    with ThreadPoolExecutor(2) as pool:
        reading, writing = pool.submit(read), pool.submit(write)
        try:
            while not writing.done():
                maintain(stored, whole=True)
                with at_rest:
                    age(stored)
        finally:
            stop.set()
        writing.result()
        assert reading.result()
    maintain(stored, whole=True)
    assert verify(stored) == verify(reader) == []


def test_a_damaged_repository_is_left_alone(tmp_path):
    from gitconfig_server.errors import CorruptRepository
    from gitconfig_server.storage.disk.storage import DiskStorage

    storage = DiskStorage(tmp_path)
    stored = storage.create("one")
    tip = save(stored, MAIN, 1)
    stored.objects.put([blob(b"orphan")])
    age(stored)
    tree = next(iter(stored.commits([tip]))).tree.decode()
    (tmp_path / "one" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(CorruptRepository):
        maintain(stored, whole=True)
    assert stored.objects.contains_many([blob(b"orphan").id])
    storage.close()
