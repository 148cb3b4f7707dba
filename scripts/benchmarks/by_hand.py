"""One move of a ref written out in SQL, with the driver alone: what the same transaction costs without us."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from secrets import token_hex

import psycopg

from gitconfig_server.storage.objects import RawObject

_LOCK = (
    "SELECT seq, last_at, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    " FROM gitconfig_repository WHERE id = %s FOR UPDATE"
)
_REF = "SELECT value FROM gitconfig_ref WHERE repository = %s AND ref = %s"
_OBJECT = (
    "INSERT INTO gitconfig_object (repository, id, type, size, z, stored_at)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
_PARENT = "INSERT INTO gitconfig_parent (repository, id, parent) VALUES (%s, %s, %s)"
_FIRST = "INSERT INTO gitconfig_ref (value, repository, ref) VALUES (%s, %s, %s)"
_MOVE = "UPDATE gitconfig_ref SET value = %s WHERE repository = %s AND ref = %s"
_RECORD = "INSERT INTO gitconfig_journal (repository, seq, epoch, token, at, body) VALUES (%s, %s, '', %s, %s, %s)"
_RECORD_REF = "INSERT INTO gitconfig_journal_ref (repository, ref, seq, at) VALUES (%s, %s, %s, %s)"
_MOVED = (
    "UPDATE gitconfig_repository SET changes = changes + 1, seq = %s, token = %s, last_at = %s"
    " WHERE id = %s AND seq = %s"
)
_NOTICE = "SELECT pg_notify('gitconfig', %s)"


class ByHand:
    """Moves ``ref`` of the repository ``name`` in tables that are there already."""

    def __init__(self, dsn: str, name: str, ref: bytes) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        found = self._connection.execute("SELECT id FROM gitconfig_repository WHERE name = %s", (name,)).fetchone()
        assert found
        self._key, self._ref = found[0], ref

    def move(self, old: bytes | None, new: bytes, objects: Sequence[RawObject]) -> None:
        """Lock and look in one trip; store, compare, move, journal, tell and commit in another."""
        run, key, ref = self._connection.execute, self._key, self._ref
        with self._connection.pipeline():
            run("BEGIN")
            locked = run(_LOCK, (key,))
            found = run(_REF, (key, ref))
        seq, last, now = locked.fetchone() or (0, 0, 0)
        value = found.fetchone()
        if (value[0].hex().encode() if value else None) != old:
            raise RuntimeError("somebody else was quicker")
        at, token, raw = max(last, now), token_hex(16), bytes.fromhex(new.decode())
        rows = [
            (key, bytes.fromhex(one.id.decode()), one.type, len(one.raw), zlib.compress(one.raw, 1), at)
            for one in objects
        ]
        body = f'{{"reason": "save", "refs": [["{ref.decode()}", "{old}", "{new}"]], "actor": "ann", "message": ""}}'
        with self._connection.pipeline():
            self._connection.cursor().executemany(_OBJECT, rows)
            if old:
                run(_PARENT, (key, raw, bytes.fromhex(old.decode())))
            run(_MOVE if old else _FIRST, (raw, key, ref))
            run(_RECORD, (key, seq + 1, token, at, body))
            run(_RECORD_REF, (key, ref, seq + 1, at))
            run(_MOVED, (seq + 1, token, at, key, seq))
            run(_NOTICE, (str(key),))
            run("COMMIT")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
