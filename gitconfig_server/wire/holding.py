"""What hangs on a label: an apply that awaits its confirmation, a pin, a freeze."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from gitconfig_server.model.pending import DEFAULT_SECONDS, LONGEST, SHORTEST, Brake, Freeze, Hanging, Pending, Pin
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.model.writes import WriteOptions
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.members import CommitId, FilePaths, LabelName
from gitconfig_server.wire.staging import PartBody, part_members
from gitconfig_server.wire.writes import WriteBody, write_members

Seconds = Annotated[int, Meta(ge=SHORTEST, le=LONGEST, examples=[DEFAULT_SECONDS])]
_Time = Annotated[datetime, Meta(tz=True, examples=["2026-01-31T13:00:00Z"])]
_Reason = Annotated[str, Meta(description="Why.", examples=["incident 7"])]


class PendingAnswer(Declaration[Pending]):
    """What readers of the label get until somebody confirms it, which is saved then, or its time is over."""

    id: Annotated[str, Meta(examples=["4b825dc6"])]
    label: LabelName
    commit: CommitId
    saved: CommitId
    started: _Time
    deadline: _Time
    actor: str
    message: str
    paths: FilePaths


class PinAnswer(Declaration[Pin]):
    """What readers of the label get, whatever it holds."""

    label: LabelName
    revision: Annotated[str, Meta(examples=["main~1"])]
    commit: CommitId
    reason: _Reason
    since: _Time
    until: _Time | None
    actor: str


class FreezeAnswer(Declaration[Freeze]):
    """Nobody saves, pushes or applies to the label."""

    label: LabelName
    reason: _Reason
    since: _Time
    until: _Time | None
    actor: str


class HangingAnswer(Declaration[Hanging]):
    """All that hangs on the label; null for what does not."""

    pending: PendingAnswer | None
    pin: PinAnswer | None
    freeze: FreezeAnswer | None


class ApplyBody(PartBody):
    """Which part of what is staged, and for how long it is tried out, if it is."""

    confirm_within: Annotated[
        Seconds | bool | None,
        Meta(description="Readers get it for so many seconds (`true`: 600), and then what is saved, unless confirmed."),
    ] = None

    def seconds(self) -> int | None:
        """How long, None for good."""
        return DEFAULT_SECONDS if self.confirm_within is True else self.confirm_within or None

    @classmethod
    def trying(cls, part: StagedPart, options: WriteOptions, confirm_within: int | None) -> ApplyBody:
        """What asks for it."""
        return cls(**write_members(options), **part_members(part), confirm_within=confirm_within)


class DeadlineBody(WriteBody, kw_only=True):
    """A new deadline."""

    confirm_within: Annotated[Seconds, Meta(description="Seconds from now.")]


class FreezeBody(WriteBody):
    """Why, and how long: until it is lifted, where no time is given."""

    reason: _Reason | None = None
    until: _Time | None = None

    def members(self) -> dict[str, Any]:
        """As JSON has them, which knows no times."""
        return super().members() | ({"until": self.until.isoformat()} if self.until else {})

    def brake(self) -> Brake:
        """The same as the service takes it."""
        return Brake(self.reason or "", self.until)


class PinBody(FreezeBody):
    """To what: else to what readers get now."""

    revision: Annotated[str | None, Meta(examples=["main~1"])] = None

    def brake(self) -> Brake:
        """The same as the service takes it."""
        return Brake(self.reason or "", self.until, self.revision)
