import pytest
from support.staging import StagingDesk
from support.writing import request

from gitconfig_server.errors import LabelNotFound, RevisionNotFound
from gitconfig_server.model.reads import LabelKind
from gitconfig_server.model.writes import NewLabel


def details(desk, revision):
    return desk.engine.commit_details(revision)


def test_what_a_commit_says_and_changed_and_when_it_was_in_force():
    desk = StagingDesk()
    first = desk.write({"orders.yml": "db: {pool: 5}\n"})
    desk.restore(first.commit)
    second = desk.write({"orders.yml": "db: {pool: 9}\n"}, message="nine\n\nTicket: 7")
    desk.engine.make_label(request("v1", message="the first"), "v1", NewLabel(kind=LabelKind.TAG))
    third = desk.restore(first.commit)
    found = details(desk, "v1")
    assert (found.summary.commit, found.summary.parents) == (second.commit, (first.commit,))
    assert (found.summary.subject, found.summary.trailers) == ("nine", {"Ticket": "7"})
    assert [(one.key, one.old, one.new) for one in found.changes] == [("db.pool", 5, 9)]
    assert [(one.label, one.seq, one.reason, one.until is None) for one in found.in_force] == [
        ("main", 2, "save", False),
        ("v1", 3, "label", True),
    ]
    assert found.in_force[0].actor == "ada"
    assert details(desk, third.commit).summary.trailers == {"Restores": first.commit}
    assert [one.op for one in details(desk, f"{third.commit}~2").changes] == ["add"]


def test_a_merge_is_compared_with_its_label_and_staged_is_never_in_force():
    desk = StagingDesk()
    desk.write({"orders.yml": "db: {pool: 5}\n"})
    staged = desk.stage({"orders.yml": "db: {pool: 9}\n"})
    assert details(desk, staged.commit).in_force == ()
    desk.write({"billing.yml": "x: 1\n"})
    merge = desk.apply()
    found = details(desk, merge.commit)
    assert [one.path for one in found.files] == ["orders.yml"]
    assert [(one.label, one.reason) for one in found.in_force] == [("main", "apply")]


def test_a_broken_manifest_is_shown_like_any_file():
    desk = StagingDesk()
    desk.write({"orders.yml": "db: {pool: 5}\n"})
    broken = desk.stage({"gitconfig.yml": "profils: []\n", "orders.yml": "db: {pool: 6}\n"})
    assert [one.path for one in details(desk, broken.commit).files] == ["gitconfig.yml", "orders.yml"]


def test_revisions_that_are_not_there_are_refused():
    desk = StagingDesk()
    with pytest.raises(LabelNotFound):
        details(desk, "nothing")
    desk.write({"orders.yml": "db: {pool: 5}\n"})
    with pytest.raises(RevisionNotFound):
        details(desk, "main~3")
