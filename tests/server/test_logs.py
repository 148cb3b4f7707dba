import json
import subprocess
import sys

import pytest

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
def test_level(level, seen):
    assert any("ours" in line for line in lines(format="json", level=level)) == seen
