import re
from io import BytesIO

import pytest
from support import packs
from support.packs import NO_ID, push_body
from support.repositories import build_commit, commit, memory_repository

from gitconfig_server.errors import CorruptRepository, MalformedRequest, StorageBusy
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.pkt_line import PacketReader
from gitconfig_server.git.receiving import receive_pack as module
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.receive_pack import MAX_FINDINGS, receive_pack
from gitconfig_server.git.rules import RefRules
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import ANONYMOUS, Principal

MAIN = b"refs/heads/main"


def push(git, body, limits=None):
    """What became of each ref, the unpack line, and the messages."""
    report, said = [], []
    reader = PacketReader(
        BytesIO(b"".join(receive_pack(git, BytesIO(body), limits or PackLimits(), Principal("tess")))), 1 << 20
    )
    for packet in reader.lines():
        if packet[:1] == b"\x01":
            report += list(PacketReader(BytesIO(packet[1:]), 1 << 20).lines())
        else:
            said.append(packet[1:].decode())
    return report[1:], report[0].decode(), said


def offer(git, files, *, ref=MAIN, old=None, message="change", capabilities=packs.CAPABILITIES):
    """A push of one commit on top of ``old``, by default the ref's tip; its body and the commit."""
    tip = git.snapshot().get(ref) if old is None else old
    objects = build_commit(git, files, [tip] if tip else [], message=message)
    body = push_body([(tip or NO_ID, objects[-1].id, ref)], packs.pack(objects), capabilities=capabilities)
    return body, objects[-1].id


@pytest.fixture
def git():
    git = memory_repository()
    commit(git, {"application.yml": "a: 1"})
    return git


def test_a_sound_push_moves_its_ref_and_is_journalled(git):
    body, tip = offer(git, {"app/x.yml": "b: 1"})
    report, unpack, said = push(git, body)
    assert (report, unpack) == ([b"ok refs/heads/main"], "unpack ok")
    assert said == [f"gitconfig: main is now at {tip[:7].decode()} (1 file changed)"]
    record = list(git.stored.journal())[-1]
    assert (record.actor, record.reason, record.details) == ("tess", "push", {"commits": "1"})


def test_a_probe_is_answered_with_nothing(git):
    assert list(receive_pack(git, BytesIO(b"0000"), PackLimits(), ANONYMOUS)) == []


def test_without_a_sideband_the_report_is_bare(git):
    body, _ = offer(git, {"app/x.yml": "b: 1"}, capabilities=b"report-status")
    answer = b"".join(receive_pack(git, BytesIO(body), PackLimits(), ANONYMOUS))
    assert list(PacketReader(BytesIO(answer), 1000).lines()) == [b"unpack ok", b"ok refs/heads/main"]


def test_without_report_status_nothing_is_reported(git):
    body, tip = offer(git, {"app/x.yml": "b: 1"}, capabilities=b"")
    assert b"".join(receive_pack(git, BytesIO(body), PackLimits(), ANONYMOUS)) == b""
    assert git.snapshot()[MAIN] == tip


@pytest.mark.parametrize("old", [b"2" * 40, NO_ID])
def test_an_old_id_that_is_not_the_refs_is_refused(git, old):
    objects = build_commit(git, {"x.yml": "1"}, [git.snapshot()[MAIN]])
    before = git.snapshot()
    report, unpack, _ = push(git, push_body([(old, objects[-1].id, MAIN)], packs.pack(objects)))
    assert (report, unpack) == ([b"ng refs/heads/main fetch first"], "unpack ok")
    assert git.snapshot() == before


def test_a_move_to_where_the_ref_is_needs_no_move(git):
    tip, seq = git.snapshot()[MAIN], len(list(git.stored.journal()))
    assert push(git, push_body([(tip, tip, MAIN)], packs.pack([])))[0] == [b"ok refs/heads/main"]
    assert len(list(git.stored.journal())) == seq


@pytest.mark.parametrize(
    "objects",
    [
        [packs.tree((b"120000", b"link", make_blob(b"x").id)), make_blob(b"x")],
        [packs.tree((b"160000", b"vendor", b"1" * 40))],
        [packs.tree((b"40000", b".git", packs.tree().id)), packs.tree()],
        [packs.tree((b"100644", b"b", make_blob(b"x").id), (b"100644", b"a", make_blob(b"x").id)), make_blob(b"x")],
        [packs.tree((b"100644", b"a", b"1" * 40))],
        [],
    ],
)
def test_unsound_objects_refuse_the_whole_push(git, objects):
    tip = packs.commit(objects[0].id if objects else b"3" * 40)
    before = git.snapshot()
    commands = [(NO_ID, tip.id, b"refs/heads/evil"), (NO_ID, before[MAIN], b"refs/heads/good")]
    report, unpack, said = push(git, push_body(commands, packs.pack([*objects, tip])))
    assert report == [b"ng refs/heads/evil unpacker error", b"ng refs/heads/good unpacker error"]
    assert unpack != "unpack ok"
    assert said
    assert git.snapshot() == before
    assert not git.objects.contains_many([tip.id])


@pytest.mark.parametrize("cut", [0, 10, -1, -25])
def test_a_pack_cut_short_is_refused(git, cut):
    body, _ = offer(git, {"x.yml": "1"})
    start = body.index(b"PACK")
    report, unpack, _ = push(git, body[:start] + (body[start:][:cut] if cut else b""))
    assert report == [b"ng refs/heads/main unpacker error"]
    assert unpack.startswith("unpack the pack")


def test_limits_name_their_setting(git):
    body, _ = offer(git, {"x.yml": "1"})
    _, unpack, _ = push(git, body, PackLimits(objects=1))
    assert unpack.endswith("(setting push.max_objects)")


@pytest.mark.parametrize(
    "ref",
    [b"refs/heads/../../x", b"refs/heads/a\x1b[31m", b"HEAD", b"refs/gitconfig/x", b"refs/heads/a.lock", b"a" * 900],
)
def test_hostile_names_are_refused_and_cannot_steer_a_terminal(git, ref):
    before = git.snapshot()
    (report,), unpack, said = push(git, push_body([(NO_ID, before[MAIN], ref)], packs.pack([])))
    assert report.startswith(b"ng ")
    assert git.snapshot() == before
    assert not re.search(r"[\x00-\x1f]", "".join(said) + unpack)


def test_findings_are_told_in_order_and_counted_when_there_are_many():
    found = [Finding("a.yml", "rule", "bad\x1b", number, 1) for number in range(1, MAX_FINDINGS + 4)]
    git = memory_repository(checks=[lambda old, new: found])
    body, tip = offer(git, {"a.yml": "x"})
    report, _, said = push(git, body)
    assert report == [b"ng refs/heads/main 1 invalid file(s)"]
    assert said[0] == f"gitconfig: {tip[:8].decode()} a.yml:1:1: bad? [rule]"
    assert "gitconfig: a.yml: and 3 more" in said


def test_an_error_while_deciding_is_told(git, monkeypatch):
    def broken(*_, **__):
        raise CorruptRepository("tree 12 is missing: run git fsck")

    monkeypatch.setattr(git, "judge", broken)
    body, _ = offer(git, {"x.yml": "1"})
    assert push(git, body)[0] == [b"ng refs/heads/main tree 12 is missing: run git fsck"]


def test_a_door_that_is_busy_says_so(git, monkeypatch):
    def busy(*_, **__):
        raise StorageBusy("another writer holds the lock")

    monkeypatch.setattr(git, "update_refs", busy)
    body, _ = offer(git, {"x.yml": "1"})
    assert push(git, body)[0] == [b"ng refs/heads/main another writer holds the lock"]


def test_what_is_only_told_does_not_undo_a_move(git, monkeypatch):
    def broken(*_):
        raise CorruptRepository("tree 12 is missing: run git fsck")

    monkeypatch.setattr(module, "changed_files", broken)
    body, tip = offer(git, {"x.yml": "1"})
    report, _, said = push(git, body)
    assert (report, said) == ([b"ok refs/heads/main"], [f"gitconfig: main is now at {tip[:7].decode()}"])


def test_a_request_that_cannot_be_read_raises(git):
    with pytest.raises(MalformedRequest):
        push(git, b"00")


@pytest.mark.parametrize("ref", [MAIN, b"refs/heads/new", b"refs/heads/staged", b"refs/tags/v1"])
def test_trees_that_name_one_another_are_counted_not_walked(git, ref):
    blob = make_blob(b"a: 1")
    trees = [packs.tree((b"100644", b"a.yml", blob.id))]
    for _ in range(10):
        trees.append(packs.tree(*((b"40000", b"%d" % number, trees[-1].id) for number in range(10))))
    old = git.snapshot().get(ref)
    tip = packs.commit(trees[-1].id, *([old] if old else []))
    body = push_body([(old or NO_ID, tip.id, ref)], packs.pack([blob, *trees, tip]))
    report, _, _ = push(git, body)
    assert re.fullmatch(rb"ng \S+ \w{8} holds more files: .*push.max_files.*", report[0])


def test_an_older_commit_of_a_push_is_counted_too():
    git = memory_repository(rules=RefRules(max_files=2))
    first = build_commit(git, {f"{number}.yml": f"a: {number}" for number in range(3)})
    second = packs.commit(packs.tree().id, first[-1].id)
    body = push_body([(NO_ID, second.id, MAIN)], packs.pack([*first, packs.tree(), second]))
    assert push(git, body)[0][0].startswith(b"ng refs/heads/main " + first[-1].id[:8])


def test_a_check_without_an_end_is_ended(git):
    def endless(old, new):
        while True:
            new.objects.get_raw(new.tree)

    git = memory_repository(rules=RefRules(check_seconds=0.05), checks=[endless])
    body, _ = offer(git, {"a.yml": "a: 1"})
    assert b"push.check_seconds" in push(git, body)[0][0]
    assert git.snapshot() == {}


def test_checks_stop_with_the_process():
    git = memory_repository(checks=[lambda old, new: git.stop_checks() or (new.raw(b"") and [])])
    body, _ = offer(git, {"a.yml": "a: 1"})
    assert push(git, body)[0] == [b"ng refs/heads/main the server is stopping: try again"]


def test_what_is_not_there_may_be_deleted_beside_what_is_pushed(git):
    body, tip = offer(git, {"b.yml": "b: 1"})
    commands = [(git.snapshot()[MAIN], tip, MAIN), (NO_ID, NO_ID, b"refs/heads/nope")]
    report, unpack, said = push(git, push_body(commands, body[body.index(b"PACK") :]))
    assert (report, unpack) == ([b"ok refs/heads/main", b"ok refs/heads/nope"], "unpack ok")
    assert "gitconfig: warning: refs/heads/nope does not exist" in said
    assert git.snapshot() == {MAIN: tip}
    there = push_body([(NO_ID, NO_ID, MAIN)])
    assert push(git, there)[0] == [b"ng refs/heads/main fetch first"]


def test_too_many_refs_are_refused_one_by_one(git):
    tip = git.snapshot()[MAIN]
    commands = [(NO_ID, tip, b"refs/tags/%d" % number) for number in range(3)]
    report, _, _ = push(git, push_body(commands, packs.pack([])), PackLimits(refs=2))
    assert report == [b"ng refs/tags/%d a push may name 2 refs (setting push.max_refs)" % number for number in range(3)]


def test_a_quiet_push_is_told_nothing_but_what_is_wrong(git):
    body, _ = offer(git, {"app/x.yml": "b: 1"}, capabilities=packs.CAPABILITIES + b" quiet")
    assert push(git, body) == ([b"ok refs/heads/main"], "unpack ok", [])


def test_old_modes_and_dates_in_milliseconds_are_taken(git):
    blob = make_blob(b"a: 1")
    tree = packs.tree((b"100664", b"a.yml", blob.id))
    who = b"Tess <tess@example.com> 1700000000000 +0000\n"
    tip = packs.commit(tree.id, git.snapshot()[MAIN], lines=b"author " + who + b"committer " + who)
    body = push_body([(git.snapshot()[MAIN], tip.id, MAIN)], packs.pack([blob, tree, tip]))
    assert push(git, body)[0] == [b"ok refs/heads/main"]
    assert TreeView(git.objects, tree.id).entry(b"a.yml").is_file
