"""Whether an answer is still right that was made of several labels, or of repositories beside the served one."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.environments import Basis, RunningState, Until
from gitconfig_server.model.replace import replace


class Soonest(Struct, frozen=True):
    """An ``Until`` that is over as soon as one of several is."""

    ends: tuple[Until, ...]

    def has_passed(self) -> bool:
        """Whether one of them is over."""
        for one in self.ends:  # noqa: SIM110  # each request asks: no generator
            if one.has_passed():
                return True
        return False


class SeveralLabels(Struct, frozen=True):
    """The ``Basis`` of an answer made of several labels, each of which may move by itself."""

    labels: tuple[Basis, ...]

    @property
    def commit(self) -> str:
        """Their commits in the order of the request, as the answer names them."""
        return ",".join(one.commit for one in self.labels)

    @property
    def size(self) -> int:
        """Of all."""
        return sum(one.size for one in self.labels)

    @property
    def running(self) -> RunningState | None:
        """Of the strongest label that is not what is saved."""
        return next((one.running for one in reversed(self.labels) if one.running), None)

    @property
    def until(self) -> Until | None:
        """The first end of any."""
        ends = tuple(one.until for one in self.labels if one.until)
        return Soonest(ends) if ends else None

    def renewed(self) -> SeveralLabels | None:
        """All renewed, where all stand."""
        now = [one.renewed() for one in self.labels]
        return SeveralLabels(tuple(one for one in now if one)) if all(now) else None


class Watch(Struct, frozen=True):
    """A repository beside the served one, as it was before it was read: an ``Until`` that ends when a ref moves there.

    ``generation`` answers an event loop at once, with None where nobody knows without reading much; it raises once the
    repository has been closed.
    """

    generation: Callable[[], int | None]
    seen: int | None

    def has_passed(self) -> bool:
        """Whether a ref may have moved since."""
        try:
            now = self.generation()
        except GitConfigError:
            return True
        return now is None or now != self.seen

    def renewed(self) -> Watch:
        """As it is now."""
        return replace(self, seen=self.generation())


class Watched(Struct, frozen=True):
    """The ``Basis`` of what ``source`` answered (None: the served repository) after ``others`` had nothing to say."""

    basis: Basis
    source: Watch | None
    others: tuple[Watch, ...]

    @property
    def commit(self) -> str:
        """That of the answer."""
        return self.basis.commit

    @property
    def size(self) -> int:
        """With the watches."""
        return self.basis.size + 200 * (1 + len(self.others))

    @property
    def running(self) -> RunningState | None:
        """That of the answer."""
        return self.basis.running

    @property
    def until(self) -> Until:
        """The next move in any of the repositories, or an end of the answer's own."""
        ends = tuple(one for one in (self.basis.until, self.source, *self.others) if one)
        return ends[0] if len(ends) == 1 else Soonest(ends)

    def renewed(self) -> Watched | None:
        """Where only the repository that answered has moved, and answers the same still."""
        if any(one.has_passed() for one in self.others):
            return None
        source = self.source.renewed() if self.source else None  # asked first: what moves from here on is seen later
        basis = self.basis.renewed()
        return Watched(basis, source, self.others) if basis else None
