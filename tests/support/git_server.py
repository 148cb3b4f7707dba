"""SmartHttp alone behind a real server, in a thread of the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.web.git.smart_http import PATIENCE, SmartHttp
from support.server import free_port


@contextmanager
def serving(repository: GitRepository, limits: PackLimits | None = None, patience: float = PATIENCE) -> Iterator[str]:
    """The address to clone ``repository`` from, while the context lasts."""
    app = SmartHttp(repository, Crossing(), limits, patience=patience)
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
        assert thread.is_alive(), "the server did not start"
    try:
        yield f"http://127.0.0.1:{port}/config.git"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"
