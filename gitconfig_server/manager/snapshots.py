"""The last configuration that was loaded, on disk: what a service starts from when its server cannot be reached."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.storing.base import LoadedConfiguration
from gitconfig_server.manager.storing.memory import utc_now

log = logging.getLogger(__name__)

_FORMAT = 1
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class LastLoaded(Struct, frozen=True):
    """What was loaded, and how many seconds ago."""

    loaded: LoadedConfiguration
    age: float


class Snapshots:
    """One file in a folder, replaced as a whole, readable by its owner alone; secrets stay encrypted in it.

    ``max_stale``: seconds after which it is not used any more.
    """

    def __init__(
        self, folder: str | Path, name: str, max_stale: float | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.json"
        self._max_stale = max_stale
        self._now = now

    def write(self, loaded: LoadedConfiguration) -> None:
        """Keep it. A full disk or a folder that cannot be written is logged: the service goes on."""
        content = {
            "format": _FORMAT,
            "at": self._now().isoformat(),
            "commit": loaded.commit,
            "version": loaded.version,
            "path": loaded.path,
            "own": loaded.own,
            "inherited": loaded.inherited,
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".snapshot-")  # 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(content, file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            log.warning("%s: the snapshot cannot be written: %s", self.path, error)

    def read(self) -> LastLoaded | None:
        """The one that is kept, None where there is none, it is damaged, or too old."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                return None
            at = datetime.fromisoformat(content["at"]).astimezone(UTC)
            loaded = LoadedConfiguration(
                dict(content["own"]), dict(content["inherited"]), content["version"], content["commit"], content["path"]
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: the snapshot cannot be read: %s", self.path, error)
            return None
        age = max(0.0, (self._now() - at) / timedelta(seconds=1))
        if self._max_stale is not None and age > self._max_stale:
            log.warning("%s: the snapshot is %.0f s old, more than max_stale: it is not used", self.path, age)
            return None
        return LastLoaded(loaded, age)


def seconds_of(text: float | str | None) -> float | None:
    """``90``, ``"90s"``, ``"10m"``, ``"24h"`` or ``"7d"`` in seconds. InvalidInput."""
    if text is None or isinstance(text, int | float):
        return text
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", text)
    if not found:
        raise InvalidInput(f"{text[:50]!r} is no time: write seconds, or 90s, 10m, 24h, 7d")
    return float(found[1]) * _UNITS[found[2]]
