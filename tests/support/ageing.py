"""Making what is stored older than it is, for maintenance."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

DAYS = 2


def age(repository: Any) -> None:
    """All objects of a repository have been there for two days."""
    if hasattr(repository, "root"):
        old = time.time() - DAYS * 86400
        for folder, _folders, names in os.walk(f"{repository.root}/objects"):
            for name in names:
                with suppress(FileNotFoundError):  # writers beside it rename their files
                    os.utime(f"{folder}/{name}", (old, old))
        return
    database = repository._database
    if hasattr(database, "_server") and hasattr(database._server, "objects"):
        old_time = datetime.now(UTC) - timedelta(days=DAYS)
        database._server.objects.update_many({}, {"$set": {"at": old_time}})
        return
    with database.writing() as connection:
        connection.send("UPDATE gitconfig_object SET stored_at = stored_at - ?", [(DAYS * 86400 * 10**6,)])


def singles(repository: Any) -> int:
    """How many objects are stored one by one."""
    from gitconfig_server.storage.upkeep import Due

    return len(repository.upkeep.foldable(Due.SINGLES).singles)
