"""A network between a client and a server that can fail in the ways that networks do."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Proxy:
    """Passes bytes on to the server of ``dsn``, until it is told otherwise."""

    def __init__(self, dsn: str) -> None:
        self._parts = urlsplit(dsn)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.swallowing = False
        self.cut_after: bytes | None = None
        """Once a client has sent this, the server's answer is dropped and the connection cut."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def dsn(self) -> str:
        """How the server is reached through here."""
        port = self._listening.getsockname()[1]
        return self._parts._replace(netloc=f"test@127.0.0.1:{port}").geturl()

    def cut(self) -> None:
        """End all connections."""
        for pair in self._pairs:
            for one in pair:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection((self._parts.hostname or "", self._parts.port or 5432))
                except OSError:
                    client.close()
                    continue
                self._pairs.append((client, server))
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(source, target, source is client), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_client: bool) -> None:
        with suppress(OSError), source, target:
            while piece := source.recv(1 << 16):
                if self.swallowing:
                    continue
                if is_client and self.cut_after and self.cut_after in piece:
                    self.cut_after = None
                    source.shutdown(socket.SHUT_RDWR)  # nothing gets back; the server carries out what it got
                    target.sendall(piece)
                    with suppress(OSError):
                        while target.recv(1 << 16):
                            pass
                    return
                target.sendall(piece)
