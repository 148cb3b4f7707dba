"""How times and ids look."""

import io
import sys
import time
from datetime import UTC, datetime

import pytest

from gitconfig_server.text.rendering import time_text


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


WINTER, SUMMER = datetime(2026, 1, 31, 23, 30, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_terminal_gets_local_times_and_a_pipe_gets_those_of_greenwich(berlin, monkeypatch):
    assert (time_text(WINTER), time_text(None)) == ("2026-01-31T23:30:00Z", "")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert [time_text(WINTER), time_text(SUMMER)] == ["2026-02-01 00:30:00 +0100", "2026-07-01 14:00:00 +0200"]
    assert time_text(datetime.max.replace(tzinfo=UTC)) == "9999-12-31T23:59:59Z"
