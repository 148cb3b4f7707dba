"""The engine: one commit a save, on the head as it is, or nothing at all."""

import threading
from contextlib import nullcontext
from datetime import timedelta

import pytest
from support.repositories import commit
from support.writing import ADA, Desk, disk_repository, request

from gitconfig_server.config.writing.writer import Edited, LabelMove
from gitconfig_server.errors import (
    ContentRefused,
    IdempotencyMismatch,
    LabelNotFound,
    LabelReadOnly,
    PreconditionFailed,
    RefChanged,
    UpdateRefused,
)
from gitconfig_server.formats.reading.formats import READERS
from gitconfig_server.git.objects.commits import read_commit
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.writes import (
    Author,
    DeleteFile,
    Idempotency,
    MergePatch,
    NewLabel,
    PatchSource,
    PutFile,
    SourcePlace,
    WriteRequest,
    WriteResult,
)
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.memory.storage import MemoryStorage


@pytest.fixture(params=["memory", "disk"])
def desk(request, tmp_path):
    return Desk(disk_repository(tmp_path) if request.param == "disk" else None)


def put(path, text):
    return PutFile(path, text.encode())


def test_a_save_is_one_commit_and_one_record(desk):
    first = desk.change(put("a.yml", "x: 1\n"), message="begin\n\nbecause")
    second = desk.change(put("b.yml", "y: 1\n"), author=Author("Bob", "bob@example.com"))
    assert (first.label, first.previous, first.changed, first.paths) == ("main", None, True, ("a.yml",))
    assert (second.previous, second.paths) == (first.commit, ("b.yml",))
    tip = desk.commit()
    assert (tip.id.decode(), tip.parents) == (second.commit, (first.commit.encode(),))
    assert (tip.author.name, tip.committer.name, tip.subject) == ("Bob", "ada", "b.yml: set")
    records = list(desk.stored.journal())
    assert [(one.reason, one.actor, one.message) for one in records] == [
        ("save", "ada", "begin"),
        ("save", "ada", "b.yml: set"),
    ]
    assert second.cursor == f"{records[1].epoch}.2"
    assert desk.files() == ["a.yml", "b.yml"]


def test_equal_content_makes_no_commit(desk):
    first = desk.change(put("a.yml", "x: 1\n"))
    again = desk.change(put("a.yml", "x: 1\n"))
    assert again == WriteResult(
        "main", first.commit, first.commit, False, cursor=first.cursor, validator=first.validator
    )
    assert len(list(desk.stored.journal())) == 1
    assert desk.change().changed is False


def test_a_dry_run_does_all_but_the_write(desk):
    desk.change(put("a.yml", "x: 1\n"))
    tried = desk.change(put("a.yml", "x: 2\n"), put("b.yml", "y: 1\n"), dry_run=True)
    assert (tried.changed, tried.commit, tried.paths, tried.cursor) == (True, None, ("a.yml", "b.yml"), "")
    assert desk.text("a.yml") == "x: 1\n"
    with pytest.raises(ContentRefused):
        desk.change(put("a.yml", "x: [\n"), dry_run=True)
    assert len(list(desk.stored.journal())) == 1


def test_what_cannot_be_read_is_refused_and_what_is_odd_is_told(desk):
    desk.change(put("a.properties", "k=1\nk=2\n"))
    with pytest.raises(ContentRefused) as refused:
        desk.change(put("b.yml", "x: 1\ny: [\n"), put("c.txt", "fine"))
    assert [(one.path, one.rule) for one in refused.value.findings] == [("b.yml", "yaml-syntax")]
    told = desk.change(put("a.properties", "k=1\nk=2\nl=1\n"))
    assert [(one.rule, one.fatal) for one in told.findings] == [("duplicate-key", False)]
    assert desk.files() == ["a.properties"]


def test_only_branches_are_written(desk):
    desk.change(put("a.yml", "x: 1\n"))
    desk.engine.make_label(request("v1"), "v1", NewLabel(kind=LabelKind.TAG))
    tip = desk.commit().id.decode()
    for label in ("v1", tip, tip[:10], "main~0", "main@2026-01-31", "refs/heads/main"):
        with pytest.raises(LabelReadOnly):
            desk.change(put("a.yml", "x: 2\n"), label=label)
    for label in ("mian", "FETCH_HEAD", "", "a" * 3000, "\ud800"):
        with pytest.raises(LabelNotFound):
            desk.change(put("a.yml", "x: 2\n"), label=label)


def test_only_an_empty_repository_gets_a_label_by_saving(desk):
    with pytest.raises(LabelNotFound):
        desk.change(put("a.yml", "x: 1\n"), label="other")
    assert desk.change(put("a.yml", "x: 1\n"), label="main").previous is None


def test_a_staged_branch_begins_at_the_head_of_its_label(desk):
    desk.change(put("a.yml", "x: 1\n"))
    desk.engine.make_label(request("next"), "next", NewLabel())
    for staged, label in (("staged", "main"), ("staged-next", "next")):
        assert desk.change(put("a.yml", "x: 1\n"), label=staged).changed is False
        assert desk.change(put("a.yml", "x: ["), label=staged).previous == desk.commit(label).id.decode()
        assert desk.text("a.yml", label) == "x: 1\n"
    for staged in ("staged-main", "staged-nothing"):
        with pytest.raises(LabelNotFound):
            desk.change(put("a.yml", "x: 2\n"), label=staged)


def test_who_states_a_commit_writes_on_no_other(desk):
    first = desk.change(put("a.yml", "x: 1\n"))
    second = desk.change(put("b.yml", "y: 1\n"), expect=first.commit)
    for options in ({"expect": first.commit}, {"if_match": frozenset([first.commit])}):
        with pytest.raises(PreconditionFailed, match=second.commit):
            desk.change(put("b.yml", "y: 2\n"), **options)
    desk.change(put("b.yml", "y: 2\n"), expect=second.commit, if_match=frozenset([second.commit]))


def test_a_files_validator_minds_that_file_alone(desk):
    first = desk.change(put("a.yml", "x: 1\n"))
    desk.change(put("b.yml", "y: 1\n"))
    second = desk.change(put("a.yml", "x: 2\n"), if_match=frozenset(["other", first.validator]))
    for change in (put("a.yml", "x: 3\n"), DeleteFile("a.yml")):
        with pytest.raises(PreconditionFailed, match=r"a\.yml"):
            desk.change(change, if_match=frozenset([first.validator]))
    with pytest.raises(PreconditionFailed):
        desk.change(put("a.yml", "x: 3\n"), only_new=True)
    desk.change(DeleteFile("a.yml"), if_match=frozenset([second.validator]))
    with pytest.raises(PreconditionFailed):
        desk.change(put("a.yml", "x: 3\n"), if_match=frozenset("*"))
    desk.change(put("a.yml", "x: 3\n"), only_new=True)


def test_several_changes_are_held_against_the_label_alone(desk):
    first = desk.change(put("a.yml", "x: 1\n"))
    with pytest.raises(PreconditionFailed):
        desk.change(put("a.yml", "x: 2\n"), put("b.yml", "y: 1\n"), if_match=frozenset([first.validator]))
    desk.change(put("a.yml", "x: 2\n"), put("b.yml", "y: 1\n"), if_match=frozenset([first.commit]))


def test_a_lost_race_is_run_again_on_the_new_head(desk):
    desk.change(put("a.yml", "x: 1\n"))
    heads = []

    def edit(draft, seen):
        heads.append(seen.head.commit)
        if len(heads) == 1:
            commit(desk.git, {"pushed.yml": "z: 1\n"})  # a push takes no turn
        draft.put("b.yml", b"y: 1\n")
        return Edited("b.yml: set")

    done = desk.engine.writer.save(request("main"), edit)
    assert (len(heads), done.previous) == (2, heads[1])
    assert desk.files() == ["a.yml", "b.yml", "pushed.yml"]


def test_a_race_that_is_always_lost_ends():
    desk = Desk(MemoryStorage().create("test"))  # a database lets nobody lose twice
    desk.change(put("a.yml", "x: 1\n"))

    def edit(draft, seen):
        commit(desk.git, {"pushed.yml": seen.head.commit})
        draft.put("b.yml", b"y: 1\n")
        return Edited("b.yml: set")

    with pytest.raises(RefChanged):
        desk.engine.writer.save(request("main"), edit)
    assert desk.files() == ["a.yml", "pushed.yml"]


def test_who_stated_a_commit_hears_of_a_lost_race(desk):
    first = desk.change(put("a.yml", "x: 1\n"))
    races = iter([1])

    def edit(draft, seen):
        for _ in races:
            commit(desk.git, {"pushed.yml": "z: 1\n"})
        draft.put("b.yml", b"y: 1\n")
        return Edited("b.yml: set")

    with pytest.raises(PreconditionFailed):
        desk.engine.writer.save(request("main", if_match=frozenset([first.commit])), edit)
    assert desk.files() == ["a.yml", "pushed.yml"]


def test_an_edit_that_raises_changes_nothing(desk):
    desk.change(put("a.yml", "x: 1\n"))

    def edit(draft, seen):
        draft.put("a.yml", b"x: 2\n")
        raise UpdateRefused(b"refs/heads/main", "test", "no")

    with pytest.raises(UpdateRefused):
        desk.engine.writer.save(request("main"), edit)
    assert desk.text("a.yml") == "x: 1\n"
    assert desk.change(put("a.yml", "x: 3\n")).changed


def test_the_same_request_gets_the_first_answer_again(desk):
    desk.change(put("a.properties", "k=1\nk=2\n"))
    key = Idempotency("key", "digest")
    first = desk.change(put("a.properties", "k=1\nk=2\nl=1\n"), idempotency=key)
    unchanged = Idempotency("unchanged", "digest")
    same = desk.change(put("a.properties", "k=1\nk=2\nl=1\n"), idempotency=unchanged)
    desk.change(put("a.properties", "k=3\n"))
    records = len(list(desk.stored.journal()))
    for one in (desk, Desk(desk.stored)):  # the same worker, and one that has just started
        assert one.change(put("a.properties", "k=1\nk=2\nl=1\n"), idempotency=key) == first
        assert one.change(put("a.properties", "k=1\nk=2\nl=1\n"), idempotency=unchanged) == same
        with pytest.raises(IdempotencyMismatch):
            one.change(put("a.properties", "k=4\n"), idempotency=Idempotency("key", "another"))
    assert (first.findings, same.changed) == (same.findings or first.findings, False)
    assert len(list(desk.stored.journal())) == records
    assert desk.text("a.properties") == "k=3\n"


def test_a_dry_run_leaves_the_key_unused(desk):
    key = Idempotency("key", "digest")
    desk.change(put("a.yml", "x: 1\n"), idempotency=key, dry_run=True)
    assert desk.change(put("a.yml", "x: 1\n"), idempotency=key).changed


def test_a_key_is_its_callers_own_and_lasts_a_day():
    desk = Desk()
    asked = request(idempotency=Idempotency("key", "digest"))
    changes = [put("a.yml", "x: 1\n")]
    desk.engine.save(asked, changes)
    desk.change(put("a.yml", "x: 2\n"))
    desk.now += timedelta(hours=23, minutes=59)
    assert desk.engine.save(asked, changes).previous is None
    desk.now += timedelta(minutes=2)
    assert desk.engine.save(asked, changes).previous is not None


class Meanwhile:
    """A stored repository to which something happens once somebody has asked it for a request."""

    def __init__(self, stored):
        self._stored, self.happening = stored, None

    def __getattr__(self, name):
        return getattr(self._stored, name)

    def recorded(self, actor, key):
        found = self._stored.recorded(actor, key)
        happening, self.happening = self.happening, None
        if happening:
            happening()
        return found


def test_what_another_server_carries_out_meanwhile_is_answered_and_not_refused(desk):
    first = desk.change(put("a.yml", "x: 1\n"))
    asked = request(idempotency=Idempotency("key", "digest"), if_match=frozenset([first.commit]))
    changes = [put("a.yml", "x: 2\n")]
    here, there = Desk(Meanwhile(desk.stored)), Desk(desk.stored)
    there.engine.writer._turn = lambda _: nullcontext()  # another server's line
    answers = []
    here.stored.happening = lambda: answers.append(there.engine.save(asked, changes))
    assert here.engine.save(asked, changes) == answers[0]
    with pytest.raises(PreconditionFailed):
        here.engine.save(request(if_match=frozenset([first.commit])), changes)


def test_labels_may_be_deleted_deliberately_whatever_pushes_may(desk):
    desk.change(put("a.yml", "x: 1\n"))
    desk.engine.make_label(request("old"), "old", NewLabel())
    value = desk.git.snapshot()[b"refs/heads/old"]

    def plan(deliberate):
        update = RefUpdate(b"refs/heads/old", value, None)
        return LabelMove(WriteResult("old", None, value.decode(), True), (update,), deliberate=deliberate)

    with pytest.raises(UpdateRefused):
        desk.engine.writer.move(lambda: plan(False), WriteRequest(None, ADA, reason="label"))
    desk.engine.writer.move(lambda: plan(True), WriteRequest(None, ADA, reason="label"))
    assert [one.name for one in desk.engine.labels()] == ["main"]


WRITERS, SAVES = 8, 12


@pytest.mark.parametrize("stating", [True, False], ids=["if-match", "blind"])
def test_many_writers_lose_nothing(desk, stating):
    desk.change(put("counter.txt", "0"))
    results = [[] for _ in range(WRITERS)]

    def write(number):
        while len(results[number]) < SAVES:
            read = desk.engine.file("counter.txt", Reading())
            count = int(read.content) + 1 if stating else f"{number} {len(results[number])}"
            options = {"if_match": frozenset([read.blob])} if stating else {}
            try:
                results[number].append(desk.change(put("counter.txt", str(count)), **options))
            except PreconditionFailed:
                assert stating

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    done = [one for each in results for one in each]
    history, tip = [], desk.commit()
    while tip.parents:
        assert len(tip.parents) == 1
        history.append(tip.id.decode())
        tip = read_commit(desk.git.objects, tip.parents[0])
    assert len(done) == WRITERS * SAVES
    assert set(history) == {one.commit for one in done if one.changed}
    assert len(history) == sum(one.changed for one in done)
    if stating:
        assert desk.text("counter.txt") == str(WRITERS * SAVES)


def test_a_patch_parses_the_text_before_and_after_once(monkeypatch):
    desk = Desk()
    desk.put("orders/default", {"db": {"pool": 5}})
    parsed = []
    read = READERS["yml"]
    monkeypatch.setitem(READERS, "yml", lambda path, text, limits: parsed.append(text) or read(path, text, limits))
    desk.change(PatchSource(SourcePlace("orders", "default"), MergePatch({"db": {"pool": 6}})))
    assert len(parsed) == len(set(parsed)) <= 2
