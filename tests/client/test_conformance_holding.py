"""What every ``ConfigService`` does with what hangs on a label, near or far."""

from datetime import UTC, datetime, timedelta

import pytest
from support.conformance import PROD, WHO, fill

from gitconfig_server.errors import (
    BrakeNotFound,
    InvalidChange,
    LabelFrozen,
    LabelNotFound,
    LabelPinned,
    PendingApply,
    PendingEnded,
    PendingNotFound,
)
from gitconfig_server.model.history import DiffQuery
from gitconfig_server.model.pending import Brake, Hanging
from gitconfig_server.model.reads import Reading, View
from gitconfig_server.model.writes import MergePatch, PatchSource, PutFile, Restore, WriteOptions

pytestmark = pytest.mark.anyio
STAGED = WriteOptions(staged=True)


async def pool(one, **reading):
    found = await one.environment(WHO, ("orders",), ("prod",), Reading(**reading))
    return found.sources[0].properties["db.pool"]


async def stage(one):
    await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31}))], STAGED)


async def test_an_apply_is_tried_out_and_confirmed(service):
    async with service() as one:
        first = await fill(one)
        await stage(one)
        done = await one.apply(WHO, None, confirm_within=600)
        assert (done.changed, done.previous, done.paths) == (True, first.commit, ("orders-prod.yml",))
        assert (await pool(one), await pool(one, view=View.SAVED)) == (31, 30)
        found = (await one.hanging(WHO, "main")).pending
        assert (found.id, found.commit, found.saved, found.label) == (done.pending, done.commit, first.commit, "main")
        assert (found.deadline - found.started, found.paths) == (timedelta(seconds=600), ("orders-prod.yml",))
        changes = (await one.diff(WHO, Reading("main"), Reading("pending"), DiffQuery(label="main"))).changes
        assert [(change.old, change.new) for change in changes] == [(30, 31)]
        later = await one.extend(WHO, None, done.pending, 1200)
        assert later.pending == done.pending
        assert (await one.confirm(WHO, None, done.pending)).commit == done.commit
        assert not (await one.confirm(WHO, None, done.pending)).changed
        assert await pool(one, view=View.SAVED) == 31
        assert await one.hanging(WHO, None) == Hanging()


async def test_what_is_pending_stands_in_the_way_until_it_is_cancelled(service):
    async with service() as one:
        first = await fill(one)
        await stage(one)
        done = await one.apply(WHO, None, confirm_within=600)
        with pytest.raises(PendingApply) as caught:
            await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 32}))])
        deadline = (await one.hanging(WHO, None)).pending.deadline
        assert (caught.value.pending, caught.value.deadline) == (done.pending, deadline)
        assert (await one.commit(WHO, None, [PutFile("other.txt", b"1")])).changed
        assert (await one.cancel(WHO, None, done.pending)).changed
        assert await pool(one) == 30
        with pytest.raises(PendingEnded) as ended:
            await one.confirm(WHO, None, done.pending)
        assert (ended.value.how, ended.value.by) == ("cancel", "anonymous")
        assert ended.value.at <= datetime.now(UTC)
        with pytest.raises(PendingNotFound):
            await one.extend(WHO, None, "absent", 600)
        with pytest.raises(InvalidChange):
            await one.apply(WHO, None, confirm_within=0)
        assert (await one.label(WHO, "main")).commit != first.commit


async def test_readers_are_held_by_a_pin(service):
    async with service() as one:
        first = await fill(one)
        await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31}))])
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        pinned = await one.pin(WHO, "main", Brake("incident", until, first.commit))
        assert (pinned.commit, await pool(one)) == (first.commit, 30)
        found = (await one.hanging(WHO, None)).pin
        assert (found.revision, found.reason, found.until) == (first.commit, "incident", until)
        await stage(one)
        with pytest.raises(LabelPinned):
            await one.apply(WHO, None, confirm_within=600)
        await one.unpin(WHO, None)
        assert await pool(one) == 31
        with pytest.raises(BrakeNotFound):
            await one.unpin(WHO, None)
        with pytest.raises(LabelNotFound):
            await one.pin(WHO, "absent", Brake())


async def test_writers_are_held_by_a_freeze(service):
    async with service() as one:
        await fill(one)
        await one.freeze(WHO, None, Brake("audit"))
        assert (await one.hanging(WHO, "main")).freeze.reason == "audit"
        with pytest.raises(LabelFrozen, match="audit"):
            await one.commit(WHO, None, [PutFile("other.txt", b"1")])
        await one.unfreeze(WHO, None)
        assert (await one.commit(WHO, None, [PutFile("other.txt", b"1")])).changed
        with pytest.raises(BrakeNotFound):
            await one.unfreeze(WHO, None)


async def test_a_way_back_cancels_what_is_pending_and_is_told_why(service):
    async with service() as one:
        await fill(one)
        await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31}))])
        await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 32}))], STAGED)
        await one.apply(WHO, None, confirm_within=600)
        options = WriteOptions(cancel_pending=True, why="it burns, Zürich", ticket="OPS-7")
        assert (await one.restore(WHO, "main", Restore("main~1"), options)).changed
        assert await pool(one) == 30
        said = (await one.commit_details(WHO, "main")).summary.trailers
        assert (said["Reason"], said["Ticket"]) == ("it burns, Zürich", "OPS-7")
