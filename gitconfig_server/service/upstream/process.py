"""A remote repository that is talked to through a process: on this machine by ``git``, elsewhere by ``ssh``."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryFile
from typing import BinaryIO

import anyio
from anyio.abc import Process

from gitconfig_server.errors import RemoteFailed
from gitconfig_server.git.pkt_line import one_line
from gitconfig_server.service.upstream.remotes import (
    Conversation,
    RemoteAddress,
    Service,
    check_advertisement,
    next_chunk,
    spooled,
)
from gitconfig_server.settings.upstream import UpstreamSettings

Command = Callable[[Service], Sequence[str]]

_PIECE = 1 << 16
_COMPLAINT = 2000
_GRACE = 2.0
_KEPT = ("GIT_CONFIG_", "GIT_TRACE", "GIT_SSH")


class ProcessRemote:
    """``command`` says what to run for a service."""

    def __init__(self, name: str, command: Command, patience: float, limit: int) -> None:
        self.name = name
        self._command = command
        self._patience = patience
        self._limit = limit

    @asynccontextmanager
    async def conversation(self, service: Service) -> AsyncIterator[Conversation]:
        """Start the process, which does not outlive the conversation."""
        with TemporaryFile() as complaints:
            process = await _start(self._command(service), complaints)
            try:
                talk = _ProcessConversation(process, complaints, self._limit, self._patience)
                await talk.greet()
                yield talk
            finally:
                await _end(process)


class _ProcessConversation:
    def __init__(self, process: Process, complaints: BinaryIO, limit: int, patience: float) -> None:
        self.advertisement = b""
        self._process = process
        self._complaints = complaints
        self._limit = limit
        self._patience = patience
        self._chunks = self._output()

    async def greet(self) -> None:
        """Read up to the flush that ends the advertisement: after it, the remote waits for us."""
        raw, at = bytearray(), 0
        while True:
            while len(raw) >= at + 4:
                length = _length(raw[at : at + 4])
                if not length:
                    self.advertisement = bytes(raw)
                    return
                at += length
            chunk = await next_chunk(self._chunks, self._patience)
            if chunk is None:
                raise await self._failed()
            raw += chunk
            check_advertisement(len(raw))

    async def ask(self, request: BinaryIO) -> BinaryIO:
        """Write and read at the same time, for neither side waits for the other."""
        writing = asyncio.create_task(self._write(request))
        try:
            answer = await spooled(self._chunks, self._limit, self._patience)
        finally:
            writing.cancel()  # who has ended does not read on
            await asyncio.wait([writing])
        if not answer.read(1):
            answer.close()
            raise await self._failed()
        await self._ended()
        answer.seek(0)
        return answer

    async def _write(self, request: BinaryIO) -> None:
        assert self._process.stdin
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):  # the answer will say why
            while piece := request.read(_PIECE):
                await self._process.stdin.send(piece)
            await self._process.stdin.aclose()

    async def _output(self) -> AsyncIterator[bytes]:
        assert self._process.stdout
        with suppress(anyio.EndOfStream):
            while True:
                yield await self._process.stdout.receive(_PIECE)

    async def _failed(self) -> RemoteFailed:
        """What the process complained of."""
        await self._ended()
        self._complaints.seek(0)
        lines = self._complaints.read(_COMPLAINT).decode(errors="replace").splitlines()
        said = "; ".join(one_line(line) for line in lines if line.strip())
        return RemoteFailed(f"the remote cannot be reached: {said or 'it closed the connection without a word'}")

    async def _ended(self) -> None:
        with anyio.move_on_after(self._patience):
            await self._process.wait()


def local_command(address: RemoteAddress) -> Command:
    """Git's own programs, on a folder of this machine: its hooks and its configuration are in force."""
    return lambda service: ("git", service.removeprefix("git-"), address.path)


def ssh_command(address: RemoteAddress, settings: UpstreamSettings) -> Command:
    """``ssh`` without a terminal. The host's key must be known, unless a setting says otherwise."""
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes" if settings.strict_host_key_checking else "accept-new",
        "ConnectTimeout": str(max(1, round(settings.timeout))),
    }
    if settings.known_hosts:
        options["UserKnownHostsFile"] = f'"{os.path.expanduser(settings.known_hosts)}"'  # noqa: PTH111 - ssh's own quotes
    if settings.ssh_key:
        options |= {"IdentityFile": f'"{os.path.expanduser(settings.ssh_key)}"', "IdentitiesOnly": "yes"}  # noqa: PTH111
    said = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    port = ["-p", str(address.port)] if address.port else []
    user = settings.username or address.username
    host = f"{user}@{address.host.strip('[]')}" if user else address.host.strip("[]")
    path = address.path.removeprefix("/~/") if address.path.startswith("/~/") else address.path
    return lambda service: ("ssh", *said, *port, "--", host, f"{service} {shlex.quote(path)}")


async def _start(command: Sequence[str], complaints: BinaryIO) -> Process:
    try:
        return await anyio.open_process(command, stderr=complaints, env=_environment(), start_new_session=True)
    except OSError as error:
        raise RemoteFailed(f"{command[0]} cannot be run: {error.strerror}; it is needed for this remote") from error


async def _end(process: Process) -> None:
    """Ask it to stop, for git removes its locks then; what is left of its process group after that is killed."""
    with anyio.CancelScope(shield=True):
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with anyio.move_on_after(_GRACE):
                    await process.wait()
        await process.aclose()


def _environment() -> Mapping[str, str]:
    """Ours, but for what would point git at another repository."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT) or not name.startswith("GIT_")}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _length(digits: bytes | bytearray) -> int:
    """Of a pkt-line with its digits, 0 for a flush."""
    try:
        length = int(digits, 16)
    except ValueError:
        length = -1
    if length and length < 4:
        raise RemoteFailed(f"the remote does not speak Git: {one_line(digits.decode(errors='replace'))!r}")
    return length
