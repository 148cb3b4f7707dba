import pytest

from gitconfig_server.service.upstream.freshness import Freshness
from gitconfig_server.service.upstream.status import SharedStatus, Status, Trouble

REMOTE = "https://git.test/config"
TROUBLE = Trouble("main", "invalid-content", "1 invalid file(s)", ("orders.yml:2:1: bad",), "a" * 40, "b" * 40)


def test_status_is_shared_through_a_file(tmp_path):
    one, two = SharedStatus(REMOTE, tmp_path), SharedStatus(REMOTE, tmp_path)
    status = Status(REMOTE, 10.0, 9.0, 2, "gone", (TROUBLE,), ("main",))
    one.write(status)
    assert one.read() == two.read() == status
    two.write(Status(REMOTE, 11.0, 11.0))
    assert one.read() == Status(REMOTE, 11.0, 11.0)
    assert [path.name for path in tmp_path.iterdir()] == ["upstream.json"]


def test_status_of_another_remote_says_nothing(tmp_path):
    SharedStatus("https://old.test/config", tmp_path).write(Status("https://old.test/config", 1.0, 1.0))
    assert SharedStatus(REMOTE, tmp_path).read() == Status(REMOTE)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"remote": 1}', "null"])
def test_damaged_file_says_nothing(tmp_path, content):
    (tmp_path / "upstream.json").write_text(content)
    assert SharedStatus(REMOTE, tmp_path).read() == Status(REMOTE)


def test_status_that_cannot_be_stored_is_known_here(tmp_path):
    shared = SharedStatus(REMOTE, tmp_path / "missing")
    shared.write(Status(REMOTE, 1.0))
    assert shared.read() == Status(REMOTE, 1.0)


@pytest.mark.parametrize(
    ("status", "now", "tolerance", "stale"),
    [
        (Status(REMOTE), 100, None, True),
        (Status(REMOTE, attempted=50, fetched=51), 100, None, False),
        (Status(REMOTE, attempted=60, fetched=51), 100, None, True),
        (Status(REMOTE, attempted=50, fetched=51), 100, 10, True),
        (Status(REMOTE, attempted=50, fetched=51), 60, 10, False),
    ],
)
def test_stale_is_what_the_remote_did_not_confirm(status, now, tolerance, stale):
    assert status.stale(now, tolerance) is stale


def freshness(status, *, now=100.0, max_age=0.0, ticks=lambda: 0.0):
    return Freshness(lambda: status, tolerance=None, max_age=max_age, now=lambda: now, ticks=ticks)


def test_age_is_told_while_stale():
    assert freshness(Status(REMOTE, 50, 51)).age() is None
    assert freshness(Status(REMOTE, 60, 51.5)).age() == "48"
    assert freshness(Status(REMOTE, 60)).age() == "never"


def test_age_is_looked_up_now_and_then():
    times = iter([0.0, 0.1, 5.0])
    answers = iter([Status(REMOTE, 60, 51), Status(REMOTE, 60, 61)])
    fresh = Freshness(lambda: next(answers), tolerance=None, max_age=0, now=lambda: 100.0, ticks=lambda: next(times))
    assert [fresh.age(), fresh.age(), fresh.age()] == ["49", "49", None]


def test_ready_until_too_old():
    status = Status(REMOTE, 60, 51, 1, "no route to host", (TROUBLE,))
    assert freshness(status).readiness().ready
    assert freshness(status, max_age=50).readiness().ready
    late = freshness(status, max_age=40).readiness()
    assert not late.ready
    assert (REMOTE in late.reason, "49 s old" in late.reason, "no route to host" in late.reason) == (True, True, True)
    shown = late.details["upstream"]
    assert (shown["state"], shown["age"], shown["labels"][0]["rule"]) == ("stale", 49, "invalid-content")
    assert shown["fetched_at"] == "1970-01-01T00:00:51+00:00"


def test_not_ready_before_the_first_fetch():
    never = freshness(Status(REMOTE, error="no route to host")).readiness()
    assert (never.ready, never.details["upstream"]["state"]) == (False, "never-fetched")
    assert "no route to host" in never.reason


@pytest.mark.parametrize(("default", "ours", "ready"), [("main", "", False), ("main", "a" * 40, True), ("x", "", True)])
def test_not_ready_without_any_state_of_the_default_label(default, ours, ready):
    trouble = Trouble("main", "invalid-content", "1 invalid file(s)", ("a.yml:3:1: what",), ours, "b" * 40)
    now = freshness(Status(REMOTE, 60, 61, troubles=(trouble,), default=default)).readiness()
    assert now.ready is ready
    assert ready or "main of" in now.reason
    assert ready or "a.yml:3:1: what" in now.reason
