import pytest
from support.writing import Desk, request

from gitconfig_server.config.running.records import PENDING
from gitconfig_server.errors import (
    InvalidName,
    LabelExists,
    LabelInUse,
    LabelNotFound,
    PreconditionFailed,
    RevisionNotFound,
    UpdateRefused,
)
from gitconfig_server.git.objects.commits import peel
from gitconfig_server.model.reads import LabelKind
from gitconfig_server.model.writes import Idempotency, NewLabel, PutFile
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.objects import TAG

TAGGED = NewLabel(kind=LabelKind.TAG)


@pytest.fixture
def desk():
    desk = Desk()
    desk.change(PutFile("a.txt", b"1"))
    desk.change(PutFile("a.txt", b"2"))
    return desk


def make(desk, name, new=NewLabel(), **options):  # noqa: B008 - a frozen value
    return desk.engine.make_label(request(name, **options), name, new)


def delete(desk, name, **options):
    return desk.engine.delete_label(request(name, **options), name)


def test_a_branch_begins_where_it_is_told(desk):
    tip = desk.commit().id.decode()
    made = make(desk, "feature/x", NewLabel("main~1"))
    assert (made.label, made.previous, made.changed, made.paths) == ("feature/x", None, True, ())
    assert make(desk, "other").commit == tip
    assert desk.text("a.txt", "feature/x") == "1"
    assert desk.engine.label("feature/x").commit == made.commit
    assert [record.reason for record in desk.stored.journal()][-1] == "label"
    assert make(desk, "feature/x", NewLabel("main~1")).changed is False


def test_a_tag_with_a_message_is_annotated(desk):
    make(desk, "v1", TAGGED, message="the first\n\nof many")
    make(desk, "v2", TAGGED)
    refs = desk.git.snapshot()
    kind, raw = desk.git.objects.get_raw(refs[b"refs/tags/v1"])
    assert kind == TAG
    assert b"\ntag v1\ntagger ada <ada@example.com> " in raw
    assert raw.endswith(b"\n\nthe first\n\nof many\n")
    assert peel(desk.git.objects, refs[b"refs/tags/v1"]) == refs[b"refs/tags/v2"] == desk.commit().id
    assert desk.engine.label("v1").kind is LabelKind.TAG


def test_a_tag_moves_only_for_who_says_where_it_is(desk):
    first = make(desk, "v1", TAGGED)
    with pytest.raises(LabelExists, match="If-Match"):
        make(desk, "v1", NewLabel("main~1", LabelKind.TAG))
    with pytest.raises(PreconditionFailed):
        make(desk, "v1", NewLabel("main~1", LabelKind.TAG), if_match=frozenset(["other"]))
    moved = make(desk, "v1", NewLabel("main~1", LabelKind.TAG), if_match=frozenset([first.commit]))
    assert (moved.previous, moved.commit) == (first.commit, desk.commit().parents[0].decode())
    with pytest.raises(PreconditionFailed):
        make(desk, "v2", TAGGED, if_match=frozenset([first.commit]))
    with pytest.raises(PreconditionFailed):
        make(desk, "v1", NewLabel("main~1", LabelKind.TAG), only_new=True)


def test_a_branch_does_not_move(desk):
    made = make(desk, "b")
    for options in ({}, {"if_match": frozenset([made.commit])}):
        with pytest.raises(LabelExists, match="saved to"):
            make(desk, "b", NewLabel("main~1"), **options)


def test_a_label_is_a_branch_or_a_tag(desk):
    make(desk, "b")
    make(desk, "t", TAGGED)
    for name, new in (("b", TAGGED), ("t", NewLabel("main~1"))):
        with pytest.raises(LabelExists, match="not both"):
            make(desk, name, new)
    for name, new in (("b/below", NewLabel()), ("t/below", TAGGED)):
        with pytest.raises(UpdateRefused, match="in the way"):
            make(desk, name, new)


REFUSED = ["HEAD", "ORIG_HEAD", "staged", "staged-main", "", "a..b", "-x", "a" * 40, "x.lock", "a b", "\ud800"]


@pytest.mark.parametrize("name", [*REFUSED, "main@{2026-01-31}"], ids=ascii)
def test_names_that_no_label_may_have(desk, name):
    with pytest.raises(InvalidName):
        make(desk, name)


def test_what_does_not_exist_cannot_be_begun_from_or_deleted(desk):
    with pytest.raises(LabelNotFound):
        make(desk, "x", NewLabel("nothing"))
    with pytest.raises(RevisionNotFound):
        make(desk, "x", NewLabel("main~9"))
    for name in ("nothing", "\ud800"):
        with pytest.raises(LabelNotFound):
            delete(desk, name)
        with pytest.raises(LabelNotFound):
            desk.engine.label(name)


def test_labels_are_deleted(desk):
    made = make(desk, "b")
    make(desk, "t", TAGGED, message="m")
    with pytest.raises(PreconditionFailed):
        delete(desk, "b", if_match=frozenset(["other"]))
    assert delete(desk, "b", dry_run=True).changed
    gone = delete(desk, "b", if_match=frozenset([made.commit]))
    assert (gone.commit, gone.previous, gone.changed) == (None, made.commit, True)
    delete(desk, "t")
    assert [one.name for one in desk.engine.labels()] == ["main"]


def test_the_same_deletion_is_answered_as_the_first(desk):
    make(desk, "b")
    key = Idempotency("k", "d")
    first = delete(desk, "b", idempotency=key)
    assert delete(desk, "b", idempotency=key) == first


def test_the_default_label_stays(desk):
    with pytest.raises(UpdateRefused, match="default"):
        delete(desk, "main")


def test_a_label_with_staged_or_pending_changes_stays(desk):
    make(desk, "next")
    desk.change(PutFile("a.txt", b"3"), label="staged-next")
    with pytest.raises(LabelInUse, match="staged-next"):
        delete(desk, "next")
    with pytest.raises(InvalidName):
        delete(desk, "staged-next")
    make(desk, "other")
    pending = (RefUpdate(PENDING + b"other", None, desk.commit().id),)
    desk.stored.update_refs(pending, record=JournalRecord(pending, "apply"))
    with pytest.raises(LabelInUse):
        delete(desk, "other")
