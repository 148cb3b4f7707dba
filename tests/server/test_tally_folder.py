import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gitconfig_server.server.tally_folder import open_tally_folder

HOLD = """
import sys
from gitconfig_server.server.tally_folder import open_tally_folder
with open_tally_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(temporary):
    """Another process that holds a folder, and that folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    return process, process.stdout.readline().strip()


def test_the_folder_goes_with_its_context(temporary):
    with open_tally_folder() as folder:
        assert folder.parent == temporary
    assert list(temporary.iterdir()) == []


def test_what_a_killed_server_left_is_swept_and_what_another_uses_stays(temporary):
    living, used = holder(temporary)
    killed, left = holder(temporary)
    with living, killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert Path(left).is_dir()
        (temporary / "gitconfig-tallies-being-made").mkdir()
        with open_tally_folder() as own:
            folders = {str(path) for path in temporary.iterdir()}
            assert folders == {str(own), used, str(temporary / "gitconfig-tallies-being-made")}
        living.stdin.close()


def test_without_a_place_for_it_each_counts_by_itself(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "absent"))
    with open_tally_folder() as folder:
        assert folder is None
