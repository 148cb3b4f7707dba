from pathlib import Path

import httpx
import pytest
from support.repositories import commit as write_files
from support.storages import Made

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import MAIN, commit, record, write_pack_in
from gitconfig_server.storage.rows.packs import WHOLE
from gitconfig_server.storage.walking import parents_in

KINDS = ["sqlite", "postgresql", "mongodb"]


@pytest.fixture
def made(request, tmp_path):
    places = Made(request.param, tmp_path)
    yield places
    places.close()


def counted(repository, monkeypatch):
    """The calls for objects that the database gets from now on."""
    asked = []
    for name in ("read", "read_ahead", "contains"):
        whole = getattr(repository._database, name)
        monkeypatch.setattr(
            repository._database, name, lambda *given, name=name, of=whole: asked.append(name) or of(*given)
        )
    return asked


def history(repository, count):
    """Commits that are stored one by one, the newest first."""
    tip, made, objects = None, [], []
    for number in range(count):
        tip, new = commit(number, tip)
        made.append(tip)
        objects += new
    for start in range(0, len(objects), 100):
        repository.objects.put(objects[start : start + 100])
    return made[::-1]


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_who_walks_from_parent_to_parent_asks_now_and_then(made, monkeypatch):
    repository = made().create("one")
    names = history(repository, 310)
    asked = counted(repository, monkeypatch)
    found, tip = [], names[0]
    while tip:
        found.append(tip)
        tip = next(iter(parents_in(repository.objects.get_raw(tip)[1])), None)
    assert found == names
    assert len(asked) <= 4


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_commits_come_in_bulk(made, monkeypatch):
    repository = made().create("one")
    names = history(repository, 310)
    asked = counted(repository, monkeypatch)
    assert [facts.id for facts in repository.commits(names[:1])] == names
    assert len(asked) <= 4
    assert [facts.id for facts in repository.commits(names[:1], names[5:6])] == names[:5]


def push_whole(repository, numbers):
    """A pack of ``WHOLE`` objects or more, whose tip becomes main."""
    objects, parent = [], None
    for number in numbers:
        parent, new = commit(number, parent)
        objects += new
    with repository.scratch() as folder:
        pack = write_pack_in(folder, {one.id: one for one in objects}.values())
        assert pack.count >= WHOLE
        updates = [RefUpdate(MAIN, None, parent)]
        repository.update_refs(updates, pack=pack, record=record(updates))
    return parent, objects


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_what_is_in_packs_is_asked_of_no_database(made, monkeypatch):
    repository = made().create("one")
    tip, objects = push_whole(repository, range(400))
    assert repository.objects.get_raw(tip)[0] == 1
    asked = counted(repository, monkeypatch)
    assert len(list(repository.commits([tip]))) == 400
    ids = {bytes.fromhex(one.id.decode()) for one in objects}
    entries = list(repository.objects.get_entries(ids))
    assert {entry.id for entry in entries} == ids
    assert asked == []


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_another_handle_finds_a_pack_that_it_has_not_heard_of(made):
    storage = made()
    one = storage.create("one")
    other = made.again(storage).open("one")
    tip, objects = push_whole(one, range(400))
    assert len(other.objects.contains_many([one.id for one in objects])) == len({one.id for one in objects})
    third = made.again(storage).open("one")
    assert third.objects.get_raw(tip) == one.objects.get_raw(tip)
    with pytest.raises(KeyError):
        third.objects.get_raw(b"0" * 40)


def test_a_copy_that_is_not_whole_is_not_taken(tmp_path, monkeypatch):
    made = Made("sqlite", tmp_path)
    repository = made().create("one")
    tip, _ = push_whole(repository, range(400))
    whole = repository._database.pack_pieces
    calls = []

    def torn(name, kind):
        calls.append(kind)
        return iter(()) if len(calls) == 1 else whole(name, kind)

    monkeypatch.setattr(repository._database, "pack_pieces", torn)
    assert repository.objects.get_raw(tip)[0] == 1
    assert calls == ["pack", "pack", "idx"]
    made.close()


@pytest.mark.anyio
@pytest.mark.parametrize("made", KINDS, indirect=True)
async def test_a_cold_fetch_takes_four_trips(made, monkeypatch):
    """Commit, root, what stands in it, what stands in the application's folder; refs are known."""
    folder = Path(__file__).parents[3] / "repo_template"
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    storage = made()
    write_files(GitRepository(storage.create("one")), files)
    beside = made.again(storage)
    repository = beside.open("one")
    asked = counted(repository, monkeypatch)
    app = assemble(Settings(), Opened(beside, repository))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert (await client.get("/orders/prod")).json()["propertySources"]
    assert len(asked) <= 4
