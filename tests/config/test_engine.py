from datetime import UTC, datetime

import pytest
from support.repositories import EPOCH, TESTER, build_commit, commit, memory_repository, move

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.errors import (
    FileNotFound,
    InvalidContent,
    InvalidInput,
    InvalidName,
    LabelNotFound,
    SourceNotFound,
)
from gitconfig_server.git.objects.commits import make_commit, tree_of
from gitconfig_server.git.objects.trees import SYMLINK, TreeEntry, edit_tree
from gitconfig_server.model.history import HistoryQuery
from gitconfig_server.model.reads import Reading
from gitconfig_server.storage.base import JournalRecord, RefUpdate

MAIN = Reading("main")
FILES = {
    "application.yml": "level: info\n",
    "orders.yml": "db: {pool: 5}\n",
    "orders-prod.yml": "db: {pool: 20}\n",
    "notes.txt": "hello\n",
}


def repository(files=FILES, **options):
    git = memory_repository()
    commit(git, files)
    return ConfigEngine(git, **options)


def test_an_environment_is_of_one_commit_and_says_which():
    repo = repository()
    first = repo.environment(("orders",), ("prod",), Reading())
    assert [source.path for source in first.sources] == ["orders-prod.yml", "orders.yml", "application.yml"]
    second = commit(repo.git, {"orders-prod.yml": "db: {pool: 30}\n"})
    now = repo.environment(("orders",), ("prod",), MAIN)
    assert (now.label, now.commit) == ("main", second.decode())
    assert now.sources[0].properties == {"db.pool": 30}
    assert repo.environment(("orders",), ("prod",), Reading(first.commit)).sources == first.sources
    assert repo.environment(("orders",), ("prod",), Reading("main~1")).sources == first.sources


def test_an_unknown_application_gets_what_all_share():
    assert [one.path for one in repository().environment(("nobody",), ("x",), MAIN).sources] == ["application.yml"]


def test_a_broken_file_breaks_its_own_application_only():
    repo = repository({**FILES, "bad.yml": "a: [\n"})
    assert repo.environment(("orders",), ("prod",), MAIN).sources
    with pytest.raises(InvalidContent) as caught:
        repo.environment(("bad",), ("prod",), MAIN)
    assert (caught.value.path, caught.value.line) == ("bad.yml", 2)


def test_a_broken_file_that_is_the_same_elsewhere_is_named_by_the_path_asked_for():
    repo = repository({"one.yml": "a: [\n", "two.yml": "a: [\n"})
    for name in ("one", "two"):
        with pytest.raises(InvalidContent, match=rf"^{name}\.yml:2"):
            repo.environment((name,), ("default",), MAIN)


def test_sources_are_listed_and_read_one_by_one():
    repo = repository()
    listed = [(one.application, one.profile, one.path) for one in repo.sources("orders", MAIN).items]
    assert listed == [("orders", "default", "orders.yml"), ("orders", "prod", "orders-prod.yml")]
    (source,) = repo.source("orders", "prod", MAIN).items
    assert (source.path, source.properties) == ("orders-prod.yml", {"db.pool": 20})
    with pytest.raises(SourceNotFound):
        repo.source("orders", "dev", MAIN)
    assert [(one.name, one.profiles) for one in repo.applications(MAIN).items] == [
        ("application", ("default",)),
        ("orders", ("default", "prod")),
    ]


def test_the_strongest_document_of_a_source_comes_first():
    repo = repository({"orders.yml": "a: 1\n---\na: 2\n", "orders.properties": "a=3\n"})
    found = repo.source("orders", "default", MAIN).items
    assert [(one.path, one.document, one.properties["a"]) for one in found] == [
        ("orders.properties", None, "3"),
        ("orders.yml", 1, 2),
        ("orders.yml", 0, 1),
    ]


def test_files_are_read_byte_for_byte():
    repo = repository()
    assert repo.file("notes.txt", MAIN).content == b"hello\n"
    assert [one.path for one in repo.files(MAIN).items] == sorted(FILES)
    with pytest.raises(FileNotFound):
        repo.file("nothing.txt", MAIN)


@pytest.mark.parametrize("path", ["../x", "a/../b", "/etc/passwd", ".git/config", "a//b", "a\\b", "a\0b", ".GIT/x", ""])
def test_hostile_paths_are_refused(path):
    with pytest.raises(InvalidName):
        repository().file(path, MAIN)


def test_symbolic_links_are_never_followed():
    git = memory_repository()
    tip = commit(git, {"real.yml": "a: 1\n", "target": "real.yml"})
    repo = ConfigEngine(git)
    target = TreeEntry(SYMLINK, repo.file("target", MAIN).blob.encode())
    tree, trees = edit_tree(git.objects, tree_of(git.objects, tip), {b"link.yml": target})
    linked = make_commit(tree, (), author=TESTER, committer=TESTER, when=EPOCH, message="link")
    move(git, b"refs/heads/linked", [*trees, linked])
    assert repo.environment(("link",), ("default",), Reading("linked")).sources == ()
    with pytest.raises(FileNotFound):
        repo.file("link.yml", Reading("linked"))


def test_history_can_be_that_of_one_application():
    repo = repository()
    commit(repo.git, {"other.yml": "a: 1\n"})
    third = commit(repo.git, {"orders-prod.yml": "db: {pool: 30}\n"})
    page = repo.history(None, HistoryQuery(application="orders", profile="prod"))
    assert [entry.seq for entry in page.entries] == [3, 1]
    assert page.entries[0].tip.commit == third.decode()
    assert repo.history("main", HistoryQuery(application="orders", profile="dev")).entries == ()


def test_history_comes_in_pages():
    repo = repository()
    for number in range(4):
        commit(repo.git, {"orders.yml": f"a: {number}\n"})
    first = repo.history("main", HistoryQuery(limit=2))
    second = repo.history("main", HistoryQuery(limit=2, cursor=first.next))
    third = repo.history("main", HistoryQuery(limit=2, cursor=second.next))
    assert [[entry.seq for entry in page.entries] for page in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert third.next is None
    with pytest.raises(InvalidInput):
        repo.history("main", HistoryQuery(cursor="99"))


def test_history_can_be_bounded_in_time():
    repo = repository()
    commit(repo.git, {"orders.yml": "a: 1\n"})
    second, first = repo.history("main", HistoryQuery()).entries
    assert repo.history("main", HistoryQuery(since=second.received_at)).entries == (second,)
    assert repo.history("main", HistoryQuery(until=second.received_at)).entries == (first,)
    assert repo.history("main", HistoryQuery(since=datetime(2030, 1, 1, tzinfo=UTC))).entries == ()


def test_the_stand_in_for_main_can_be_switched_off():
    git = memory_repository()
    commit(git, FILES, label="master")
    assert ConfigEngine(git).environment(("orders",), ("prod",), MAIN).sources
    with pytest.raises(LabelNotFound):
        ConfigEngine(git, ReadOptions(master_fallback=False)).environment(("orders",), ("prod",), MAIN)


def test_a_history_that_finds_little_ends_with_a_cursor(monkeypatch):
    monkeypatch.setattr("gitconfig_server.config.history.MAX_LOOKED_AT", 4)
    git = memory_repository()
    commit(git, {"orders.yml": "a: 1\n", "billing.yml": "a: 1\n"})
    for number in range(9):
        commit(git, {"billing.yml": f"a: {number}\n"})
    repo, cursor, pages = ConfigEngine(git), None, []
    while not pages or cursor:
        page = repo.history("main", HistoryQuery(application="orders", cursor=cursor))
        cursor = page.next
        pages.append([entry.seq for entry in page.entries])
    assert pages == [[], [], [1]]


def test_history_goes_on_behind_the_journal():
    git = memory_repository()
    chain = [build_commit(git, {"a.yml": "n: 0\n"})]
    git.objects.put(chain[0])
    for number in range(1, 6):
        chain.append(build_commit(git, {"a.yml": f"n: {number}\n"}, [chain[-1][-1].id]))
        git.objects.put(chain[-1])
    update = RefUpdate(b"refs/heads/main", None, chain[-1][-1].id)
    git.stored.update_refs([update], record=JournalRecord((update,), "init"))
    commit(git, {"a.yml": "n: 6\n"})
    repo, cursor, found = ConfigEngine(git), None, []
    while not found or cursor:
        page = repo.history("main", HistoryQuery(limit=2, cursor=cursor))
        cursor = page.next
        found += [entry.tip.commit for entry in page.entries]
    assert found[1:] == [objects[-1].id.decode() for objects in reversed(chain)]
