"""Going back."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gitconfig_server.model.writes import Restore, Revert, WriteOptions
from gitconfig_server.wire.members import COMMIT
from gitconfig_server.wire.writes import WriteBody, write_members

_MAX_KEYS = 10_000


class RestoreBody(WriteBody, kw_only=True):
    """What is to be as it was, and when that was; the whole label where nothing else is named."""

    to: Annotated[str, Meta(description="A revision.", examples=["main~1"])]
    application: Annotated[str | None, Meta(description="All that is stored for it.", examples=["orders"])] = None
    profile: Annotated[str | None, Meta(description="For this profile of it alone.", examples=["prod"])] = None
    path: Annotated[str | None, Meta(description="A file or folder.")] = None
    keys: Annotated[
        Annotated[tuple[str, ...], Meta(min_length=1, max_length=_MAX_KEYS)] | None,
        Meta(description="Of those files these keys alone, with what stands beneath them.", examples=[["db.pool"]]),
    ] = None

    @classmethod
    def asking(cls, asked: Restore, options: WriteOptions) -> RestoreBody:
        """What asks for it."""
        return cls(
            **write_members(options),
            to=asked.to,
            application=asked.application,
            profile=asked.profile,
            path=asked.path,
            keys=asked.keys or None,
        )

    def asked(self) -> Restore:
        """What is asked for."""
        return Restore(
            to=self.to, application=self.application, profile=self.profile, path=self.path, keys=self.keys or ()
        )


class RevertBody(WriteBody, kw_only=True):
    """What is to be undone."""

    commit: Annotated[str, Meta(description="A revision.", examples=[COMMIT])]
    mainline: Annotated[
        int | None, Meta(description="Of a merge, the parent (from 1) whose side is to remain.", examples=[1])
    ] = None

    @classmethod
    def asking(cls, asked: Revert, options: WriteOptions) -> RevertBody:
        """What asks for it."""
        return cls(**write_members(options), commit=asked.commit, mainline=asked.mainline)

    def asked(self) -> Revert:
        """What is asked for."""
        return Revert(self.commit, self.mainline)
