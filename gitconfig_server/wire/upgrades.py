"""Requests that would like another protocol, as our parser gets to see them."""

from __future__ import annotations

import re

_HEAD_END = b"\r\n\r\n"
_UPGRADE = re.compile(rb"\r\nUpgrade[ \t]*:[^\r\n]*", re.IGNORECASE)


def without_upgrade(chunk: bytes) -> bytes:
    """The chunk without the wish of its head for another protocol, which a server may ignore (RFC 9110, 7.8).

    httptools would drop the body of such a request: Java's client, curl and git ask for HTTP/2 in this way.
    """
    head, end, rest = chunk.partition(_HEAD_END)
    return b"".join((_UPGRADE.sub(b"", head), end, rest)) if _UPGRADE.search(head) else chunk
