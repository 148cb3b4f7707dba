"""A pooler in front of a PostgreSQL server, as it is most often set up: a server is lent for a transaction."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from support.components import absent
from support.server import free_port

_SECONDS = 30.0
_SETTINGS = """[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def pooled(dsn: str) -> Iterator[str]:
    """How the database of ``dsn`` is reached through a pooler, which lends five connections."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or absent("pgbouncer")
    parts, own = urlsplit(dsn), free_port()
    folder = Path(tempfile.mkdtemp(prefix="gitconfig-pgbouncer-"))
    settings = folder / "pgbouncer.ini"
    user = parts.username or "test"
    text = _SETTINGS.format(host=parts.hostname, port=parts.port, own=own, folder=folder)
    settings.write_text(text.replace("* = host", f"{parts.path[1:]} = user={user} host"))
    command = [program, "-q", str(settings)]
    if os.getuid() == 0:  # it refuses to run as root
        shutil.chown(folder, "nobody")
        shutil.chown(settings, "nobody")
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(own, process)
        yield parts._replace(netloc=f"{user}@127.0.0.1:{own}").geturl()
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, "the pooler did not start"
            assert time.monotonic() < deadline, "the pooler does not answer"
            time.sleep(0.02)
