"""The writers of several processes in a line: who comes first moves first.

The compare-and-swap alone keeps a repository right. But among many who try at once the quickest wins again and again,
and all others work in vain. So who has just lost stands in line before the next try; one who is alone never asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from random import random
from secrets import token_hex
from typing import Any

from pymongo import errors

from gitconfig_server.errors import StorageBusy, StorageError
from gitconfig_server.storage.mongodb.errors import translated

_LIFE = timedelta(seconds=2)
"""How long a place lasts by the server's time unless it is renewed: so long the line stands when its first one dies."""

_CROWDED_SECONDS = 1.0
"""For how long after a loss, or after others were seen waiting, a process stands in line."""

_STEP = 0.004
"""About as long as a move takes: who has so many in front asks again after as many steps."""


class MongoLine:
    """The line ``name``, a document in a collection. Who dies in it is passed over; nothing else depends on it."""

    def __init__(self, collection: Any, name: str, place: str) -> None:
        self._collection = collection
        self._name = name
        self._place = place
        self._crowded_until = 0.0

    def note_loss(self) -> None:
        """Somebody else was quicker."""
        self._crowded_until = time.monotonic() + _CROWDED_SECONDS

    @contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Be first within the block, where there is a crowd; StorageBusy when that takes ``timeout`` seconds."""
        if time.monotonic() > self._crowded_until:
            yield
            return
        ticket = token_hex(8)
        try:
            self._wait(ticket, time.monotonic() + timeout)
            yield
        finally:
            self._leave(ticket)

    def _wait(self, ticket: str, deadline: float) -> None:
        joined = False
        while True:
            line = self._read()
            living = [one for one in line["waiting"] if one["until"] > line["now"]]
            place = next((number for number, one in enumerate(living) if one["t"] == ticket), None)
            if joined and place == 0:
                if len(living) > 1:
                    self.note_loss()
                return
            if time.monotonic() > deadline:
                raise StorageBusy("the repository was held by other writers: try again", inside=self._place)
            self._stand(ticket, line, living, place)
            joined = True
            if place is not None or living:
                ahead = len(living) if place is None else place
                time.sleep(_STEP * min(ahead, 10) * (0.5 + random()))

    def _read(self) -> Mapping[str, Any]:
        steps = [{"$match": {"_id": self._name}}, {"$addFields": {"now": "$$NOW"}}]
        with translated(self._place):
            found = next(iter(self._collection.aggregate(steps)), None)
            if found is None:
                with suppress(errors.DuplicateKeyError):  # another process begins the line, too
                    self._collection.update_one({"_id": self._name}, {"$setOnInsert": {"waiting": []}}, upsert=True)
                found = next(iter(self._collection.aggregate(steps)))
        return dict(found)

    def _stand(self, ticket: str, line: Mapping[str, Any], living: list[dict[str, Any]], place: int | None) -> None:
        """Take a place at the end, or keep the one that there is; forget those whose time is over."""
        until = line["now"] + _LIFE
        with translated(self._place):
            if len(living) < len(line["waiting"]):
                self._collection.update_one(
                    {"_id": self._name}, {"$pull": {"waiting": {"until": {"$lte": line["now"]}}}}
                )
            if place is None:
                entry = {"t": ticket, "until": until}
                self._collection.update_one({"_id": self._name}, {"$push": {"waiting": entry}})
            elif living[place]["until"] - line["now"] < _LIFE / 2:
                asked = {"_id": self._name, "waiting.t": ticket}
                self._collection.update_one(asked, {"$set": {"waiting.$.until": until}})

    def _leave(self, ticket: str) -> None:
        """Let the next one in; where nobody can be told, the place ends by itself, and what was done stays done."""
        with suppress(StorageError), translated(self._place):
            self._collection.update_one({"_id": self._name}, {"$pull": {"waiting": {"t": ticket}}})
