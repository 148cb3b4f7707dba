import os
import signal
import subprocess
import sys

from gitconfig_server.web.tallies import LATEST, Tallies, bury


def test_rows_are_found_again_and_have_no_more_room_than_there_is():
    tallies = Tallies()
    for number in range(3000):
        tallies.row(b"%d" % number)[0] += 1
    tallies.row(b"x" * 128)[0] += 1
    tallies.row(b"5")[1] += 7
    totals = tallies.totals()
    assert totals[b"5"][:2] == [1, 7]
    assert len(totals) == 1024
    assert totals[b""][0] == 3000 - 1023 + 1


CHILD = """
import os, sys
from pathlib import Path
from gitconfig_server.web.tallies import LATEST, Tallies
tallies = Tallies(Path(sys.argv[1]))
for _ in range(1000):
    tallies.row(b"asked")[0] += 1
tallies.row(b"asked")[LATEST] = int(sys.argv[2])
tallies.count_once(1, b"moves")
os.kill(os.getpid(), 9)
"""


def test_what_killed_workers_counted_stays_in_the_sum(tmp_path):
    here = Tallies(tmp_path)
    here.row(b"asked")[0] = 5
    sums = []
    for latest in (30, 10):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), str(latest)])
        assert child.wait(30) == -signal.SIGKILL
        sums.append(here.totals()[b"asked"][0])
        bury(tmp_path, child.pid)
        bury(tmp_path, child.pid)
        sums.append(here.totals()[b"asked"][0])
    here.count_once(1, b"moves")
    here.count_once(2, b"moves")
    totals = here.totals()
    assert sums == [1005, 1005, 2005, 2005]
    assert totals[b"asked"][LATEST] == 30
    assert totals[b"moves"][0] == 2
    assert here.workers() == [os.getpid()]
    assert {path.stem for path in tmp_path.iterdir()} == {"common", "ended", str(os.getpid())}
