import random

import pytest

from gitconfig_server.storage.conformance.objects import ABSENT, blob, commit
from gitconfig_server.storage.disk.refs import external_moves
from gitconfig_server.storage.disk.refs.external_moves import leads_to
from gitconfig_server.storage.memory.repository import MemoryObjects
from gitconfig_server.storage.object_store import object_id
from gitconfig_server.storage.objects import COMMIT, Objects, RawObject


class Graph:
    """Commits with given parents and dates."""

    def __init__(self) -> None:
        self.objects = MemoryObjects()

    def commit(self, date: int, *parents: bytes) -> bytes:
        lines = b"".join(b"parent %s\n" % parent for parent in parents)
        person = b"Ann <ann@example.org> %d +0000" % date
        text = b"tree %s\n%sauthor %s\ncommitter %s\n\nparent %s\n" % (ABSENT, lines, person, person, ABSENT)
        name = object_id(COMMIT, text)
        self.objects.put([RawObject(name, COMMIT, text)])
        return name

    def chain(self, count: int) -> list[bytes]:
        names: list[bytes] = []
        for date in range(count):
            names.append(self.commit(date, *names[-1:]))
        return names


def test_forward_back_and_sideways() -> None:
    graph = Graph()
    names = graph.chain(5)
    side = graph.commit(100, names[2])
    merge = graph.commit(101, names[4], side)
    assert leads_to(graph.objects, names[0], names[4])
    assert leads_to(graph.objects, names[4], names[4])
    assert leads_to(graph.objects, side, merge)
    assert not leads_to(graph.objects, names[4], names[0])
    assert not leads_to(graph.objects, names[4], side)
    assert not leads_to(graph.objects, merge, side)


def test_wrong_dates_do_not_matter() -> None:
    graph, generator = Graph(), random.Random(1)
    names = [graph.commit(0)]
    parents: dict[bytes, set[bytes]] = {names[0]: {names[0]}}
    for _number in range(40):
        chosen = generator.sample(names, min(len(names), generator.choice([1, 1, 2])))
        name = graph.commit(generator.randrange(100), *chosen)
        parents.setdefault(name, set()).update({name}, *(parents[parent] for parent in chosen))
        names.append(name)
    for old in names:
        for new in names:
            assert leads_to(graph.objects, old, new) == (old in parents[new])


def test_a_step_back_does_not_walk_all_of_history(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph()
    names = graph.chain(500)
    asked = []
    real = graph.objects.get_raw
    monkeypatch.setattr(graph.objects, "get_raw", lambda name: asked.append(name) or real(name))
    assert not leads_to(graph.objects, names[-1], names[-4])
    assert leads_to(graph.objects, names[-4], names[-1])
    assert len(asked) < 50


def test_what_is_no_commit_is_no_ancestor() -> None:
    objects: Objects = MemoryObjects()
    name, stored = commit(1)
    objects.put([*stored, blob(b"x")])
    assert not leads_to(objects, blob(b"x").id, name)
    assert not leads_to(objects, ABSENT, name)
    assert not leads_to(objects, name, ABSENT)


def test_far_apart_histories_are_taken_for_unrelated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_moves, "_LIMIT", 100)
    graph = Graph()
    names = graph.chain(300)
    assert not leads_to(graph.objects, names[0], names[-1])
    assert leads_to(graph.objects, names[-50], names[-1])
