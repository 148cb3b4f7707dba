"""The door's part: no state between two is ever served, and upstream is not held up."""

from dataclasses import dataclass

import pytest
from support.writing import request

from gitconfig_server.config.running.running import what_runs
from gitconfig_server.errors import PendingEnded, RefChanged
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.principals import Intent, Mover
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.ref_rules import publication_order

MAIN = b"refs/heads/main"


@dataclass
class Torn:
    """What a reader sees who looks while refs are being published one after the other."""

    refs: dict[bytes, bytes]
    objects: ObjectReader

    def snapshot(self, *, fresh: bool = False) -> dict[bytes, bytes]:
        return self.refs


def seen_on_the_way(desk, before):
    """What readers get of ``orders.yml`` after each step of the last transaction."""
    last = list(desk.stored.journal())[-1]
    refs, seen = dict(before), []
    for update in publication_order(last.updates):
        refs[update.ref] = update.new
        refs = {ref: value for ref, value in refs.items() if value}
        commit = what_runs(Torn(refs, desk.git.objects), MAIN, desk.moment()).commit
        tree = TreeView(desk.git.objects, desk.git.objects.get_raw(commit)[1].split()[1])
        seen.append(tree.read(tree.entry(b"orders.yml").id).decode())
    return seen


def test_a_reader_in_the_midst_of_a_disjoint_save_gets_what_is_pending(desk):
    desk.apply_for()
    before = desk.git.snapshot()
    desk.write({"billing.yml": "x: 2\n"})
    assert seen_on_the_way(desk, before) == ["pool: 9\n"] * 2


def test_a_reader_in_the_midst_of_a_confirmation_gets_it(desk):
    done = desk.apply_for()
    before = desk.git.snapshot()
    desk.confirm(done.pending)
    assert seen_on_the_way(desk, before) == ["pool: 9\n"] * 3


def test_a_reader_in_the_midst_of_its_end_gets_the_old_or_the_new(desk):
    done = desk.apply_for()
    before = desk.git.snapshot()
    desk.cancel(done.pending)
    assert seen_on_the_way(desk, before) == ["pool: 5\n"]
    done = desk.apply_for()
    before = desk.git.snapshot()
    desk.restore("main", path="orders.yml")
    desk.pass_time(600)
    desk.write({"orders.yml": "pool: 7\n"})
    assert set(seen_on_the_way(desk, before)) <= {"pool: 5\n", "pool: 7\n"}


def test_upstream_wins_over_what_is_pending(desk):
    done = desk.apply_for()
    tip = desk.commit().id
    new = desk.engine.writer.commit(request("main"), desk.commit().tree, (tip,), "theirs")
    by = Mover(intent=Intent.UPSTREAM)
    judged = desk.git.judge([RefUpdate(MAIN, tip, new.id)], ObjectMap([new]), by)
    desk.git.update_refs(judged, by, objects=[new], reason="upstream")
    assert desk.served() == 5
    with pytest.raises(PendingEnded) as caught:
        desk.confirm(done.pending)
    assert caught.value.how == "void"


def test_a_push_that_lost_the_race_for_what_is_pending_is_judged_anew(desk):
    done = desk.apply_for()
    tip = desk.commit().id
    new = desk.engine.writer.commit(request("main"), desk.commit().tree, (tip,), "theirs")
    judged = desk.git.judge([RefUpdate(MAIN, tip, new.id)], ObjectMap([new]))
    assert [update.ref for update in judged[0].along.updates] == [b"refs/gitconfig/pending/main"]
    desk.cancel(done.pending)
    with pytest.raises(RefChanged, match="pending/main"):
        desk.git.update_refs(judged, Mover(), objects=[new], reason="push")
    assert desk.commit().id == tip
