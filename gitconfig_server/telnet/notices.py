"""What all sessions are told without having asked: that something was taken back, and by whom."""

from __future__ import annotations

import asyncio
from collections import deque

KEPT = 100


class Notices:
    """Sentences in their order, each told once to whoever keeps count. The oldest go when there are too many."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._waiting: set[asyncio.Event] = set()

    def tell(self, text: str) -> None:
        """Tell all sessions."""
        self._kept.append(text)
        self.count += 1
        for one in self._waiting:
            one.set()

    def after(self, count: int) -> list[str]:
        """What was told since there were ``count``."""
        new = min(self.count - count, len(self._kept))
        return list(self._kept)[len(self._kept) - new :]

    async def wait(self, count: int) -> None:
        """Until there are more than ``count``."""
        while self.count <= count:
            event = asyncio.Event()
            self._waiting.add(event)
            try:
                await event.wait()
            finally:
                self._waiting.discard(event)
