"""Remote repositories: what the setting ``upstream.url`` names, and how one talks to it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Literal, Protocol, cast
from urllib.parse import unquote, urlsplit

import anyio
from msgspec import Struct

from gitconfig_server.errors import InvalidSettings, RemoteFailed
from gitconfig_server.git.remotes.fetching import ADVERTISEMENT_BYTES
from gitconfig_server.settings.upstream import UpstreamSettings

Service = Literal["git-upload-pack", "git-receive-pack"]

IN_MEMORY = 1 << 20
"""Bytes of an answer that are kept in memory; more go to a temporary file."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SHORT_SSH = re.compile(r"(?:([^@/:\s]+)@)?([^@/:\s]+):(?!//)(.+)")
_EXPECTED = "expected https://host/path, ssh://user@host/path, user@host:path, file:///path or a path"
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")


class Conversation(Protocol):
    """One exchange with a remote, which has said what it has."""

    @property
    def advertisement(self) -> bytes:
        """The remote's first words."""

    async def ask(self, request: BinaryIO) -> BinaryIO:
        """Send all that is left of ``request``; the whole answer, to be closed by the caller. Once only."""


class Remote(Protocol):
    """A repository elsewhere."""

    @property
    def name(self) -> str:
        """Its URL without credentials."""

    def conversation(self, service: Service) -> AbstractAsyncContextManager[Conversation]:
        """Begin to talk; RemoteFailed, here and later, where the remote is not to be had."""


class RemoteAddress(Struct, frozen=True):
    """What a URL says. ``host`` is as in the URL, with brackets and port; empty for a repository on this machine."""

    scheme: Literal["http", "https", "ssh", "file"]
    path: str
    host: str = ""
    port: int | None = None
    username: str = ""
    password: str = ""

    @property
    def name(self) -> str:
        """The URL without credentials."""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{self.host}{port}{self.path}"


def read_address(url: str) -> RemoteAddress:
    """Understand ``upstream.url``; InvalidSettings, which does not repeat it: it may hold a password."""
    if _UNSAFE.search(url.strip()) and _SCHEME.match(url.strip()):
        raise InvalidSettings(f"upstream.url: holds spaces or control characters, {_EXPECTED}")
    url = url.strip()
    if _SCHEME.match(url):
        return _from_url(url)
    short = _SHORT_SSH.fullmatch(url)
    if short and not Path(url).exists():
        return _checked(
            RemoteAddress("ssh", f"/~/{short[3]}" if short[3][0] != "/" else short[3], short[2], None, short[1] or "")
        )
    return RemoteAddress("file", str(Path(url).expanduser().absolute()))


def _from_url(url: str) -> RemoteAddress:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise InvalidSettings(f"upstream.url: file:// takes a path of this machine, {_EXPECTED}")
        return RemoteAddress("file", unquote(parts.path))
    if scheme not in ("http", "https", "ssh"):
        raise InvalidSettings(f"upstream.url: unknown scheme {scheme}://, {_EXPECTED}")
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidSettings(f"upstream.url: its port cannot be read, {_EXPECTED}") from error
    if not host or not parts.path.strip("/") or parts.query or parts.fragment:
        raise InvalidSettings(f"upstream.url: takes a host and a path, and neither query nor fragment, {_EXPECTED}")
    host = f"[{host}]" if ":" in host else host
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    path = unquote(parts.path) if scheme == "ssh" else parts.path
    return _checked(RemoteAddress(cast("Literal['http', 'https', 'ssh']", scheme), path, host, port, user, password))


def _checked(address: RemoteAddress) -> RemoteAddress:
    """``address``, unless ssh would take a part of it for an option."""
    if address.host.startswith("-") or address.username.startswith("-"):
        raise InvalidSettings("upstream.url: neither host nor user begins with a dash")
    return address


def secret_of(settings: UpstreamSettings, address: RemoteAddress) -> tuple[str, str]:
    """User and password for the remote, both empty where there is none. The file is read anew each time."""
    password = settings.password.get_secret_value() or address.password
    if settings.password_file:
        try:
            password = Path(settings.password_file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise RemoteFailed(
                "upstream.password_file cannot be read", inside=f"{settings.password_file}: {reason}"
            ) from error
    user = settings.username or address.username
    return (user or "git", password) if password else (user, "")


async def spooled(chunks: AsyncIterator[bytes], limit: int, patience: float) -> BinaryIO:
    """All chunks in one file, at its start; RemoteFailed past ``limit`` bytes, or ``patience`` seconds of silence."""
    file = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - the caller closes it
    try:
        length = 0
        while (chunk := await next_chunk(chunks, patience)) is not None:
            length += len(chunk)
            if length > limit:
                raise RemoteFailed(f"the remote sends more than {limit} bytes (setting push.max_pack_bytes)")
            file.write(chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def next_chunk(chunks: AsyncIterator[bytes], patience: float) -> bytes | None:
    """The next one, None at the end; RemoteFailed where the remote says nothing for ``patience`` seconds."""
    try:
        with anyio.fail_after(patience):
            return await anext(chunks, None)
    except TimeoutError as error:
        raise RemoteFailed(f"the remote said nothing for {patience:g} s (setting upstream.timeout)") from error


def check_advertisement(length: int) -> None:
    """RemoteFailed where a remote's first words go on and on."""
    if length > ADVERTISEMENT_BYTES:
        raise RemoteFailed("the remote has more labels than can be followed")
