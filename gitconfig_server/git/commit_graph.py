"""Git's commit-graph, where there is one: first parents without reading a commit (gitformat-commit-graph)."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

_HEADER, _CHUNK, _ID, _ROW = 8, 12, 20, 36
_NO_PARENT = 0x70000000


class _Layer:
    """One file. Raises OSError, and ValueError for what is no sound graph of SHA-1 ids."""

    def __init__(self, path: Path, base: int) -> None:
        with path.open("rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.base = base
        """How many commits the layers beneath hold."""
        if (
            self.data[:6] != b"CGPH\1\1"
            or hashlib.sha1(self.data[:-_ID], usedforsecurity=False).digest() != self.data[-_ID:]
        ):
            raise ValueError(f"{path} is not a sound commit-graph")
        places = dict(self._chunks())
        self._fanout, self._names, self.rows = (places[name] for name in (b"OIDF", b"OIDL", b"CDAT"))
        self.count = self._number(self._fanout + 4 * 255)
        if max(self._names + _ID * self.count, self.rows + _ROW * self.count) > len(self.data):
            raise ValueError(f"{path} is cut short")

    def find(self, name: bytes) -> int | None:
        """The row of a commit (20 bytes)."""
        low = self._number(self._fanout + 4 * (name[0] - 1)) if name[0] else 0
        high = min(self._number(self._fanout + 4 * name[0]), self.count)
        while low < high:
            middle = (low + high) >> 1
            found = self.name(middle)
            if found == name:
                return middle
            low, high = (middle + 1, high) if found < name else (low, middle)
        return None

    def name(self, row: int) -> bytes:
        """The commit of a row."""
        at = self._names + _ID * row
        return self.data[at : at + _ID]

    def _chunks(self) -> Iterator[tuple[bytes, int]]:
        for at in range(_HEADER, _HEADER + _CHUNK * self.data[6], _CHUNK):
            yield self.data[at : at + 4], int.from_bytes(self.data[at + 4 : at + 12], "big")

    def _number(self, at: int) -> int:
        return int.from_bytes(self.data[at : at + 4], "big")


class CommitGraph:
    """The layers of a graph, the oldest first."""

    def __init__(self, layers: Sequence[_Layer]) -> None:
        self._layers = layers

    def back(self, commit: bytes, steps: int) -> tuple[bytes, int]:
        """From a commit (20 bytes) towards its ``steps``-th first parent: where that led, and in how many steps.

        Fewer where history ends, none where the graph does not know the commit.
        """
        for layer in reversed(self._layers):
            if (row := layer.find(commit)) is not None:
                break
        else:
            return commit, 0
        data, rows, base = layer.data, layer.rows + _ID, layer.base
        for taken in range(steps):
            at = rows + _ROW * row
            parent = int.from_bytes(data[at : at + 4], "big")
            if parent == _NO_PARENT:
                return layer.name(row), taken
            if not base <= parent < base + layer.count:
                layer = self._layer_of(parent)
                data, rows, base = layer.data, layer.rows + _ID, layer.base
            row = parent - base
        return layer.name(row), steps

    def _layer_of(self, position: int) -> _Layer:
        found = next((one for one in self._layers if one.base <= position < one.base + one.count), None)
        if found is None:
            raise ValueError("the commit-graph names a commit that it does not hold")
        return found


class GraphFiles:
    """The graph under one ``objects`` folder, opened again when its files change."""

    def __init__(self, objects: Path) -> None:
        self._single = objects / "info" / "commit-graph"
        self._chain = objects / "info" / "commit-graphs" / "commit-graph-chain"
        self._stamps: tuple[object, object] | None = None
        self._graph: CommitGraph | None = None

    def open(self) -> CommitGraph | None:
        """The graph as it is now; None where there is none, or none that can be trusted."""
        stamps = _stamp(self._single), _stamp(self._chain)
        if stamps != self._stamps:
            self._graph, self._stamps = self._read(), stamps
        return self._graph

    def _read(self) -> CommitGraph | None:
        layers: list[_Layer] = []
        try:
            for path in self._paths():
                layers.append(_Layer(path, layers[-1].base + layers[-1].count if layers else 0))
        except (OSError, ValueError, KeyError, IndexError):
            return None
        return CommitGraph(layers) if layers else None

    def _paths(self) -> list[Path]:
        if self._single.exists():
            return [self._single]  # Git prefers it too
        if not self._chain.exists():
            return []
        return [self._chain.with_name(f"graph-{name}.graph") for name in self._chain.read_text().split()]


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
