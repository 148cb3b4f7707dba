"""A map of bounded size that keeps what was used last."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Recent(Generic[_K, _V]):
    """What has not been used for longest leaves first, by halves: most hits cost one look-up and take no lock.

    What is used moves to the young half; when that is full it becomes the old half and the previous old one goes.
    Values larger than a half are not kept. Safe to use from any thread.
    """

    def __init__(self, bound: int) -> None:
        self._half = bound // 2
        self._young: dict[_K, tuple[_V, int]] = {}
        self._old: dict[_K, tuple[_V, int]] = {}
        self._size = 0
        self._lock = Lock()

    def get(self, key: _K) -> _V | None:
        """The value kept for ``key``."""
        hit = self._young.get(key)
        if hit is None:
            hit = self._old.get(key)
            if hit is None:
                return None
            self.put(key, *hit)
        return hit[0]

    def put(self, key: _K, value: _V, size: int) -> None:
        """Keep ``value``, which counts as ``size``, in place of what was kept for ``key``."""
        with self._lock:
            self._forget(key)
            if size > self._half:
                return
            if self._size + size > self._half:
                self._old, self._young, self._size = self._young, {}, 0
            self._young[key] = (value, size)
            self._size += size

    def drop(self, key: _K) -> None:
        """Forget ``key``."""
        with self._lock:
            self._forget(key)

    def _forget(self, key: _K) -> None:
        known = self._young.pop(key, None)
        if known:
            self._size -= known[1]
        self._old.pop(key, None)
