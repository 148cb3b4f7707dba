from contextlib import closing

from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.sqlite.storage import SqliteStorage
from gitconfig_server.storage.walking import parents_in


def test_who_walks_from_parent_to_parent_asks_now_and_then(tmp_path, monkeypatch):
    with closing(SqliteStorage(tmp_path / "stored.db")) as storage:
        repository, tip, made = storage.create("one"), None, []
        for number in range(400):
            tip = save(repository, MAIN, number, tip)
            made.append(tip)
        asked = []
        for name in ("read", "read_ahead"):
            whole = getattr(repository._database, name)
            monkeypatch.setattr(repository._database, name, lambda *given, of=whole: asked.append(1) or of(*given))
        found = []
        while tip:
            found.append(tip)
            tip = next(iter(parents_in(repository.objects.get_raw(tip)[1])), None)
        assert found == made[::-1]
        assert len(asked) <= 4
