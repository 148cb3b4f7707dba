"""The real git, cut off from the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_KEPT = ("PATH", "TMPDIR", "LANG")

GIT_ENVIRONMENT: Mapping[str, str] = {
    **{name: os.environ[name] for name in _KEPT if name in os.environ},
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Tess",
    "GIT_AUTHOR_EMAIL": "tess@example.com",
    "GIT_COMMITTER_NAME": "Tess",
    "GIT_COMMITTER_EMAIL": "tess@example.com",
    "GIT_ALLOW_PROTOCOL": "file:http",
    "LC_ALL": "C.UTF-8",
    "NO_PROXY": "*",
}

SECONDS = 120


def try_git(cwd: Path, *arguments: str, input: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """Run git and tell how it went; text that is not UTF-8 shows as escapes."""
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=GIT_ENVIRONMENT, input=input, capture_output=True, timeout=SECONDS, check=False
    )
    texts = (stream.decode(errors="backslashreplace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


def git(cwd: Path, *arguments: str, input: bytes | None = None) -> str:
    """Run git, which must succeed; what it printed."""
    done = try_git(cwd, *arguments, input=input)
    assert done.returncode == 0, f"git {' '.join(arguments)} in {cwd}:\n{done.stdout}{done.stderr}"
    return done.stdout
