"""What stands behind a private ref may be anything: whoever can write to the folder can have put it there."""

from datetime import UTC, datetime

import pytest

from gitconfig_server.config.running.records import make_record, pin_ref, read_pin
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.memory.storage import MemoryStorage

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MEMBERS = {
    "kind": "pin",
    "label": "main",
    "why": "a test",
    "since": NOON.isoformat(),
    "actor": "me",
    "revision": "main",
}
DEADLINE = {"started": NOON.isoformat(), "boot": "one", "ticks": 1.0}


@pytest.mark.parametrize(("seconds", "is_read"), [(600.0, True), (1e300, False), (float("nan"), False)])
def test_a_deadline_past_all_times_makes_no_record(seconds, is_read):
    git = GitRepository(MemoryStorage().create("records"))
    made = make_record({**MEMBERS, **DEADLINE, "seconds": seconds}, (), NOON)
    git.stored.objects.put(made)
    ref = pin_ref(b"refs/heads/main")
    assert (read_pin(git.objects, {ref: made[-1].id}, b"refs/heads/main") is not None) == is_read
