"""The repositories of a MongoDB database."""

from __future__ import annotations

from secrets import token_hex

from bson.binary import Binary
from pymongo import errors

from gitconfig_server.errors import NotARepository, RepositoryExists
from gitconfig_server.storage.base import Clock, Storage, check_repository_name
from gitconfig_server.storage.mongodb.database import MongoDatabase
from gitconfig_server.storage.mongodb.errors import translated
from gitconfig_server.storage.mongodb.server import CALL_SECONDS, MongoServer
from gitconfig_server.storage.ref_rules import check_ref_name
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.machine import machine_folder
from gitconfig_server.storage.rows.repository import RowsRepository
from gitconfig_server.storage.rows.urls import split_url

_WRITER_SECONDS = 10.0


class MongoStorage:
    """Repositories are documents in collections whose names begin with ``gitconfig_``.

    The time is the database's, unless there is a ``clock``.
    """

    lasting = True

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        lock_seconds: float = _WRITER_SECONDS,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self._server = MongoServer(url, lock_seconds, call_seconds)
        self._clock = clock
        self._opened: list[RowsRepository] = []

    def create(self, name: str, default_branch: str = "main") -> RowsRepository:
        """One document, and indexes if need be."""
        check_repository_name(name)
        head = b"refs/heads/" + default_branch.encode()
        check_ref_name(head)
        self._server.make()
        epoch = token_hex(8)
        document = {"_id": name, "identity": token_hex(8), "era": 1, "epoch": epoch, "epochs": [[epoch, 1]]}
        document |= {"changes": 0, "seq": 0, "token": "", "last_at": 0, "packs": 0, "head": Binary(head)}
        document |= {"min_reader": schema.VERSION, "min_writer": schema.VERSION}
        with translated(self._server.place):
            try:
                self._server.heads.insert_one({**document, "refs": [], "tail": []})
            except errors.DuplicateKeyError:
                raise RepositoryExists(f"{self._server.place} holds a repository {name!r} already") from None
        return self.open(name)

    def open(self, name: str) -> RowsRepository:
        """The repository with this name."""
        check_repository_name(name)
        identity = self._identity(name)
        repository = RowsRepository(MongoDatabase(name, identity, self._server, self._clock), machine_folder(identity))
        self._opened.append(repository)
        return repository

    def names(self) -> list[str]:
        """Sorted."""
        with translated(self._server.place):
            return sorted(one["_id"] for one in self._server.heads.find({}, {"_id": 1}))

    def drop(self, name: str) -> None:
        """Delete its documents, the one that makes it a repository first."""
        identity = self._identity(name)
        prefix = bytes.fromhex(identity)
        with translated(self._server.place):
            self._server.heads.delete_one({"_id": name})
            self._server.journal.delete_many({"r": identity})
            self._server.packs.delete_many({"r": identity})
            low, high = Binary(prefix + b"\0" * 20), Binary(prefix + b"\xff" * 20)
            self._server.objects.delete_many({"_id": {"$gte": low, "$lte": high}})

    def close(self) -> None:
        """Close repositories and connections."""
        for repository in self._opened:
            repository.close()
        self._opened.clear()
        self._server.close()

    def _identity(self, name: str) -> str:
        with translated(self._server.place):
            found = self._server.heads.find_one({"_id": name}, {"identity": 1})
        if not found:
            raise NotARepository(f"{self._server.place} holds no repository {name!r}: create it with init")
        identity: str = found["identity"]
        return identity


def open_url(url: str) -> tuple[Storage, str]:
    """``mongodb://host/database?repository=name``; the other parameters are the driver's."""
    name, parts = split_url(url, None)
    return MongoStorage(parts.geturl()), name
