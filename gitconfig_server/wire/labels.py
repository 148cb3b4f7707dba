"""Labels."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from gitconfig_server.model.reads import Label, LabelKind
from gitconfig_server.model.writes import NewLabel, WriteOptions
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.members import CommitId, LabelName, Limit, Next
from gitconfig_server.wire.writes import WriteBody, write_members


class LabelItem(Declaration[Label]):
    name: LabelName
    kind: LabelKind
    commit: CommitId
    default: bool


class LabelList(Declaration[tuple[Label, ...]]):
    labels: tuple[LabelItem, ...]
    next: Next
    limit: Limit


class LabelBody(WriteBody):
    """A label to make; a tag with a message is an annotated one."""

    start: Annotated[str | None, Meta(description="A revision; else the default label.", examples=["main"])] = field(
        name="from", default=None
    )
    kind: Annotated[Literal["branch", "tag"], Meta(examples=["tag"])] = "branch"

    @classmethod
    def asking(cls, new: NewLabel, options: WriteOptions) -> LabelBody:
        """What asks for ``new``."""
        return cls(**write_members(options), start=new.start, kind=new.kind.value)

    def new(self) -> NewLabel:
        """The label that is asked for."""
        return NewLabel(self.start, LabelKind(self.kind))
