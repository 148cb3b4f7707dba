"""A lease as a document: the server's time says when it is over, and its holder renews it long before."""

from __future__ import annotations

from secrets import token_hex
from threading import Event, Thread
from typing import Any

from pymongo import errors

from gitconfig_server.storage.mongodb.errors import translated

_SECONDS = 15.0


class MongoLease:
    """``name`` in a collection."""

    def __init__(self, collection: Any, name: str, place: str) -> None:
        self._collection = collection
        self._name = name
        self._place = place
        self._holder = token_hex(8)
        self._over = Event()

    def take(self) -> bool:
        """Whether it was free, or over."""
        with translated(self._place):
            try:
                result = self._collection.update_one(self._free(), self._renewal(), upsert=True)
            except errors.DuplicateKeyError:
                return False
        if not (result.matched_count or result.upserted_id):
            return False
        Thread(target=self._renew, name="gitconfig-lease", daemon=True).start()
        return True

    def _free(self) -> dict[str, Any]:
        """What finds the lease as long as it is over, and nothing else; where there is none, what one can be made of.

        The server's time is asked for beforehand: not every server compares with it in a filter.
        """
        timed = [{"$match": {"_id": self._name}}, {"$addFields": {"now": "$$NOW"}}]
        known = next(iter(self._collection.aggregate(timed)), None)
        if known and known["until"] < known["now"]:
            return {"_id": self._name, "holder": known["holder"], "until": known["until"]}
        return {"_id": self._name, "until": {"$exists": False}}

    def is_held(self) -> bool:
        """Renew it: that works for its holder alone."""
        try:
            with translated(self._place):
                asked = {"_id": self._name, "holder": self._holder}
                return bool(self._collection.update_one(asked, self._renewal()).matched_count)
        except Exception:
            return False

    def give_back(self) -> None:
        """Let others have it at once."""
        self._over.set()
        with translated(self._place):
            self._collection.delete_one({"_id": self._name, "holder": self._holder})

    def _renewal(self) -> list[dict[str, Any]]:
        until = {"$add": ["$$NOW", int(_SECONDS * 1000)]}
        return [{"$set": {"holder": self._holder, "until": until}}]

    def _renew(self) -> None:
        while not self._over.wait(_SECONDS / 3):
            self.is_held()
