"""What every ``ConfigService`` does when it is written to, near or far."""

import pytest
from support.conformance import BASE, PROD, WHO, fill

from gitconfig_server.errors import (
    ContentRefused,
    FileNotFound,
    IdempotencyMismatch,
    InvalidChange,
    InvalidContent,
    InvalidInput,
    InvalidName,
    InvalidRevision,
    LabelExists,
    LabelNotFound,
    LabelReadOnly,
    MergeConflict,
    PreconditionFailed,
    RevisionNotFound,
    SeveralFiles,
    SharedAnchor,
    SourceNotFound,
)
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.history import DiffQuery, FileChange, HistoryQuery, Op
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import Staged, StagedPart
from gitconfig_server.model.writes import (
    Author,
    DeleteFile,
    DeleteSource,
    Idempotency,
    JsonPatch,
    MergePatch,
    NewLabel,
    PatchFile,
    PatchSource,
    PutFile,
    PutSource,
    Restore,
    Revert,
    SourcePlace,
    WriteOptions,
)

pytestmark = pytest.mark.anyio


async def test_a_write_tells_what_it_did(service):
    async with service() as one:
        first = await fill(one)
        assert (first.label, first.previous, first.changed, first.dry_run) == ("main", None, True, False)
        assert first.paths == tuple(sorted(BASE))
        options = WriteOptions(message="pool", author=Author("Ada", "ada@example.com"))
        second = await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31}))], options)
        assert (second.previous, second.paths) == (first.commit, ("orders-prod.yml",))
        assert second.validator == (await one.source(WHO, "orders", "prod")).validator
        assert second.cursor.endswith(".2")
        tip = (await one.history(WHO, None, HistoryQuery())).entries[0].tip
        assert (tip.author, tip.email, tip.subject) == ("Ada", "ada@example.com", "pool")
        same = await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31}))])
        assert (same.changed, same.commit) == (False, second.commit)


@pytest.mark.parametrize(
    "change",
    [
        PutFile("x.txt", bytes(range(256))),
        PutFile("empty.txt", b""),
        DeleteFile("orders.yml"),
        PatchFile("orders-prod.yml", MergePatch({"a": 1})),
        PatchFile("orders.yml", JsonPatch(({"op": "add", "path": "/b", "value": [1, True, None]},)), 1),
        PutSource(PROD, {"x": {"y": [1, 2.5, "z"]}}),
        PutSource(SourcePlace("orders", "default"), {"x": 1}, collapse=True),
        PutSource(SourcePlace("new", "prod", "new-prod.yaml"), {"x": 1}),
        PatchSource(SourcePlace("orders", "default", document=1), MergePatch({"zone": "us"})),
        PatchSource(PROD, MergePatch({"db": {"pool": None}}, tidy=True)),
        PatchSource(PROD, JsonPatch(({"op": "remove", "path": "/big"},))),
        DeleteSource(PROD),
        DeleteSource(SourcePlace("orders", "default"), collapse=True),
    ],
    ids=lambda change: f"{type(change).__name__}",
)
async def test_every_change_does_the_same_alone_and_among_others(service, change):
    async with service() as one:
        await fill(one)
        other = PutFile("other.txt", b"other")
        dry = await one.commit(WHO, None, [change], WriteOptions(dry_run=True))
        assert (dry.commit, dry.changed, dry.dry_run) == (None, True, True)
        await one.make_label(WHO, "beside", NewLabel())
        alone = await one.commit(WHO, "main", [change])
        both = await one.commit(WHO, "beside", [change, other])
        assert alone.paths == dry.paths
        assert both.paths == tuple(sorted({*alone.paths, "other.txt"}))
        found = await one.diff(WHO, Reading("main"), Reading("beside"), DiffQuery())
        assert [file.path for file in found.files] == ["other.txt"]


async def test_what_the_caller_saw_must_hold(service):
    async with service() as one:
        first = await fill(one)
        seen = (await one.source(WHO, "orders", "prod")).validator
        change = [PutSource(PROD, {"a": 1})]
        wrong = [WriteOptions(expect="0" * 40), WriteOptions(if_match=frozenset(["x"])), WriteOptions(only_new=True)]
        for options in wrong:
            with pytest.raises(PreconditionFailed) as caught:
                await one.commit(WHO, None, change, options)
            assert (caught.value.label, caught.value.commit) == ("main", first.commit)
        done = await one.commit(WHO, None, change, WriteOptions(if_match=frozenset(["x", seen])))
        assert done.changed
        anything = WriteOptions(if_match=frozenset("*"))
        assert (await one.commit(WHO, None, [PutSource(PROD, {"a": 2})], anything)).changed


async def test_errors_are_of_one_tree(service):
    async with service() as one:
        await fill(one)
        await one.make_label(WHO, "v1", NewLabel(kind=LabelKind.TAG))
        patch = MergePatch({"a": 1})
        refused = [
            (LabelReadOnly, "v1", PatchSource(PROD, patch)),
            (LabelNotFound, "nowhere", PatchSource(PROD, patch)),
            (SourceNotFound, None, PatchSource(SourcePlace("none", "prod"), patch)),
            (SeveralFiles, None, PutSource(SourcePlace("orders", "default"), {"a": 1})),
            (InvalidName, None, PutSource(SourcePlace("a..b", "prod"), {})),
            (InvalidChange, None, PatchSource(PROD, JsonPatch(({"op": "fly", "path": "/a"},)))),
            (ContentRefused, None, PutFile("orders.yml", b"broken: [\n")),
            (FileNotFound, None, DeleteFile("none.txt")),
        ]
        for kind, label, change in refused:
            with pytest.raises(kind) as caught:
                await one.commit(WHO, label, [change])
            assert type(caught.value) is kind
            assert str(caught.value)
        with pytest.raises(InvalidRevision):
            await one.applications(WHO, Reading("a..b"))
        with pytest.raises(LabelExists):
            await one.make_label(WHO, "v1", NewLabel("main~0", LabelKind.BRANCH))


async def test_errors_keep_their_places(service):
    async with service() as one:
        await fill(one, {"orders.yml": "a: &x {b: 1}\nc: *x\n", "other.yml": "a: 1\n---\nb: 2\n"})
        with pytest.raises(ContentRefused) as refused:
            await one.commit(WHO, None, [PutFile("orders.yml", b"broken: [\n")])
        finding = refused.value.findings[0]
        assert (finding.path, finding.rule, finding.fatal, finding.line > 0) == (
            "orders.yml",
            "yaml-syntax",
            True,
            True,
        )
        with pytest.raises(SharedAnchor) as shared:
            await one.commit(WHO, None, [PatchSource(SourcePlace("orders", "default"), MergePatch({"a.b": 2}))])
        assert (shared.value.path, list(shared.value.keys)) == ("orders.yml", ["c.b"])
        with pytest.raises(SeveralFiles) as several:
            await one.commit(WHO, None, [PutSource(SourcePlace("other", "default"), {})])
        assert set(several.value.candidates) == {("other.yml", 0), ("other.yml", 1)}
        await one.commit(WHO, "staged", [PutFile("other.yml", b"broken: [\n")])
        with pytest.raises(InvalidContent) as broken:
            await one.environment(WHO, ("other",), ("default",), Reading("staged"))
        assert (broken.value.path, broken.value.rule, broken.value.line > 0) == ("other.yml", "yaml-syntax", True)


async def test_a_request_that_comes_again_is_answered_again(service):
    async with service() as one:
        await fill(one)
        options = WriteOptions(idempotency=Idempotency("key-1", "digest"))
        change = [PutFile("x.txt", b"1")]
        first = await one.commit(WHO, None, change, options)
        assert await one.commit(WHO, None, change, options) == first
        with pytest.raises(IdempotencyMismatch):
            await one.commit(
                WHO, None, [PutFile("x.txt", b"2")], replace(options, idempotency=Idempotency("key-1", "x"))
            )


async def test_tags_move_only_where_the_caller_knows_from(service):
    async with service() as one:
        first = await fill(one)
        tag = NewLabel("main", LabelKind.TAG)
        made = await one.make_label(WHO, "v1", tag)
        assert (made.label, made.commit, made.previous, made.changed) == ("v1", first.commit, None, True)
        second = await one.commit(WHO, None, [PutFile("x.txt", b"1")])
        with pytest.raises(LabelExists):
            await one.make_label(WHO, "v1", tag)
        moved = await one.make_label(WHO, "v1", tag, WriteOptions(if_match=frozenset([first.commit])))
        assert (moved.previous, moved.commit) == (first.commit, second.commit)
        gone = await one.delete_label(WHO, "v1", WriteOptions(expect=second.commit))
        assert (gone.commit, gone.previous) == (None, second.commit)
        with pytest.raises(LabelNotFound):
            await one.delete_label(WHO, "v1")


async def test_what_is_staged_is_seen_checked_and_applied(service):
    async with service() as one:
        first = await fill(one)
        assert await one.staged(WHO, None) == Staged("main", first.commit, "staged")
        done = await one.commit(WHO, "staged", [PatchSource(PROD, MergePatch({"db.pool": 31}))])
        found = await one.staged(WHO, "main")
        assert (found.tip, found.base, found.behind) == (done.commit, first.commit, 0)
        assert [commit.commit for commit in found.commits] == [done.commit]
        assert [(change.key, change.old, change.new) for change in found.changes] == [("db.pool", 30, 31)]
        assert found.files == (FileChange("orders-prod.yml", Op.CHANGE, "orders", "prod"),)
        check = await one.check_staged(WHO, None)
        assert (check.label, check.commit, check.tip) == ("main", first.commit, done.commit)
        assert (check.passed, check.paths) == (True, ("orders-prod.yml",))
        applied = await one.apply(WHO, None, options=WriteOptions(message="larger", expect=first.commit))
        assert (applied.label, applied.previous, applied.paths) == ("main", first.commit, ("orders-prod.yml",))
        details = await one.commit_details(WHO, "main")
        assert details.summary.parents == (first.commit, done.commit)
        assert [(time.label, time.reason, time.until) for time in details.in_force] == [("main", "apply", None)]
        assert [change.key for change in details.changes] == ["db.pool"]
        assert not (await one.apply(WHO, "main")).changed


async def test_what_is_staged_is_written_to_by_the_name_of_its_label(service):
    async with service() as one:
        first = await fill(one)
        staged = WriteOptions(staged=True)
        done = await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31}))], staged)
        assert (done.label, done.previous) == ("staged", first.commit)
        assert (await one.commit(WHO, "main", [PutFile("x", b"1"), PutFile("y", b"1")], staged)).label == "staged"
        assert (await one.restore(WHO, "main", Restore("main", path="x"), staged)).paths == ("x",)
        assert (await one.label(WHO, "main")).commit == first.commit
        await one.make_label(WHO, "next", NewLabel("main"))
        assert (await one.commit(WHO, "next", [PutFile("x", b"2")], staged)).label == "staged-next"
        with pytest.raises(LabelNotFound):
            await one.commit(WHO, "absent", [PutFile("x", b"2")], staged)


async def test_what_is_staged_is_read_by_the_name_of_its_label(service):
    async with service() as one:
        first, now, staged = await fill(one), Reading("main", staged=True), WriteOptions(staged=True)
        assert (await one.source(WHO, "orders", "prod", now)).commit == first.commit
        done = await one.commit(WHO, "main", [PatchSource(PROD, MergePatch({"db.pool": 31}))], staged)
        for reading in (now, Reading(staged=True), Reading("staged", staged=True), Reading("HEAD", staged=True)):
            assert (await one.source(WHO, "orders", "prod", reading)).commit == done.commit
        assert (await one.file(WHO, "orders-prod.yml", now)).blob != (await one.file(WHO, "orders-prod.yml")).blob
        assert {(await one.files(WHO, now)).commit, (await one.sources(WHO, None, now)).commit} == {done.commit}
        assert (await one.environment(WHO, ("orders",), ("prod",), now)).sources[0].properties["db.pool"] == 31
        assert [one.new for one in (await one.diff(WHO, Reading("main"), now, DiffQuery())).changes] == [31]
        await one.apply(WHO, "main")
        await one.commit(WHO, "main", [PatchSource(PROD, MergePatch({"db.pool": 32}))])
        saved = await one.commit(WHO, "main", [PatchSource(PROD, MergePatch({"db.pool": 33}))])
        # All that was staged is in force, and the label has moved on: as a write to staged would begin.
        assert (await one.staged(WHO, "main")).tip != saved.commit
        assert (await one.source(WHO, "orders", "prod", now)).commit == saved.commit
        assert (await one.diff(WHO, Reading("main"), now, DiffQuery())).changes == ()


async def test_only_what_can_be_staged_is_read_as_staged(service):
    async with service() as one:
        with pytest.raises(LabelNotFound):
            await one.sources(WHO, None, Reading(staged=True))
        first = await fill(one)
        await one.make_label(WHO, "v1", NewLabel("main", LabelKind.TAG), WriteOptions(message="one"))
        for revision in ("v1", first.commit):
            with pytest.raises(LabelReadOnly):
                await one.sources(WHO, None, Reading(revision, staged=True))
        with pytest.raises(LabelNotFound):
            await one.sources(WHO, None, Reading("absent", staged=True))
        with pytest.raises(InvalidInput, match="without at="):
            await one.sources(WHO, None, Reading("main", "2026-01-31T12:00Z", staged=True))


async def test_nothing_is_staged_in_an_empty_repository(service):
    async with service() as one:
        with pytest.raises(LabelNotFound):
            await one.commit(WHO, None, [PutFile("x", b"1")], WriteOptions(staged=True))


async def test_parts_of_what_is_staged(service):
    async with service() as one:
        await fill(one)
        await one.commit(
            WHO, "staged", [PutFile("orders.yml", b"a: 1\n"), PutFile("x/y.txt", b"1"), PutFile("z", b"1")]
        )
        assert (await one.check_staged(WHO, None, StagedPart(paths=("x",)))).paths == ("x/y.txt",)
        applied = await one.apply(WHO, None, StagedPart(applications=("orders",)))
        assert applied.paths == ("orders.yml",)
        dropped = await one.discard_staged(WHO, "main", StagedPart(paths=("x", "z")))
        assert (dropped.label, dropped.paths) == ("staged", ("x/y.txt", "z"))
        assert (await one.staged(WHO, None)).files == ()


async def test_keys_of_what_is_staged_and_of_another_branch(service):
    async with service() as one:
        await fill(one)
        change = PatchSource(PROD, MergePatch({"db.pool": 31, "added": 1}))
        await one.make_label(WHO, "feature", NewLabel("main"))
        for branch in ("staged", "feature"):
            await one.commit(WHO, branch, [change])
        asked = StagedPart(keys=("db.pool",), source="feature")
        checked = await one.check_staged(WHO, None, asked)
        assert [found.keys for found in checked.affected] == [("db.pool",)]
        await one.apply(WHO, None, asked)
        found = await one.source(WHO, "orders", "prod")
        assert (found.items[0].properties["db.pool"], "added" in found.items[0].properties) == (31, False)
        await one.discard_staged(WHO, None, StagedPart(keys=("added",)))
        assert (await one.staged(WHO, None)).changes == ()


async def test_a_conflict_names_both_sides_and_is_settled(service):
    async with service() as one:
        await fill(one)
        ours = WriteOptions(message="theirs", author=Author("Eve"))
        await one.commit(WHO, "staged", [PutFile("orders.yml", b"a: 1\n")])
        await one.commit(WHO, "main", [PutFile("orders.yml", b"a: 2\n")], ours)
        with pytest.raises(MergeConflict) as caught:
            await one.apply(WHO, None)
        conflict = caught.value.conflicts[0]
        assert (conflict.path, conflict.sides[0].revision, conflict.sides[0].author) == ("orders.yml", "main", "Eve")
        assert (await one.staged(WHO, None)).conflicts == (await one.check_staged(WHO, None)).conflicts == (conflict,)
        await one.update_staged(WHO, None, {"orders.yml": Keep.STAGED})
        assert (await one.apply(WHO, None)).changed
        assert (await one.file(WHO, "orders.yml")).content == b"a: 1\n"


async def test_restore_and_revert(service):
    async with service() as one:
        first = await fill(one)
        second = await one.commit(WHO, None, [PatchSource(PROD, MergePatch({"db.pool": 31, "rate": 1}))])
        keys = Restore(first.commit, "orders", "prod", keys=("db.pool",))
        dry = await one.restore(WHO, None, keys, WriteOptions(dry_run=True))
        assert (dry.changed, dry.commit, dry.paths) == (True, None, ("orders-prod.yml",))
        await one.restore(WHO, None, keys)
        found = await one.source(WHO, "orders", "prod")
        assert (found.items[0].properties["db.pool"], found.items[0].properties["rate"]) == (30, 1)
        await one.restore(WHO, "main", Restore(second.commit, path="orders-prod.yml"))
        undone = await one.revert(WHO, None, Revert(second.commit))
        assert undone.paths == ("orders-prod.yml",)
        assert (await one.diff(WHO, Reading(first.commit), Reading(), DiffQuery())).files == ()
        trailers = (await one.commit_details(WHO, undone.commit)).summary.trailers
        assert trailers == {"Reverts": second.commit}
        with pytest.raises(RevisionNotFound):
            await one.revert(WHO, None, Revert("main~99"))


async def test_what_conflicts_with_the_base_is_settled_by_resolutions(service):
    """Whole files and sources too, whose own routes have no place for them."""
    async with service() as one:
        seen = (await one.commit(WHO, None, [PutFile("orders.yml", b"a: 1\nb: 1\n")])).commit
        await one.commit(WHO, None, [PutFile("orders.yml", b"a: 2\nb: 2\n")])
        said = {"orders.yml#a": Keep.STAGED, "b": Keep.LABEL}
        options = WriteOptions(base=seen, resolutions=said)
        done = await one.commit(WHO, None, [PutFile("orders.yml", b"a: 3\nb: 3\n")], options)
        assert sorted(conflict.key for conflict in done.settled) == ["a", "b"]
        assert (await one.file(WHO, "orders.yml")).content == b"a: 3\nb: 2\n"
        with pytest.raises(MergeConflict):
            await one.commit(WHO, None, [PutFile("orders.yml", b"a: 4\n")], replace(options, resolutions={}))
