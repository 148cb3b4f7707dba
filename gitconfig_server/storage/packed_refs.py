"""Git's ``packed-refs``: one sorted file for refs that rarely move."""

from __future__ import annotations

from collections.abc import Collection


def parse(content: bytes) -> dict[bytes, bytes]:
    """Ref name -> id. Lines that are neither (headers, peeled tags, what a crash left) are passed over."""
    return {line[41:]: line[:40] for line in content.split(b"\n") if line[40:41] == b" " and line[:1] not in b"#^"}


def without(content: bytes, refs: Collection[bytes]) -> bytes:
    """The same file without some refs and their peeled lines."""
    kept = []
    dropping = False
    for line in content.splitlines(keepends=True):
        if not line.startswith(b"^"):
            dropping = line[40:41] == b" " and line[41:].rstrip(b"\n") in refs
        if not dropping:
            kept.append(line)
    return b"".join(kept)
