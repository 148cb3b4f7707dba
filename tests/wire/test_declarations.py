"""A declaration makes what is sent of a noun, the noun of what was sent, and a schema of itself."""

import inspect
import json
import pkgutil
from datetime import UTC, datetime
from importlib import import_module

import jsonschema_rs
import pytest
from support.declared import validate

from gitconfig_server import wire
from gitconfig_server.model.findings import ConflictSide, FileConflict, Finding, Keep
from gitconfig_server.model.history import (
    CommitDetails,
    CommitSummary,
    Comparison,
    DiffFormat,
    FileChange,
    HistoryEntry,
    HistoryPage,
    InForce,
    KeyChange,
    Op,
    Side,
)
from gitconfig_server.model.reads import Application, Label, LabelKind, SourceFile
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import Check, Staged, StagedPart
from gitconfig_server.model.writes import (
    Author,
    DeleteFile,
    DeleteSource,
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
    WriteResult,
)
from gitconfig_server.wire.changes import DiffAnswer, FileChangeItem, KeyChangeItem
from gitconfig_server.wire.commits import ChangeItem, CommitBody
from gitconfig_server.wire.declarations import Declaration, describe, encode
from gitconfig_server.wire.decoding import decode
from gitconfig_server.wire.history import CommitAnswer, CommitItem, HistoryList
from gitconfig_server.wire.json import encode_json
from gitconfig_server.wire.labels import LabelBody, LabelItem
from gitconfig_server.wire.problems import ConflictItem, FindingItem
from gitconfig_server.wire.restoring import RestoreBody, RevertBody
from gitconfig_server.wire.sources import ApplicationItem, SourceItem
from gitconfig_server.wire.staging import CheckAnswer, PartBody, StagedAnswer, UpdateBody
from gitconfig_server.wire.writes import WriteAnswer, WriteBody, read_author, write_author, write_members

ID, OTHER = "a" * 40, "b" * 40
WHEN = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
COMMIT = CommitSummary(ID, (OTHER,), "Ada", "", WHEN, "orders", "orders\n\nmore", {"Restores": OTHER})
KEY = KeyChange("orders", "prod", "orders.yml", 2, "db.pool", Op.CHANGE, 10**30, 2.5)
GONE = KeyChange("orders", "prod", "orders.yml", None, "on", Op.REMOVE, True, None)
FILE = FileChange("motd.txt", Op.ADD)
BROKEN = FileChange("orders.yml", Op.CHANGE, "orders", "default", "line 2: no value")
FINDING = Finding("orders.yml", "yaml-syntax", "no value", 2, 7)
REMARK = Finding("orders.yml", "line-endings", "mixed", fatal=False)
SIDES = ConflictSide("main", ID, "Ada", "orders", OTHER), ConflictSide("staged", OTHER, "Bo", "gone", None)
CONFLICT = FileConflict("orders.yml", None, SIDES)
CHECK = Check("main", ID, OTHER, ("orders.yml",), (CONFLICT,), (FINDING, REMARK))
STAGED = Staged("main", ID, "staged", OTHER, None, (COMMIT,), True, 3, (KEY, GONE), (FILE,), (CONFLICT,), (REMARK,))
OPTIONS = WriteOptions(message="why", author=Author("Ada", "ada@example.com"), expect=ID, dry_run=True)


def declarations():
    for module in pkgutil.iter_modules(wire.__path__, f"{wire.__name__}."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(kind, Declaration) and kind.__module__ == module.name and kind.__struct_fields__:
                yield kind


@pytest.mark.parametrize(
    ("kind", "noun"),
    [
        (LabelItem, Label("v1", LabelKind.TAG, ID, False)),
        (ApplicationItem, Application("orders", ("default", "prod"))),
        (SourceItem, SourceFile("orders", "prod", "orders-prod.yml", ID, "yml")),
        (KeyChangeItem, KEY),
        (KeyChangeItem, GONE),
        (FileChangeItem, FILE),
        (FileChangeItem, BROKEN),
        (DiffAnswer, Comparison(Side("v1", ID), Side("main", OTHER), (KEY,), (BROKEN,))),
        (CommitItem, COMMIT),
        (FindingItem, FINDING),
        (FindingItem, REMARK),
        (ConflictItem, CONFLICT),
        (CheckAnswer, CHECK),
        (StagedAnswer, STAGED),
        (StagedAnswer, Staged("main", ID, "staged")),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_is_sent_of_a_noun_is_read_as_the_noun_again_and_keeps_the_schema(kind, noun):
    sent = encode(kind.of(noun))
    assert decode(sent, kind).noun() == noun
    validate(json.loads(sent), kind)


@pytest.mark.parametrize("form", [DiffFormat.DEEPDIFF, DiffFormat.JSON_PATCH])
def test_a_comparison_carries_the_format_that_was_asked_for(form):
    told = {"values_changed": {"a": 1}} if form is DiffFormat.DEEPDIFF else [{"op": "add", "path": "/a", "value": 1}]
    noun = Comparison(Side("v1", ID), Side("main", OTHER), (), (), told)
    sent = encode(DiffAnswer.of(noun, form))
    assert decode(sent, DiffAnswer).noun() == noun
    assert list(json.loads(sent)) == ["from", "to", "changes", "files", form.value.replace("-", "_")]


def test_a_page_of_history_and_a_commit_are_read_as_they_were():
    entry = HistoryEntry("main", COMMIT, (COMMIT,), True, 7, WHEN, "ada", "push")
    page = HistoryPage("main", (entry, HistoryEntry("main", COMMIT)), "next")
    sent = encode(HistoryList.of_page(page, 50))
    assert decode(sent, HistoryList).noun() == page
    validate(json.loads(sent), HistoryList)

    details = CommitDetails(COMMIT, (InForce("main", 7, WHEN, "ada", "save"),), (KEY,), (FILE,))
    sent = encode(CommitAnswer.of_details(details))
    assert decode(sent, CommitAnswer).details() == details
    validate(json.loads(sent), CommitAnswer)


def test_a_date_beyond_the_calendar_is_told_as_it_is_written():
    odd = replace(COMMIT, authored_at=datetime(9999, 12, 30, tzinfo=UTC), authored_as="1700000000000 +0200")
    sent = encode(HistoryList.of_page(HistoryPage("main", (HistoryEntry("main", odd, (COMMIT,)),), None), 50))
    tip = json.loads(sent)["history"][0]
    assert (tip["authored_as"], "authored_as" in tip["commits"][0]) == ("1700000000000 +0200", False)
    assert decode(sent, HistoryList).noun().entries[0].tip == odd
    assert decode(encode(CommitItem.of(odd)), CommitItem).summary() == odd


def test_a_result_is_read_with_what_its_headers_say():
    result = WriteResult("main", None, ID, True, ("a.yml",), (REMARK,), "e.7", ID, dry_run=True)
    sent = encode(WriteAnswer.of(result))
    assert decode(sent, WriteAnswer).result("e.7", ID) == result
    validate(json.loads(sent), WriteAnswer)


def test_times_keep_their_zone_and_integers_their_digits():
    members = json.loads(encode(KeyChangeItem.of(KEY)))
    assert members["old"] == 10**30
    assert json.loads(encode(CommitItem.of(COMMIT)))["authored_at"] == "2026-01-31T12:00:00.250000+00:00"


@pytest.mark.parametrize(
    "change",
    [
        PutFile("a.bin", b"\x00\xff"),
        PatchFile("a.yml", MergePatch({"a": None}, "/patch"), 2),
        PatchFile("a.yml", JsonPatch(({"op": "remove", "path": "/a"},), "/patch")),
        DeleteFile("a.yml"),
        PutSource(SourcePlace("orders", "prod", "a.yml", 0), {"a": {"b": [1]}}, True),
        PatchSource(SourcePlace("orders", "default"), MergePatch({}, "/patch")),
        DeleteSource(SourcePlace("orders", "prod")),
    ],
    ids=lambda change: type(change).__name__,
)
def test_a_change_that_is_asked_for_is_the_change_that_arrives(change):
    body = CommitBody(**write_members(OPTIONS), changes=[ChangeItem.of(change)])
    arrived = decode(encode(body), CommitBody)
    assert arrived.made() == [change]
    assert arrived.author == "Ada <ada@example.com>"
    validate(json.loads(encode(body)), CommitBody)


def test_bodies_say_only_what_there_is_to_say():
    assert encode_json(WriteBody(**write_members(WriteOptions())).members()) == b"{}"
    assert encode_json(RestoreBody.asking(Restore("v1", "orders"), WriteOptions()).members()) == (
        b'{"to":"v1","application":"orders"}'
    )
    assert encode_json(LabelBody.asking(NewLabel("v1", LabelKind.TAG), OPTIONS).members()) == (
        b'{"expect":"' + ID.encode() + b'","dry_run":true,"message":"why","author":"Ada <ada@example.com>",'
        b'"from":"v1","kind":"tag"}'
    )


def test_what_is_asked_of_a_label_arrives():
    restore = Restore("v1", "orders", "prod", None, ("db.pool",))
    assert decode(encode(RestoreBody.asking(restore, OPTIONS)), RestoreBody).asked() == restore
    revert = Revert(ID, 1)
    assert decode(encode(RevertBody.asking(revert, OPTIONS)), RevertBody).asked() == revert
    new = NewLabel(None, LabelKind.BRANCH)
    assert decode(encode(LabelBody.asking(new, OPTIONS)), LabelBody).new() == new
    assert decode(b'{"applications": ["orders"]}', PartBody).part() == StagedPart(("orders",))
    assert decode(b'{"resolve": {"a.yml": "label"}}', UpdateBody).resolve == {"a.yml": Keep.LABEL}


@pytest.mark.parametrize("author", [Author("Ada", "ada@example.com"), Author("Ada Lovelace")], ids=str)
def test_an_author_is_read_as_it_was_written(author):
    assert read_author(write_author(author)) == author


@pytest.mark.parametrize("kind", list(declarations()), ids=lambda kind: kind.__name__)
def test_every_declaration_says_what_it_is_and_has_a_schema_of_its_name(kind):
    schema = describe([kind])[kind.__name__]
    assert schema["type"] == "object"
    assert set(schema.get("required", [])) <= set(schema["properties"])
    jsonschema_rs.meta.validate({"$defs": describe([kind]), **schema})
