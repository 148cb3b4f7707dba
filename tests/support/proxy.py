"""A network between a client and a server that can fail in the ways that networks do."""

from __future__ import annotations

import re
import socket
import threading
import time
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
        self.delay = 0.0
        """Seconds that each piece is held back, in either direction."""
        self.cut_after: bytes | None = None
        """Once a client has sent this, the server's answer is dropped and the connection cut.

        A statement of PostgreSQL counts too where it is sent by the name that it was prepared under.
        """
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def dsn(self) -> str:
        """How the server is reached through here."""
        user, _, _ = self._parts.netloc.rpartition("@")
        place = f"127.0.0.1:{self._listening.getsockname()[1]}"
        return self._parts._replace(netloc=f"{user}@{place}" if user else place).geturl()

    def cut(self) -> None:
        """End all connections."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def refuse(self) -> None:
        """End all connections, and take no new ones."""
        self._listening.shutdown(socket.SHUT_RDWR)  # closing it would let who waits for the next one have that
        self.cut()

    def half_close(self) -> None:
        """Let the servers of all connections think that their clients have said all; what they answer still arrives."""
        for _, server in list(self._pairs):
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)

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
        with source, target:
            with suppress(OSError):
                self._pass_pieces(source, target, is_client)
            for one in (source, target):  # closing alone says nothing to who is read from by another thread
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _pass_pieces(self, source: socket.socket, target: socket.socket, is_client: bool) -> None:
        prepared: set[bytes] = set()
        while piece := source.recv(1 << 16):
            if self.delay:
                time.sleep(self.delay)
            if self.swallowing:
                continue
            if is_client and self._is_marked(piece, prepared):
                self.cut_after = None
                source.shutdown(socket.SHUT_RDWR)  # nothing gets back; the server carries out what it got
                target.sendall(piece)
                with suppress(OSError):
                    while target.recv(1 << 16):
                        pass
                return
            target.sendall(piece)

    def _is_marked(self, piece: bytes, prepared: set[bytes]) -> bool:
        prepared.update(_PREPARING.findall(piece))
        mark = self.cut_after
        return mark is not None and (mark in piece or (mark == b"COMMIT" and any(name in piece for name in prepared)))


_PREPARING = re.compile(rb"(_pg3_[0-9]+\0)COMMIT\0")
