"""What is in a pack file on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.pack import Pack

from gitconfig_server.storage.objects import RawObject


def read_pack(path: Path) -> Iterator[RawObject]:
    """The objects of a complete pack with its index beside it, deltas resolved."""
    with Pack(str(path.with_suffix("")), object_format=DEFAULT_OBJECT_FORMAT) as opened:
        for one in opened.iterobjects():
            yield RawObject(one.id, one.type_num, one.as_raw_string())
