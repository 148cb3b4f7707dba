import json
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from gitconfig_server.server.logs import log_move
from gitconfig_server.storage.base import JournalRecord, RefUpdate

SCRIPT = """
import logging, structlog
from gitconfig_server.server.logs import set_up_logs
from gitconfig_server.settings import LogSettings
set_up_logs(LogSettings(format={format!r}, level={level!r}))
structlog.contextvars.bind_contextvars(request_id="r1")
structlog.get_logger().info("ours", path="/x\\n")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("uvicorn.error").exception("theirs")
"""


def lines(**settings):
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(**settings)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_lines_are_json_whoever_wrote_them():
    ours, theirs = (json.loads(line) for line in lines(format="json", level="info"))
    assert (ours["event"], ours["path"], ours["level"], ours["request_id"]) == ("ours", "/x\n", "info", "r1")
    assert (theirs["event"], theirs["request_id"]) == ("theirs", "r1")
    assert "ZeroDivisionError" in theirs["exception"]


def test_console_lines_hold_no_line_breaks_of_strangers():
    assert "path='/x\\n'" in lines(format="console", level="info")[0]


@pytest.mark.parametrize(("level", "seen"), [("info", True), ("warning", False)])
def test_lines_below_the_level_are_left_out(level, seen):
    assert any("ours" in line for line in lines(format="json", level=level)) == seen


def test_a_move_is_told_with_its_labels():
    refs = [b"refs/heads/main", b"refs/gitconfig/pending/main", *(b"refs/tags/v%d" % number for number in range(12))]
    updates = tuple(RefUpdate(ref, None, b"a" * 40) for ref in refs)
    with capture_logs() as lines:
        log_move(JournalRecord(updates, "push", "tess", seq=7))
        log_move(JournalRecord(updates[1:2], "timeout", seq=8))
    (told,) = lines
    assert (told["event"], told["reason"], told["actor"], told["seq"]) == ("moved", "push", "tess", 7)
    assert (told["labels"][:2], told["labels"][-1], len(told["labels"])) == (["main", "v0"], "...", 11)
