"""Agreeing on what both sides have: which answer the haves of one request get (git's ``upload-pack.c``).

Requests over HTTP stand alone: the client repeats what was agreed on. The server is ready as soon as anything is
common, because clients tell their newest commits first.
"""

from __future__ import annotations

from collections.abc import Set

from gitconfig_server.git.pkt_line import Mark, encode
from gitconfig_server.git.serving.request import FetchRequest


def acknowledge_v0(request: FetchRequest, common: Set[bytes]) -> tuple[bytes, bool]:
    """The lines that answer a request of protocol v0 or v1, and whether the pack follows."""
    shared = [have for have in request.haves if have in common]
    last = shared[-1] if shared else b""
    detailed, multi = b"multi_ack_detailed" in request.flags, b"multi_ack" in request.flags
    word = b" common" if detailed else b" continue" if multi else b""
    lines = [b"ACK " + have + word for have in (shared if detailed or multi else shared[:1])]
    if request.done:
        final = [b"ACK " + last] if shared and (detailed or multi) else [] if shared else [b"NAK"]
        return _encoded(lines + final), True
    ready = bool(shared) and detailed
    if ready:
        lines.append(b"ACK " + last + b" ready")
    if detailed or multi or not shared:
        lines.append(b"NAK")
    at_once = ready and b"no-done" in request.flags
    if at_once:
        lines.append(b"ACK " + last)
    return _encoded(lines), at_once


def acknowledge_v2(request: FetchRequest, common: Set[bytes]) -> tuple[bytes, bool]:
    """The acknowledgments section of protocol v2, empty where none is due, and whether the pack follows."""
    if request.done or not request.haves:
        return b"", True
    shared = [have for have in request.haves if have in common]
    lines = [b"acknowledgments"] + ([b"ACK " + have for have in shared] or [b"NAK"])
    if not shared or b"wait-for-done" in request.flags:
        return _encoded(lines) + Mark.FLUSH.value, False
    return _encoded([*lines, b"ready"]) + Mark.DELIM.value, True


def _encoded(lines: list[bytes]) -> bytes:
    return b"".join(encode(line + b"\n") for line in lines)
