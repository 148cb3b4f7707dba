"""What hangs on a label beside its commits: an apply that awaits its confirmation, a pin, a freeze."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

PENDING_NAME = "pending"
"""What names the pending commit of a label, where two revisions are compared."""
DEFAULT_SECONDS = 600
"""How long an apply awaits its confirmation where nobody says."""
SHORTEST, LONGEST = 1, 24 * 3600


class Pending(Struct, frozen=True):
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


class Pin(Struct, frozen=True):
    """Readers of ``label`` get ``commit``, which ``revision`` named, until it is lifted or ``until`` has come."""

    label: str
    revision: str
    commit: str
    reason: str
    since: datetime
    until: datetime | None = None
    actor: str = ""


class Freeze(Struct, frozen=True):
    """Nobody saves, pushes or applies to ``label`` until it is lifted or ``until`` has come."""

    label: str
    reason: str
    since: datetime
    until: datetime | None = None
    actor: str = ""


class Brake(Struct, frozen=True):
    """What a pin or a freeze is to be: why, and how long (None: until it is lifted). ``revision``: of a pin."""

    reason: str = ""
    until: datetime | None = None
    revision: str | None = None


class Hanging(Struct, frozen=True):
    """All that hangs on a label now."""

    pending: Pending | None = None
    pin: Pin | None = None
    freeze: Freeze | None = None
