"""A desk with clocks that tests set, for what is in force only for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.config.running.clocks import Moment
from gitconfig_server.model.reads import Reading, View
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.model.writes import WriteResult
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.base import StoredRepository
from support.staging import StagingDesk
from support.writing import NOON, request

PENDING_MAIN = b"refs/gitconfig/pending/main"
FILES: dict[str, str | None] = {"orders.yml": "pool: 5\n", "billing.yml": "x: 1\n"}


class PendingDesk(StagingDesk):
    """Beside its clock it has one that nobody can set; ``pass_time`` moves both."""

    def __init__(self, stored: StoredRepository | None = None, now: datetime = NOON, **rules: object) -> None:
        super().__init__(stored, now, **rules)
        self.ticks, self.boot = 100.0, "boot"
        self.open_again(**rules)

    def open_again(self, **rules: object) -> None:
        """As after a restart of the server: nothing is remembered but what is stored."""
        door = DoorRules(**rules)  # type: ignore[arg-type]
        self.git = door.open(self.stored, moments=self.moment)
        options = ReadOptions(door.resolve_options())
        self.engine = ConfigEngine(self.git, options, clock=self.clock, moments=self.moment)

    def moment(self) -> Moment:
        """Both clocks."""
        return Moment(self.now, self.boot, self.ticks)

    def pass_time(self, seconds: float) -> None:
        """Let it pass."""
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds

    def begin(self, files: dict[str, str | None] | None = None) -> None:
        """Something is stored, and something else staged."""
        self.write(FILES, message="begin")
        self.stage(files or {"orders.yml": "pool: 9\n"})

    def apply_for(self, seconds: int = 600, applications: tuple[str, ...] = (), **options: object) -> WriteResult:
        """Apply with a deadline."""
        return self.engine.apply(request("main", **options), StagedPart(applications), seconds)

    def confirm(self, pending: str | None, **options: object) -> WriteResult:
        """Confirm it."""
        return self.engine.confirm(request("main", **options), pending or "")

    def cancel(self, pending: str | None) -> WriteResult:
        """Cancel it."""
        return self.engine.cancel(request("main"), pending or "")

    def served(self, key: str = "pool", application: str = "orders", **reading: object) -> object:
        """What clients get."""
        found = self.engine.environment((application,), ("default",), Reading("main", **reading))  # type: ignore[arg-type]
        return next((source.properties[key] for source in found.sources if key in source.properties), None)

    def saved(self, key: str = "pool", application: str = "orders") -> object:
        """What is saved."""
        return self.served(key, application, view=View.SAVED)

    def reasons(self) -> list[str]:
        """Those of the journal."""
        return [record.reason for record in self.stored.journal()]
