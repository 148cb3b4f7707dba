"""What a client says before its pack (gitprotocol-pack, "Reference Update Request and Packfile Transfer")."""

from __future__ import annotations

import re
from typing import BinaryIO

from msgspec import Struct

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.pkt_line import NO_ID, PacketReader
from gitconfig_server.storage.base import RefUpdate

MAX_OPTIONS = 64
_COMMAND = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0]+)")

COMMANDS_BYTES = 8 << 20
"""What a push may say before its pack; how many refs of that it may name is told for each of them."""


class PushRequest(Struct, frozen=True):
    """The updates asked for, in order, and how the client wants to be answered."""

    updates: tuple[RefUpdate, ...]
    capabilities: frozenset[bytes]
    options: tuple[str, ...] = ()

    @property
    def atomic(self) -> bool:
        """Whether all updates are to happen or none."""
        return b"atomic" in self.capabilities

    @property
    def needs_pack(self) -> bool:
        """Whether a pack follows: deletions alone have none."""
        return any(update.new for update in self.updates)


def read_push_request(file: BinaryIO) -> PushRequest:
    """Read up to the pack, where ``file`` is left; without updates the request is only git's probe.

    An update without an old and a new id is the deletion of what the client knows not to be there.
    """
    reader = PacketReader(file, COMMANDS_BYTES)
    updates: list[RefUpdate] = []
    capabilities: frozenset[bytes] = frozenset()
    for line in reader.lines():
        if line.startswith(b"shallow "):
            continue  # what a shallow client lacks is found by the connectivity check
        command, found, words = line.partition(b"\0")
        if found and not updates:
            capabilities = frozenset(words.split())
        updates.append(_update(command))
    _check(updates, capabilities)
    options = _options(reader) if b"push-options" in capabilities else ()
    return PushRequest(tuple(updates), capabilities, options)


def _update(command: bytes) -> RefUpdate:
    match = _COMMAND.fullmatch(command)
    if not match:
        raise MalformedRequest(f"not a command: {command[:120].decode(errors='replace')!r}")
    old, new, ref = match.groups()
    return RefUpdate(ref, None if old == NO_ID else old, None if new == NO_ID else new)


def _check(updates: list[RefUpdate], capabilities: frozenset[bytes]) -> None:
    if len({update.ref for update in updates}) != len(updates):
        raise MalformedRequest("one push names the same ref twice")
    formats = {word for word in capabilities if word.startswith(b"object-format=")}
    if formats - {b"object-format=sha1"}:
        raise MalformedRequest("only SHA-1 repositories are served")


def _options(reader: PacketReader) -> tuple[str, ...]:
    options = tuple(line.decode(errors="replace") for line in reader.lines())
    if len(options) > MAX_OPTIONS:
        raise TooLarge("the number of push options", MAX_OPTIONS)
    return options
