"""What every ``ConfigService`` says when it is asked, near or far."""

from datetime import UTC, datetime

import pytest
from support.conformance import BASE, PROD, WHO, fill

from gitconfig_server.errors import (
    FileNotFound,
    InvalidInput,
    InvalidName,
    LabelNotFound,
    SourceNotFound,
)
from gitconfig_server.model.environments import Position
from gitconfig_server.model.history import DiffFormat, DiffQuery, FileChange, HistoryQuery, KeyChange, Op
from gitconfig_server.model.reads import Application, LabelKind, Reading
from gitconfig_server.model.writes import DeleteFile, MergePatch, NewLabel, PatchSource, PutFile, WriteOptions

pytestmark = pytest.mark.anyio


async def test_labels_are_listed_and_found(service):
    async with service() as one:
        assert await one.labels(WHO) == ()
        first = await fill(one)
        await one.make_label(WHO, "feature/x y".replace(" ", "-"), NewLabel())
        await one.make_label(WHO, "v1", NewLabel("main", LabelKind.TAG), WriteOptions(message="one"))
        labels = await one.labels(WHO)
        assert [(label.name, label.kind, label.default) for label in labels] == [
            ("feature/x-y", "branch", False),
            ("main", "branch", True),
            ("v1", "tag", False),
        ]
        assert {label.commit for label in labels} == {first.commit}
        assert await one.label(WHO, "feature/x-y") == labels[0]
        with pytest.raises(LabelNotFound, match="nowhere"):
            await one.label(WHO, "nowhere")


async def test_search_finds_keys_and_values_of_all_applications(service):
    async with service() as one:
        first = await fill(one)
        found = await one.search(WHO, "POOL")
        assert found.commit == first.commit
        assert [(match.path, match.key, match.value, match.line, match.column) for match in found.items] == [
            ("application.yml", "db.pool", 4, 2, 12),
            ("orders.yml", "db.pool", 8, 2, 9),
            ("orders-prod.yml", "db.pool", 30, 1, 10),
        ]
        by_value = (await one.search(WHO, "678901", "orders", Reading("main"))).items
        assert [(match.application, match.profile, match.key) for match in by_value] == [("orders", "prod", "big")]
        assert (await one.search(WHO, "no such text")).items == ()
        with pytest.raises(InvalidInput, match="empty"):
            await one.search(WHO, "")


async def test_environment_has_every_source_whole(service):
    async with service() as one:
        first = await fill(one)
        found = await one.environment(WHO, ("orders",), ("eu", "prod"), Reading("main"))
        assert (found.applications, found.profiles, found.label) == (("orders",), ("eu", "prod"), "main")
        assert found.commit == first.commit
        assert [source.name for source in found.sources] == [
            "orders-prod.yml",
            "orders.yml (document #1)",
            "orders.yml (document #0)",
            "application.yml",
        ]
        strongest = found.sources[0]
        assert strongest.properties["big"] == 123456789012345678901234567890
        assert strongest.positions["rate"] == Position(3, 7)
        assert dict(found.sources[3].properties) == {"shared": 1, "db.pool": 4}
        assert (await one.environment(WHO, ("none",), ("prod",))).sources[0].path == "application.yml"


async def test_lists_are_of_one_commit_and_whole(service):
    async with service() as one:
        first = await fill(one, BASE | {f"app{number:04}.yml": "a: 1\n" for number in range(1100)})
        applications = await one.applications(WHO)
        assert applications.commit == first.commit
        assert len(applications.items) == 1102
        assert applications.items[-1] == Application("orders", ("default", "eu", "prod"))
        files = await one.files(WHO, Reading(first.commit))
        assert len(files.items) == 1104
        assert files.items[0].path == "a b/é%2F#?.txt"
        sources = await one.sources(WHO, "orders")
        assert [(file.profile, file.path, file.format) for file in sources.items] == [
            ("default", "orders.yml", "yml"),
            ("prod", "orders-prod.yml", "yml"),
        ]


async def test_source_has_its_documents_and_their_places(service):
    async with service() as one:
        await fill(one)
        found = await one.source(WHO, "orders", "default")
        assert [dict(item.properties) for item in found.items][1] == {"db.pool": 8}
        assert found.inactive == {"orders.yml (document #1)"}
        assert found.items[1].positions["db.pool"] == Position(2, 9)
        assert len(found.validator) >= 32
        with pytest.raises(SourceNotFound):
            await one.source(WHO, "orders", "test")


async def test_files_are_bytes_at_any_path(service):
    async with service() as one:
        await fill(one)
        found = await one.file(WHO, "a b/é%2F#?.txt")
        assert (found.path, found.content, len(found.blob)) == ("a b/é%2F#?.txt", b"text\n", 40)
        plain = await one.plain_file(WHO, ("orders",), ("prod",), "orders.yml")
        assert (plain.path, plain.content[:8]) == ("orders-prod.yml", b"db.pool:")
        with pytest.raises(FileNotFound, match=r"none\.txt"):
            await one.file(WHO, "none.txt")
        with pytest.raises(FileNotFound):
            await one.plain_file(WHO, ("orders",), ("prod",), "none.txt")


@pytest.mark.parametrize(
    "path", ["", "..", ".", "../x", "a/../../x", "/x", "a//b", "a\0b", "a\nb", ".git/config", "a\\b"]
)
async def test_paths_that_lead_elsewhere_are_refused(service, path):
    async with service() as one:
        await fill(one)
        for asked in (one.file(WHO, path), one.commit(WHO, None, [PutFile(path, b"x")])):
            with pytest.raises(InvalidName):
                await asked


async def test_history_and_reading_at_a_time(service):
    async with service() as one:
        first = await fill(one)
        second = await one.commit(WHO, "main", [DeleteFile("orders.yml")], WriteOptions(message="less\n\nBecause."))
        page = await one.history(WHO, None, HistoryQuery(limit=1))
        assert (page.label, page.entries[0].tip.commit, page.entries[0].reason) == ("main", second.commit, "save")
        assert (page.entries[0].tip.subject, page.entries[0].label) == ("less", "main")
        assert page.entries[0].tip.message.startswith("less\n\nBecause.")
        rest = await one.history(WHO, "main", HistoryQuery(limit=9, cursor=page.next))
        assert [entry.tip.commit for entry in rest.entries] == [first.commit]
        none = HistoryQuery(since=datetime(2100, 1, 1, tzinfo=UTC))
        assert (await one.history(WHO, None, none)).entries == ()
        when = page.entries[0].received_at.isoformat()
        assert (await one.applications(WHO, Reading(None, when))).commit == second.commit


async def test_diff_tells_keys_files_and_formats(service):
    async with service() as one:
        first = await fill(one)
        patch = PatchSource(PROD, MergePatch({"db": {"pool": 31}, "rate": None}))
        second = await one.commit(WHO, None, [patch])
        found = await one.diff(WHO, None, Reading("main"), DiffQuery())
        assert (found.old.commit, found.new.commit, found.new.revision) == (first.commit, second.commit, "main")
        assert found.changes == (
            KeyChange("orders", "prod", "orders-prod.yml", None, "db.pool", Op.CHANGE, 30, 31),
            KeyChange("orders", "prod", "orders-prod.yml", None, "rate", Op.REMOVE, 0.5, None),
        )
        assert found.files == (FileChange("orders-prod.yml", Op.CHANGE, "orders", "prod"),)
        sides = Reading(first.commit), Reading()
        unified = await one.diff(WHO, *sides, DiffQuery(format=DiffFormat.UNIFIED))
        assert "-db.pool: 30\n+db.pool: 31\n" in unified.told
        assert unified.changes == found.changes
        told = (await one.diff(WHO, *sides, DiffQuery(format=DiffFormat.JSON_PATCH))).told
        assert {"op": "replace", "path": "/orders-prod.yml/db/pool", "value": 31} in told
        effective = await one.diff(WHO, *sides, DiffQuery("orders", "prod", effective=True))
        assert {change.key for change in effective.changes} == {"db.pool", "rate"}
        nothing = await one.diff(WHO, Reading(), Reading(), DiffQuery("orders"))
        assert (nothing.changes, nothing.files) == ((), ())


async def test_readiness(service):
    async with service() as one:
        assert (await one.readiness()).ready
