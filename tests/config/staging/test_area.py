"""What is staged for a label, as people look at it."""

import pytest
from support.repositories import build_commit, move
from support.staging import StagingDesk
from support.writing import request

from gitconfig_server.config.staging import conflicts
from gitconfig_server.errors import InvalidName, LabelNotFound, LabelReadOnly
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.staging import Staged
from gitconfig_server.model.writes import NewLabel


@pytest.fixture
def desk():
    desk = StagingDesk()
    desk.write({"orders.yml": "db: {pool: 5}\n", "billing.yml": "x: 1\n"})
    return desk


def test_nothing_is_staged(desk):
    commit = desk.commit().id.decode()
    assert desk.staged() == Staged("main", commit, "staged")
    assert desk.check().passed
    assert desk.check().tip is None


def test_what_is_staged_is_told_against_where_it_grew_from(desk):
    base = desk.commit().id.decode()
    staged = desk.stage({"orders.yml": "db: {pool: 9}\n"}, message="a larger pool")
    desk.stage({"new.yml": "n: 1\n", "notes.txt": "hello\n"})
    moved = desk.write({"billing.yml": "x: 2\n"})
    found = desk.staged()
    assert (found.label, found.commit, found.branch) == ("main", moved.commit, "staged")
    assert (found.base, found.tip, found.behind) == (base, desk.commit("staged").id.decode(), 1)
    assert [(one.subject, one.commit == staged.commit) for one in found.commits][1] == ("a larger pool", True)
    assert [(one.application, one.key, one.old, one.new) for one in found.changes] == [
        ("new", "n", None, 1),
        ("orders", "db.pool", 5, 9),
    ]
    assert [one.path for one in found.files] == ["new.yml", "notes.txt", "orders.yml"]
    assert (found.conflicts, found.findings) == ((), ())


def test_what_the_label_got_in_the_same_way_is_not_staged_any_more(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n", "billing.yml": "x: 3\n"})
    desk.write({"orders.yml": "db: {pool: 9}\n"})
    assert [one.path for one in desk.staged().files] == ["billing.yml"]
    assert desk.check().paths == ("billing.yml",)


def test_conflicts_name_both_sides_and_the_commits_that_did_it(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n"}, message="nine")
    desk.stage({"other.yml": "o: 1\n"})
    mine = desk.write({"orders.yml": "db: {pool: 7}\n"}, message="seven")
    desk.write({"billing.yml": "x: 2\n"})
    (conflict,) = desk.staged().conflicts
    assert conflict.path == "orders.yml"
    assert conflict.base == desk.engine.file("orders.yml", Reading("main~2")).blob
    saved, staged = conflict.sides
    assert (saved.revision, saved.commit, saved.subject, saved.author) == ("main", mine.commit, "seven", "ada")
    assert (staged.revision, staged.subject) == ("staged", "nine")
    assert saved.blob != staged.blob != conflict.base
    assert desk.check().conflicts == (conflict,)
    assert not desk.check().passed


def test_a_deletion_against_a_change_is_a_conflict(desk):
    desk.stage({"orders.yml": None})
    desk.write({"orders.yml": "db: {pool: 7}\n"})
    (conflict,) = desk.staged().conflicts
    assert conflict.sides[1].blob is None


def test_findings_are_about_the_merged_result(desk):
    desk.stage({"orders.yml": "a: 1\nb: [\n", "gitconfig.yml": "profils: []\n"})
    desk.write({"billing.yml": "x: 2\n"})
    found = desk.check()
    assert [(one.path, one.rule, one.line, one.fatal) for one in found.findings] == [
        ("gitconfig.yml", "unknown-key", 1, True),
        ("orders.yml", "yaml-syntax", 3, True),
    ]
    assert not found.passed
    assert desk.staged().findings == found.findings
    assert [one.problem != "" for one in desk.staged().files if one.path == "orders.yml"] == [True]


def test_findings_beside_conflicts_are_about_the_working_branch(desk):
    desk.stage({"orders.yml": "b: [\n"})
    desk.write({"orders.yml": "db: {pool: 7}\n"})
    found = desk.check()
    assert [one.path for one in found.findings] == [one.path for one in found.conflicts] == ["orders.yml"]


def test_a_part_is_checked_alone(desk):
    desk.stage({"orders.yml": "b: [\n", "billing.yml": "x: 2\n"})
    assert desk.check(applications=("billing",)).passed
    assert desk.check(paths=("billing.yml",)).paths == ("billing.yml",)
    assert not desk.check(applications=("orders",)).passed


def test_each_label_has_a_working_branch_of_its_own(desk):
    desk.engine.make_label(request("next"), "next", NewLabel())
    desk.stage({"orders.yml": "db: {pool: 1}\n"}, "staged-next")
    assert (desk.staged("next").branch, len(desk.staged("next").changes)) == ("staged-next", 1)
    assert desk.staged().tip is None


def test_a_working_branch_stays_with_the_label_it_was_made_for(desk):
    desk.stage({"orders.yml": "db: {pool: 1}\n"})
    other = StagingDesk(desk.stored, default_label="next")
    desk.engine.make_label(request("next"), "next", NewLabel())
    assert other.staged("main").branch == "staged"
    assert other.staged("next").branch == "staged-next"
    other.stage({"orders.yml": "db: {pool: 2}\n"}, "staged-next")
    assert [one.new for one in other.staged("next").changes] == [2]
    assert [one.new for one in other.staged("main").changes] == [1]


def test_histories_with_nothing_in_common_conflict_in_every_file(desk):
    files = {"orders.yml": "db: {pool: 5}\n", "billing.yml": "x: 2\n"}
    move(desk.git, b"refs/heads/staged", build_commit(desk.git, files))
    found = desk.staged()
    assert (found.base, found.behind) == (None, 1)
    assert [one.path for one in found.conflicts] == ["billing.yml"]


def test_only_branches_have_something_staged(desk):
    desk.engine.make_label(request("v1"), "v1", NewLabel(kind=LabelKind.TAG))
    with pytest.raises(LabelReadOnly):
        desk.staged("v1")
    with pytest.raises(LabelNotFound):
        desk.staged("nothing")
    with pytest.raises(LabelNotFound):
        desk.staged("staged-nothing")
    with pytest.raises(InvalidName, match="main"):
        desk.staged("staged")
    desk.stage({"orders.yml": "db: {pool: 1}\n"})
    with pytest.raises(InvalidName, match="main"):
        desk.staged("staged")
    with pytest.raises(LabelNotFound):
        StagingDesk().staged("main")


def test_of_many_conflicts_each_names_who_changed_its_key_and_no_version_is_parsed_twice(desk, monkeypatch):
    def text(side, changed):
        return "".join(f"key{number}: {side if number < changed else 'base'}\n" for number in range(60))

    desk.write({"orders.yml": text("base", 0)})
    desk.stage({"orders.yml": text("staged", 60)}, message="all")
    for changed in (20, 40, 60):
        desk.write({"orders.yml": text("saved", changed)}, message=f"up to {changed}")
    parsed = []

    def counted(name, content):
        parsed.append(content)
        return read_trees(name, content)

    monkeypatch.setattr(conflicts, "read_trees", counted)
    found = desk.staged().conflicts
    assert {one.key: one.sides[0].subject for one in found} == {
        f"key{number}": f"up to {20 * (number // 20 + 1)}" for number in range(60)
    }
    assert {one.sides[1].subject for one in found} == {"all"}
    assert len(parsed) == 4 + 2
