import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.repositories import commit, memory_repository, move

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.errors import LabelNotFound
from gitconfig_server.git.ref_names import branch_ref
from gitconfig_server.model.reads import Reading
from gitconfig_server.storage.base import JournalRecord, RefUpdate

FILES = {
    "gitconfig.yml": 'search_paths: ["{application}"]\n',
    "application.yml": "a: 1\n",
    "orders/orders.yml": "b: 1\n",
    "billing/billing.yml": "c: 1\n",
}
ORDERS = (("orders",), ("prod",))


def repository(files=FILES):
    git = memory_repository()
    commit(git, files)
    return ConfigEngine(git)


def read(repo, label=None):
    return repo.environment(*ORDERS, Reading(label))


@pytest.mark.parametrize(
    "change",
    [
        {"billing/billing.yml": "c: 2\n"},
        {"orders/notes.txt": "x"},
        {"new/orders.yml": "x: 1\n"},
        {"orders-dev.yml": ""},
    ],
)
def test_what_an_environment_does_not_depend_on_may_change(change):
    repo = repository()
    before = read(repo)
    tip = commit(repo.git, change)
    now = read(repo)
    assert now.sources is before.sources
    assert now.commit == tip.decode()
    renewed = before.basis.renewed()
    assert renewed == now.basis
    assert renewed.commit == now.commit


@pytest.mark.parametrize(
    "change",
    [
        {"orders/orders.yml": "b: 2\n"},
        {"orders/orders-prod.yml": "b: 2\n"},
        {"application-prod.properties": "a=2\n"},
        {"application.yml": None},
        {"gitconfig.yml": None},
        {"orders.yml": "b: 3\n"},
    ],
)
def test_what_it_depends_on_may_not(change):
    repo = repository()
    before = read(repo)
    commit(repo.git, change)
    assert read(repo).sources != before.sources
    assert before.basis.renewed() is None


ASKING = {
    "orders.yml": "spring.config.import: [x/m.yml, 'y/', 'z/*/']\nspring.profiles.include: more\n",
    "x/m.yml": "m: 1\n",
    "x/other.yml": "o: 1\n",
    "z/a/orders.yml": "z: 1\n",
    "more.yml": "n: 1\n",
}


@pytest.mark.parametrize(
    "change",
    [
        {"x/m.yml": "m: 2\n"},
        {"x/m.yml": None},
        {"x/m-prod.yml": "m: 2\n"},
        {"x/m-more.yml": "m: 2\n"},
        {"y/orders.yml": "y: 1\n"},
        {"z/b/orders.yml": "z: 2\n"},
        {"orders-more.yml": "n: 2\n"},
        {"application.yml": "spring.profiles.group.more: group\n"},
    ],
)
def test_what_files_ask_for_is_depended_on(change):
    repo = repository(ASKING)
    before = read(repo)
    commit(repo.git, change)
    assert before.basis.renewed() is None
    assert read(repo).sources != before.sources


@pytest.mark.parametrize(
    "change",
    [{"x/other.yml": "o: 2\n"}, {"x/m-dev.yml": "m: 2\n"}, {"more.yml": "n: 2\n"}, {"z/a/notes.txt": "x"}],
)
def test_what_lies_beside_imports_is_not(change):
    repo = repository(ASKING)
    before = read(repo)
    commit(repo.git, change)
    assert before.basis.renewed() is not None
    assert read(repo).sources is before.sources


def test_a_wildcard_depends_on_the_folders_there_are():
    repo = repository({**FILES, "gitconfig.yml": "search_paths: ['*']\n"})
    before = read(repo)
    commit(repo.git, {"billing/notes.txt": "x"})
    assert before.basis.renewed()
    commit(repo.git, {"zoo/orders.yml": "b: 9\n"})
    assert before.basis.renewed() is None
    assert read(repo).sources[0].properties == {"b": 9}


def test_a_rollback_finds_what_was_there():
    repo = repository()
    before = read(repo)
    commit(repo.git, {"orders/orders.yml": "b: 2\n"})
    commit(repo.git, {"orders/orders.yml": "b: 1\n"})
    assert before.basis.renewed().commit == read(repo).commit


def test_another_label_in_its_place_is_noticed():
    repo = repository()
    ref, tip = branch_ref("main"), repo.git.snapshot()[branch_ref("main")]
    before = read(repo)
    move(repo.git, branch_ref("master"), [], tip)
    gone = RefUpdate(ref, tip, None)
    repo.git.stored.update_refs([gone], record=JournalRecord((gone,), "external"))
    assert before.basis.renewed() is None
    with pytest.raises(LabelNotFound):
        repo.environment(*ORDERS, Reading("nope"))


class CountingFiles(ParsedFiles):
    calls = 0

    def documents(self, tree, path, blob, extension=None):
        self.calls += 1
        return super().documents(tree, path, blob, extension)


def test_who_asks_at_once_waits_for_one_to_resolve():
    git = memory_repository()
    commit(git, FILES)
    counted, together = CountingFiles(), threading.Barrier(8)
    repo = ConfigEngine(git, parsed=counted)

    def ask():
        together.wait()
        return read(repo).sources

    with ThreadPoolExecutor(8) as pool:
        found = [one.result() for one in [pool.submit(ask) for _ in range(8)]]
    assert all(one is found[0] for one in found)
    assert counted.calls == 2
