"""Strict decoding names the place of the first fault."""

import json

import pytest

from gitconfig_server.errors import InvalidChange, MalformedRequest
from gitconfig_server.model.reads import Label, LabelKind
from gitconfig_server.wire.commits import CommitBody
from gitconfig_server.wire.decoding import convert, decode
from gitconfig_server.wire.json import render
from gitconfig_server.wire.labels import LabelBody, LabelItem
from gitconfig_server.wire.restoring import RestoreBody
from gitconfig_server.wire.staging import PartBody, UpdateBody


@pytest.mark.parametrize(
    ("body", "kind", "pointer", "reason"),
    [
        (b"[1]", PartBody, "", "expected object, got array"),
        (b"{}", RestoreBody, "/to", "is needed"),
        (b'{"to": 1}', RestoreBody, "/to", "expected str, got int"),
        (b'{"to": "v1", "aplication": "a"}', RestoreBody, "/aplication", "unknown member, did you mean 'application'?"),
        (
            b'{"changes": [{"op": "put"}, {"op": "put", "pth": "a"}]}',
            CommitBody,
            "/changes/1/pth",
            "did you mean 'path'?",
        ),
        (b'{"changes": [{"op": "move"}]}', CommitBody, "/changes/0/op", "expected one of delete, patch, put"),
        (b'{"from": "main", "kind": "commit"}', LabelBody, "/kind", "expected one of branch, tag"),
        (b'{"expect": "main"}', PartBody, "/expect", "^[0-9a-f]{40}$"),
        (b'{"keys": [], "to": "v1"}', RestoreBody, "/keys", "length >= 1"),
    ],
)
def test_a_fault_has_its_place_and_a_reason(body, kind, pointer, reason):
    with pytest.raises(InvalidChange) as caught:
        decode(body, kind)
    assert caught.value.pointer == pointer
    assert reason in caught.value.reason


def test_what_does_not_resemble_a_member_is_told_all_of_them():
    with pytest.raises(InvalidChange, match=r"/wxyz: unknown member, expected one of .*\bto\b"):
        decode(b'{"wxyz": "v1"}', RestoreBody)


@pytest.mark.parametrize("at_fault", range(9))
def test_the_key_of_a_map_is_found_whichever_it_is(at_fault):
    sides = {f"a/{number}.yml": "staged" for number in range(9)}
    sides[f"a/{at_fault}.yml"] = "mine"
    content = {"resolve": dict(sides)}
    with pytest.raises(InvalidChange, match="expected one of label, staged") as caught:
        convert(content, UpdateBody)
    assert caught.value.pointer == f"/resolve/a~1{at_fault}.yml"
    assert content == {"resolve": sides}


def test_of_two_faults_in_a_map_the_first_is_named():
    with pytest.raises(InvalidChange) as caught:
        convert({"resolve": {"a": "staged", "b": "mine", "c": "mine", "d": "yours"}}, UpdateBody)
    assert caught.value.pointer == "/resolve/b"


def test_answers_may_have_members_of_newer_servers_but_lack_none():
    told = {"name": "main", "kind": "branch", "commit": "a" * 40, "default": True, "color": "red"}
    assert convert(told, LabelItem).noun() == Label("main", LabelKind.BRANCH, "a" * 40, True)
    del told["default"]
    with pytest.raises(InvalidChange, match="/default: is needed"):
        convert(told, LabelItem)


def test_text_and_numbers_are_never_taken_for_each_other():
    with pytest.raises(InvalidChange, match="/document: expected"):
        convert({"changes": [{"op": "patch", "path": "a", "document": "1"}]}, CommitBody)
    with pytest.raises(InvalidChange, match="/dry_run: expected"):
        convert({"dry_run": 1}, PartBody)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{'a': 1}"])
def test_what_is_no_json_is_told_so(body):
    with pytest.raises(MalformedRequest):
        decode(body, PartBody)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"to": "a", "to": "b"}', "/to"),
        (b'{"a": [NaN]}', "/a/0"),
        (b'{"a": 1e999}', "/a"),
        (b'{"a": 1e-999}', "/a"),
        (b'{"a": 1' + b"0" * 4000 + b"}", "/a"),
    ],
)
def test_what_would_be_lost_in_reading_is_refused_where_it_stands(body, pointer):
    with pytest.raises(InvalidChange) as caught:
        decode(body, PartBody)
    assert caught.value.pointer == pointer


def test_depth_is_bounded():
    with pytest.raises(InvalidChange, match="deep"):
        decode(b"[" * 100_000 + b"]" * 100_000, PartBody)


def test_half_of_a_surrogate_pair_is_no_name():
    with pytest.raises(InvalidChange, match="surrogate"):
        decode(b'{"\\ud800": 1}', LabelBody)


@pytest.mark.parametrize("beside", [1, 1 << 70, "\ud800"])
def test_what_is_no_finite_number_is_null_whatever_stands_beside_it(beside):
    shown = json.loads(render({"a": [float("inf"), float("nan"), 1.5], "b": beside}))
    assert shown == {"a": [None, None, 1.5], "b": beside}
