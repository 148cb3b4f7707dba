"""The tables of a database, for every dialect: {blob} and {id} stand for its types."""

from __future__ import annotations

from gitconfig_server.errors import RepositoryReadOnly, StorageError

VERSION = 1
"""Stands in each repository's row as the least version that may read, and that may write, what is written here."""

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS gitconfig_repository (
        id {id}, name TEXT NOT NULL UNIQUE, identity TEXT NOT NULL, head {blob} NOT NULL,
        era INTEGER NOT NULL, epoch TEXT NOT NULL, origin TEXT NOT NULL,
        changes BIGINT NOT NULL, seq BIGINT NOT NULL, token TEXT NOT NULL, last_at BIGINT NOT NULL,
        packs INTEGER NOT NULL, min_reader INTEGER NOT NULL, min_writer INTEGER NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS gitconfig_epoch (
        repository BIGINT NOT NULL, era INTEGER NOT NULL, epoch TEXT NOT NULL, first_seq BIGINT NOT NULL,
        PRIMARY KEY (repository, era))
    """,
    """
    CREATE TABLE IF NOT EXISTS gitconfig_ref (
        repository BIGINT NOT NULL, ref {blob} NOT NULL, value {blob} NOT NULL, PRIMARY KEY (repository, ref))
    """,
    """
    CREATE TABLE IF NOT EXISTS gitconfig_journal (
        repository BIGINT NOT NULL, seq BIGINT NOT NULL, epoch TEXT NOT NULL, token TEXT NOT NULL, at BIGINT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (repository, seq))
    """,
    "CREATE UNIQUE INDEX IF NOT EXISTS gitconfig_journal_token ON gitconfig_journal (repository, token)",
    """
    CREATE TABLE IF NOT EXISTS gitconfig_journal_ref (
        repository BIGINT NOT NULL, ref {blob} NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY (repository, ref, seq))
    """,
    "CREATE INDEX IF NOT EXISTS gitconfig_journal_ref_at ON gitconfig_journal_ref (repository, ref, at, seq)",
    """
    CREATE TABLE IF NOT EXISTS gitconfig_request (
        repository BIGINT NOT NULL, name {blob} NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY (repository, name))
    """,
    """
    CREATE TABLE IF NOT EXISTS gitconfig_object (
        repository BIGINT NOT NULL, id {blob} NOT NULL, type SMALLINT NOT NULL, size INTEGER NOT NULL,
        z {blob} NOT NULL, stored_at BIGINT NOT NULL, condemned_at BIGINT, PRIMARY KEY (repository, id))
    """,
    """
    CREATE TABLE IF NOT EXISTS gitconfig_parent (
        repository BIGINT NOT NULL, id {blob} NOT NULL, parent {blob} NOT NULL, PRIMARY KEY (repository, id, parent))
    """,
    """
    CREATE TABLE IF NOT EXISTS gitconfig_pack (
        repository BIGINT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, piece INTEGER NOT NULL,
        content {blob} NOT NULL, PRIMARY KEY (repository, name, kind, piece))
    """,
)

_HOLDING = ("object", "parent", "pack", "request", "journal_ref", "journal", "ref", "epoch")
"""The tables that hold a repository's rows, without the prefix; the row of the repository itself goes last."""

LOOK = """
    SELECT r.era, r.changes, r.seq, r.token, r.epoch, r.head, r.last_at, {clock}, r.packs, r.min_reader, r.min_writer,
        known.token, j.seq, j.epoch, j.at, j.body
    FROM gitconfig_repository r
    LEFT JOIN gitconfig_journal known ON known.repository = r.id AND known.seq = ?
    LEFT JOIN gitconfig_journal j ON j.repository = r.id AND j.seq > ?
    WHERE r.id = ? ORDER BY j.seq LIMIT ?
"""

REFS = "SELECT ref, value FROM gitconfig_ref WHERE repository = ?"

MOVED = """
    UPDATE gitconfig_repository SET changes = changes + 1, seq = ?, token = ?, last_at = ?, packs = packs + ?
    WHERE id = ? AND seq = ?
"""

RECORD = "INSERT INTO gitconfig_journal (repository, seq, epoch, token, at, body) VALUES (?, ?, ?, ?, ?, ?)"

RECORD_REF = "INSERT INTO gitconfig_journal_ref (repository, ref, seq, at) VALUES (?, ?, ?, ?)"

FORGET_REQUEST = "DELETE FROM gitconfig_request WHERE repository = ? AND name = ? AND at <= ?"

REQUEST = "INSERT INTO gitconfig_request (repository, name, seq, at) VALUES (?, ?, ?, ?)"

CREATE_REF = "INSERT INTO gitconfig_ref (repository, ref, value) VALUES (?, ?, ?)"

MOVE_REF = "UPDATE gitconfig_ref SET value = ? WHERE repository = ? AND ref = ? AND value = ?"

DELETE_REF = "DELETE FROM gitconfig_ref WHERE repository = ? AND ref = ? AND value = ?"

POINT_HEAD = "UPDATE gitconfig_repository SET head = ?, changes = changes + 1 WHERE id = ?"

STORE = """
    INSERT INTO gitconfig_object (repository, id, type, size, z, stored_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (repository, id) DO UPDATE SET stored_at = excluded.stored_at, condemned_at = NULL
    WHERE gitconfig_object.condemned_at IS NOT NULL OR gitconfig_object.stored_at < excluded.stored_at - 3600000000
"""

PARENT = "INSERT INTO gitconfig_parent (repository, id, parent) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"

PIECE = """
    INSERT INTO gitconfig_pack (repository, name, kind, piece, content) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""

CONDEMNED = """
    INSERT INTO gitconfig_object (repository, id, type, size, z, stored_at, condemned_at)
    VALUES (?, ?, ?, ?, ?, {clock}, {clock}) ON CONFLICT DO NOTHING
"""

PACKED = "UPDATE gitconfig_repository SET packs = packs + 1, changes = changes + 1 WHERE id = ?"

TORN = """
    DELETE FROM gitconfig_pack WHERE repository = ? AND name NOT IN
        (SELECT name FROM gitconfig_pack WHERE repository = ? AND kind = 'idx' AND piece = 0)
"""

AHEAD = """
    WITH RECURSIVE walk (id) AS (
        SELECT id FROM gitconfig_object WHERE repository = ? AND id {among} UNION
        SELECT p.parent FROM walk JOIN gitconfig_parent p ON p.repository = ? AND p.id = walk.id)
    SELECT o.id, o.type, o.size, o.z FROM (SELECT id FROM walk LIMIT ?) w
    JOIN gitconfig_object o ON o.repository = ? AND o.id = w.id
"""

BY_TOKEN = "SELECT seq, epoch, at, body FROM gitconfig_journal WHERE repository = ? AND token = ?"

BY_REQUEST = """
    SELECT j.seq, j.epoch, j.at, j.body FROM gitconfig_request q
    JOIN gitconfig_journal j ON j.repository = q.repository AND j.seq = q.seq
    WHERE q.repository = ? AND q.name = ? AND q.at > {clock} - ?
"""

AT = """
    SELECT j.seq, j.epoch, j.at, j.body FROM gitconfig_journal_ref r
    JOIN gitconfig_journal j ON j.repository = r.repository AND j.seq = r.seq
    WHERE r.repository = ? AND r.ref = ? AND r.at <= ? ORDER BY r.at DESC, r.seq DESC LIMIT 1
"""

CREATE = """
    INSERT INTO gitconfig_repository
        (name, identity, head, era, epoch, origin, changes, seq, token, last_at, packs, min_reader, min_writer)
    VALUES (?, ?, ?, 1, ?, ?, 0, 0, '', 0, 0, ?, ?)
"""

FIRST_EPOCH = """
    INSERT INTO gitconfig_epoch (repository, era, epoch, first_seq)
    SELECT id, era, epoch, 1 FROM gitconfig_repository WHERE name = ?
"""


FORGET_EPOCHS = "DELETE FROM gitconfig_epoch WHERE repository = ?"

EPOCH = "INSERT INTO gitconfig_epoch (repository, era, epoch, first_seq) VALUES (?, ?, ?, ?)"

ADOPTED = """
    UPDATE gitconfig_repository
    SET era = ?, epoch = ?, seq = ?, token = ?, last_at = ?, changes = changes + 1 WHERE id = ? AND seq = 0
"""


def check_layout(place: str, layout: int, does: str) -> None:
    """StorageError where a repository asks for a newer program of who ``does`` (``reads``, ``writes``) it."""
    if layout > VERSION:
        told = f"the repository is of a newer gitconfig-server (layout {layout}, this one {does} {VERSION})"
        kind = RepositoryReadOnly if does == "writes" else StorageError
        raise kind(f"{told}: upgrade this one", inside=place)


def dropping(key: int) -> list[tuple[str, tuple[int]]]:
    """The statements that delete a repository."""
    tables = [f"DELETE FROM gitconfig_{table} WHERE repository = ?" for table in _HOLDING]
    return [(sql, (key,)) for sql in (*tables, "DELETE FROM gitconfig_repository WHERE id = ?")]
