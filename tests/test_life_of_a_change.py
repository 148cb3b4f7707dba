"""The chapter's transcript, run line by line against a server of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

from support.git import GIT_ENVIRONMENT
from support.server import running_server

from gitconfig_server.commands.help import DOCS

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps():
    """Each command and the lines it is to print."""
    text = "".join(BLOCK.findall((DOCS / "life-of-a-change.md").read_text()))
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = step.partition("\n")
        yield command, printed


def run(command, server):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", f"{command} 2>&1"],
        env={**GIT_ENVIRONMENT, "PATH": path, "GITCFG_SERVER": server},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_the_transcript_is_what_happens(tmp_path):
    subprocess.run([sys.executable, "-m", "gitconfig_server", "init", str(tmp_path / "config.git")], check=True)
    with running_server(tmp_path / "config.git") as server:
        for command, printed in steps():
            pattern = re.escape(printed).replace(r"\.\.\.", "[^\n]+")
            said = run(command, server.url)
            assert re.fullmatch(pattern, said), f"$ {command}\n{said}"
