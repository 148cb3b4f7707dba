"""Changes of a repository's document, as the server tells of them: replica sets do, single servers do not."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pymongo
from pymongo import errors
from pymongo.synchronous.change_stream import ChangeStream

_AWAIT_SECONDS = 0.25
"""How long the server waits for a change before it answers that there is none."""

_SLACK = 0.75
"""Seconds beyond that after which its answer counts as lost."""

_REFUSED_SECONDS = 60.0
"""For how long a server that has no change streams, or does not let us have one, is not asked again."""

_FAILED_SECONDS = 1.0


class HeadNotices:
    """Hints alone: whoever misses one, or hears of one twice, loses nothing. ``slack`` is for answers that are late."""

    def __init__(self, heads: Any, name: str, slack: float = _SLACK) -> None:
        self._heads = heads
        self._slack = slack
        self._changed = [{"$match": {"documentKey._id": name}}, {"$project": {"_id": 1}}]
        self._stream: ChangeStream[dict[str, Any]] | None = None
        self._again = 0.0

    def wait(self, timeout: float) -> bool:
        """Wait until something may have changed; False where nothing is told (then nobody waited)."""
        if time.monotonic() < self._again:
            return False
        try:
            deadline = time.monotonic() + timeout
            while not self._is_heard() and time.monotonic() < deadline:
                pass
            return True
        except errors.PyMongoError as error:
            refused = isinstance(error, errors.OperationFailure) and not error.timeout
            self._again = time.monotonic() + (_REFUSED_SECONDS if refused else _FAILED_SECONDS)
            self.close()
            return False

    def close(self) -> None:
        """Let go of the stream."""
        stream, self._stream = self._stream, None
        if stream:
            with suppress(errors.PyMongoError), pymongo.timeout(self._slack):
                stream.close()

    def _is_heard(self) -> bool:
        """Of a new stream, too: what came before it is seen by looking once more."""
        with pymongo.timeout(_AWAIT_SECONDS + self._slack):
            if self._stream is not None and self._stream.alive:
                return self._stream.try_next() is not None
            self._stream = self._heads.watch(self._changed, max_await_time_ms=int(1000 * _AWAIT_SECONDS))
            return True
