"""What becomes of changes that meet, case by case: two writers, a label and its staged branch, brakes and schemas."""

import pytest
from support.pending import PendingDesk
from support.writing import request

from gitconfig_server.errors import (
    ContentRefused,
    LabelFrozen,
    LabelInUse,
    LabelReadOnly,
    MergeConflict,
    PendingApply,
    PreconditionFailed,
)
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.reads import LabelKind
from gitconfig_server.model.staging import EVERYTHING
from gitconfig_server.model.writes import NewLabel

FILE = "orders.yml"


@pytest.fixture
def desk():
    made = PendingDesk()
    made.write({FILE: "pool: 1\nurl: a\n"})
    return made


def test_the_label_moved_and_the_keys_are_others(desk):
    desk.stage({FILE: "pool: 2\nurl: a\n"})
    desk.write({FILE: "pool: 1\nurl: b\n"})
    assert desk.apply().paths == (FILE,)
    assert desk.text(FILE) == "pool: 2\nurl: b\n"


def test_the_label_moved_and_the_key_is_the_same(desk):
    staged = desk.stage({FILE: "pool: 2\nurl: a\n"}).commit
    saved = desk.write({FILE: "pool: 3\nurl: a\n"}).commit
    with pytest.raises(MergeConflict) as refused:
        desk.apply()
    (found,) = refused.value.conflicts
    assert (found.place, found.node.value, [side.node.value for side in found.sides]) == (f"{FILE}#pool", 1, [3, 2])
    assert [side.commit for side in found.sides] == [saved, staged]
    assert desk.commit("staged").id.decode() == staged


def test_both_made_the_same_change(desk):
    desk.stage({FILE: "pool: 2\nurl: a\n"})
    desk.write({FILE: "pool: 2\nurl: a\n"})
    done = desk.apply()
    assert (done.changed, desk.text(FILE)) == (False, "pool: 2\nurl: a\n")


def test_two_who_saw_the_same_and_say_so(desk):
    seen = desk.commit().id.decode()
    desk.write({FILE: "pool: 2\nurl: a\n"}, expect=seen)
    with pytest.raises(PreconditionFailed):
        desk.write({FILE: "pool: 3\nurl: a\n"}, expect=seen)


def test_a_schema_that_came_between_check_and_apply_counts(desk):
    desk.stage({FILE: "pool: many\nurl: a\n"})
    assert desk.check().passed
    desk.write({"schemas/orders.json": '{"properties": {"pool": {"type": "integer"}}}'})
    assert not desk.check().passed
    with pytest.raises(ContentRefused, match="schema-type"):
        desk.apply()


def test_what_cannot_be_read_is_refused_with_its_line(desk):
    with pytest.raises(ContentRefused) as refused:
        desk.write({FILE: "pool: 1\nurl: [\n"})
    assert (refused.value.findings[0].path, refused.value.findings[0].line) == (FILE, 3)


def test_a_frozen_label_and_one_with_something_pending_refuse_a_save_with_the_reason(desk):
    desk.engine.freeze(request("main"), Brake(reason="release night"))
    with pytest.raises(LabelFrozen, match="release night"):
        desk.write({FILE: "pool: 5\nurl: a\n"})
    desk.engine.unfreeze(request("main"))
    desk.stage({FILE: "pool: 2\nurl: a\n"})
    pending = desk.apply_for(600).pending
    with pytest.raises(PendingApply, match=pending):
        desk.write({FILE: "pool: 5\nurl: a\n"})


def test_a_label_with_staged_or_pending_changes_cannot_go(desk):
    desk.engine.make_label(request("next"), "next", NewLabel())
    desk.stage({FILE: "pool: 2\nurl: a\n"}, "staged-next")
    with pytest.raises(LabelInUse):
        desk.engine.delete_label(request("next"), "next")
    desk.engine.apply(request("next"), EVERYTHING, 600)
    desk.discard("next")
    with pytest.raises(LabelInUse):
        desk.engine.delete_label(request("next"), "next")


def test_a_tag_reads_and_is_not_written(desk):
    desk.engine.make_label(request("v1"), "v1", NewLabel(kind=LabelKind.TAG))
    assert desk.text(FILE, "v1") == "pool: 1\nurl: a\n"
    with pytest.raises(LabelReadOnly):
        desk.write({FILE: "pool: 2\n"}, "v1")
