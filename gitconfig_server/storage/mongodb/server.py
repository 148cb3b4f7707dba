"""A MongoDB database as a whole: its collections, and how it is connected to."""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING, MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.storage.mongodb.errors import translated

_DATABASE = "gitconfig"
CALL_SECONDS = 10.0
"""How long one call may take."""


class MongoServer:
    """The database that ``url`` names. Reads and writes are of the majority; nothing is retried by the driver."""

    def __init__(self, url: str, patience: float, seconds: float = CALL_SECONDS) -> None:
        try:
            parsed = parse_uri(url)
            self._client: MongoClient[dict[str, Any]] = MongoClient(
                url,
                appname="gitconfig-server",
                retryWrites=False,
                serverSelectionTimeoutMS=int(min(5.0, seconds) * 1000),
                connectTimeoutMS=int(min(5.0, seconds) * 1000),
                socketTimeoutMS=int(seconds * 1000),
                waitQueueTimeoutMS=int(patience * 1000),
                tz_aware=True,
            )
        except Exception as error:  # the driver's message repeats the text, which may hold a password
            raise InvalidSettings(f"repository: mongodb:// is not understood ({type(error).__name__})") from error
        hosts = ",".join(f"{host}:{port}" for host, port in parsed["nodelist"])
        name = parsed["database"] or _DATABASE
        self.place = f"mongodb://{hosts}/{name}"
        self.patience = patience
        database = self._client.get_database(
            name, read_concern=ReadConcern("majority"), write_concern=WriteConcern(w="majority", j=True)
        )
        self.heads = database["gitconfig_heads"]
        self.journal = database["gitconfig_journal"]
        self.objects = database["gitconfig_objects"]
        self.packs = database["gitconfig_packs"]
        self.leases = database["gitconfig_leases"]

    def make(self) -> None:
        """Make the indexes; those that are there stay."""
        with translated(self.place):
            self.journal.create_index([("r", ASCENDING), ("seq", ASCENDING)])
            self.journal.create_index([("r", ASCENDING), ("refs", ASCENDING), ("seq", ASCENDING)])
            self.journal.create_index([("r", ASCENDING), ("name", ASCENDING)])
            self.journal.create_index([("r", ASCENDING), ("token", ASCENDING)])
            self.objects.create_index([("r", ASCENDING), ("d", ASCENDING)], sparse=True)  # of commits alone
            self.packs.create_index([("r", ASCENDING), ("name", ASCENDING), ("kind", ASCENDING), ("piece", ASCENDING)])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
