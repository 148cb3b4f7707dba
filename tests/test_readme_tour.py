"""The tour of the README, run as printed: only ports and folders are those of the test."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.git import GIT_ENVIRONMENT
from support.server import free_port, running_server

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```sh tour ?(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks():
    return BLOCK.findall((ROOT / "README.md").read_text())


CURL = f"""#!{sys.executable}
import argparse, urllib.request
told = argparse.ArgumentParser()
told.add_argument("url")
told.add_argument("-X", dest="method", default="GET")
told.add_argument("-H", dest="headers", action="append", default=[])
told.add_argument("-d", dest="body", type=str.encode)
told = told.parse_args()
headers = dict(one.split(": ", 1) for one in told.headers)
request = urllib.request.Request(told.url, told.body, headers, method=told.method)
print(urllib.request.urlopen(request).read().decode())
"""


@pytest.fixture(autouse=True)
def curl(tmp_path, monkeypatch):
    """A machine with Python and git alone has no curl: a stand-in asks what the tour asks."""
    if not shutil.which("curl"):
        script = tmp_path / "bin/curl"
        script.parent.mkdir()
        script.write_text(CURL)
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)


def shell(script, cwd, **environ):
    """Runs a block; answers its exit code, what it printed, and the folder it ended in."""
    done = subprocess.run(
        ["sh", "-c", f"{script}\ncode=$?\nprintf '\\n%s' \"$PWD\"\nexit $code"],
        cwd=cwd,
        env={**GIT_ENVIRONMENT, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    output, _, folder = done.stdout.rpartition("\n")
    return done.returncode, output, Path(folder)


def test_the_tour_runs_as_printed(tmp_path):
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    ports = {"8888": str(free_port()), "8889": str(free_port())}
    said = []
    with ExitStack() as servers:
        folder = tmp_path
        for kind, script in blocks():
            if kind == "serve":
                prepare, _, serve = script.rpartition("scripts/serve --repository ")
                assert shell(prepare, tmp_path)[0] == 0
                repository, port = (serve.split()[0], serve.split()[-1] if "--port" in serve else "8888")
                servers.enter_context(running_server(tmp_path / repository, port=int(ports[port])))
                continue
            for printed, used in ports.items():
                script = script.replace(f"127.0.0.1:{printed}", f"127.0.0.1:{used}")
            code, output, folder = shell(script, folder, GITCFG_SERVER=f"http://127.0.0.1:{ports['8888']}")
            assert (code != 0) == (kind == "refused"), output
            said.append(output)
    fetched, changed, refused, _, explained, staged, restored, applied, undone, pushed = said
    assert '"server.port":8081' in fetched
    assert '"server.port":9081' in changed
    assert re.search(r"remote: gitconfig: \w+ customers-service\.yml:\d+:\d+: .+ \[yaml-syntax\]", refused)
    assert "[remote rejected] main -> main (1 invalid file(s))" in refused
    assert '"origins":{' in explained
    assert '"reason":"push"' in explained
    assert '"vets.cache.ttl":30' in staged
    assert '"application":"billing"' in staged
    assert '"key":"vets.cache.ttl","op":"change","old":60,"new":30' in restored
    assert '"changed":true,"paths":["billing-prod.yml","vets-service.yml"],"findings":[],"dry_run":true' in restored
    assert applied.split("\n")[0] == "60"
    assert "90" in applied.split("\n")
    assert "vets.cache.ttl" in undone
    assert "duplicate-key" in pushed
    assert '"server.port":9081' in pushed
