"""How a handler says that its answer may be given again: for as long as the basis it was made from stands."""

from __future__ import annotations

from msgspec import Struct
from starlette.types import Scope

from gitconfig_server.model.environments import Basis, Environment, RunningState, Until
from gitconfig_server.service.spring.bases import Soonest

_STATE = "reusable"


class Reusable(Struct, frozen=True):
    """Of a 200 to GET: made from nothing but ``basis``, the path, the query and Accept; read of ``applications``.

    When the basis is renewed, the answer stays but for the commit, in its body and in ``Config-Commit``.
    """

    basis: Basis
    applications: tuple[str, ...]


class Both(Struct, frozen=True):
    """The ``Basis`` of an answer made from two things that were read of one commit."""

    first: Basis
    second: Basis

    @property
    def commit(self) -> str:
        """The commit of both."""
        return self.first.commit

    @property
    def size(self) -> int:
        """Of both."""
        return self.first.size + self.second.size

    @property
    def until(self) -> Until | None:
        """The earlier of the two ends."""
        ends = [one for one in (self.first.until, self.second.until) if one]
        return Soonest(tuple(ends)) if ends else None

    @property
    def running(self) -> RunningState | None:
        """That of the first: both are of one commit."""
        return self.first.running

    def renewed(self) -> Both | None:
        """Both renewed, where both stand and are of one commit still."""
        first, second = self.first.renewed(), self.second.renewed()
        return Both(first, second) if first and second and first.commit == second.commit else None


def reusable(environment: Environment) -> Reusable | None:
    """An answer made from this environment."""
    return Reusable(environment.basis, environment.applications) if environment.basis else None


def declare_reusable(scope: Scope, reusable: Reusable) -> None:
    """Say it of the answer to this request, before the answer begins."""
    scope.setdefault("state", {})[_STATE] = reusable


def find_reusable(scope: Scope) -> Reusable | None:
    """What was said of the answer to this request."""
    found: Reusable | None = scope.get("state", {}).get(_STATE)
    return found
