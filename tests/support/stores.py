"""Every place where a Manager can keep what it saves, by the name of its kind; a third party's adaptor among them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gitconfig_server import create_app
from gitconfig_server.manager import StorageAdaptor, register_storage_adaptor
from gitconfig_server.service.opening import open_stored
from gitconfig_server.settings import Settings
from support import mongo, postgres
from support.live import live

REPOSITORIES = ["disk", "sqlite", "postgresql", "mongodb", "server"]


class Files(StorageAdaptor):
    """A third party's store: a folder of JSON files."""

    def __init__(self, server_id, url):
        super().__init__(server_id, url)
        self.folder = Path(url.removeprefix("files://")) / server_id
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cutoff = self.folder / "cutoff"

    def _times(self):
        found = sorted(datetime.fromisoformat(one.stem) for one in self.folder.glob("*.json"))
        cutoff = datetime.fromisoformat(self.cutoff.read_text()) if self.cutoff.exists() else None
        return [one for one in found[:-1] if cutoff is None or one >= cutoff] + found[-1:]

    def load_current(self):
        times = self._times()
        return self.load_saved(times[-1]) if times else {}

    def load_staged(self):
        file = self.folder / "staged"
        return json.loads(file.read_text()) if file.exists() else {}

    def load_saved(self, name):
        return json.loads((self.folder / f"{name.isoformat()}.json").read_text())

    def save_current(self, settings):
        at = datetime.now(UTC)
        if times := self._times():
            at = max(at, times[-1] + timedelta(microseconds=1))
        (self.folder / f"{at.isoformat()}.json").write_text(json.dumps(settings))

    def save_staged(self, settings):
        (self.folder / "staged").write_text(json.dumps(settings))

    def list_saved(self):
        return self._times()

    def archive(self, cutoff):
        self.cutoff.write_text(cutoff.isoformat())


register_storage_adaptor("files", Files)


@asynccontextmanager
async def place(kind: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty store."""
    if kind == "server":
        repository = str(tmp_path / "served.git")
        open_stored(repository, make=True).storage.close()
        async with live(create_app(Settings(repository=repository))) as server:
            yield f"http://127.0.0.1:{server.port}"
    elif kind == "postgresql":
        yield postgres.new_database()
    elif kind == "mongodb":
        yield mongo.new_database()
    else:
        yield {
            "disk": str(tmp_path / "c.git"),
            "sqlite": f"sqlite:///{tmp_path}/c.db",
            "memory": "memory://",
            "adaptor": f"files://{tmp_path}",
        }[kind]
