"""What hangs on a label beside its commits: an apply that awaits its confirmation, a pin, a freeze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PENDING_NAME = "pending"
"""What names the pending commit of a label, where two revisions are compared."""
DEFAULT_SECONDS = 600
"""How long an apply awaits its confirmation where nobody says."""
SHORTEST, LONGEST = 1, 24 * 3600


@dataclass(frozen=True, slots=True)
class Pending:
    """An apply that readers of ``label`` get and that nobody has confirmed yet; ids are hex.

    ``commit``: what readers get; ``saved``: where the label is and what they get again at ``deadline``. ``paths``: the
    files in which the two differ.
    """

    id: str
    label: str
    commit: str
    saved: str
    started: datetime
    deadline: datetime
    actor: str = ""
    message: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """Readers of ``label`` get ``commit``, which ``revision`` named, until it is lifted or ``until`` has come."""

    label: str
    revision: str
    commit: str
    reason: str
    since: datetime
    until: datetime | None = None
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nobody saves, pushes or applies to ``label`` until it is lifted or ``until`` has come."""

    label: str
    reason: str
    since: datetime
    until: datetime | None = None
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Brake:
    """What a pin or a freeze is to be: why, and how long (None: until it is lifted). ``revision``: of a pin."""

    reason: str = ""
    until: datetime | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Hanging:
    """All that hangs on a label now."""

    pending: Pending | None = None
    pin: Pin | None = None
    freeze: Freeze | None = None
