import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMES = [
    "fetch",
    "not-modified",
    "spring-answers",
    "cold",
    "save",
    "crowd",
    "push",
    "clone",
    "growth",
    "memory",
    "start",
    "manager",
    "merge",
    "schemas",
    "update-refs",
    "stores",
]


def bench(*arguments, **more):
    command = [sys.executable, "-m", "benchmarks", "--scale", "0.01", *arguments]
    environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT / 'tests'}", **more}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_says_its_ratio(name):
    if name == "save" and not os.environ.get("GITCONFIG_TEST_ALL"):
        pytest.importorskip("pygit2")
    done = bench("--json", name)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert figures
    for figure in figures:
        assert figure["ratio"]["low"] <= figure["ratio"]["median"] <= figure["ratio"]["high"]
        assert figure["ratio"]["low"] > 0
        assert figure["unmeasured"]
        assert (figure["met"] is None) == (figure["budget"] is None)


def test_what_a_second_client_notices_of_an_attack():
    done = bench("--json", "attacks", BENCHMARK_ATTACKS="long paths")
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(done.stdout)["figures"]
    assert figure["ratio"]["low"] > 0
    assert "MB at most" in figure["remark"]


def test_text_shows_ratio_budget_and_machine():
    done = bench("memory")
    assert done.returncode == 0, done.stderr
    for word in ("ratio ", "budget <= 100 MB", "leaves out ", "machine: ", "load average: "):
        assert word in done.stdout


def test_no_other_benchmarks():
    refused = bench("nothing")
    assert refused.returncode == 2
    assert all(name in refused.stderr for name in NAMES)
