"""Several changes in one commit."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import asdict

from gitconfig_server.errors import InvalidChange
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import (
    Change,
    DeleteFile,
    DeleteSource,
    JsonPatch,
    MergePatch,
    Patch,
    PatchFile,
    PatchSource,
    PutFile,
    PutSource,
    SourcePlace,
)
from gitconfig_server.wire.declarations import Body
from gitconfig_server.wire.writes import WriteBody

_DEFAULT_PROFILE = "default"

_EXAMPLES: list[dict[str, Any]] = [
    {"op": "patch", "application": "orders", "profile": "prod", "patch": {"db": {"pool": 30}}},
    {"op": "put", "path": "motd.txt", "content": "hello\n"},
]
_PLACE = {"application", "profile", "path", "document"}
_MEMBERS = {
    ("put", True): {"properties", "collapse"} | _PLACE,
    ("put", False): {"content", "base64", "path"},
    ("patch", True): {"patch", "tidy"} | _PLACE,
    ("patch", False): {"patch", "tidy", "path", "document"},
    ("delete", True): {"collapse"} | _PLACE,
    ("delete", False): {"path"},
}
"""What goes with which operation, of a source (True) or of a file."""


class ChangeItem(Body[Change]):
    """A change of a source, named by its application, or of a file, named by its path alone."""

    op: Literal["put", "patch", "delete"]
    application: str | None = None
    profile: Annotated[str | None, Meta(description="`default` where none is given.")] = None
    path: Annotated[str | None, Meta(description="A file; or which of a source's files.")] = None
    document: Annotated[int, Meta(ge=0)] | None = None
    collapse: bool | None = None
    properties: Annotated[dict[str, Any] | None, Meta(description="All that a source is to hold.")] = None
    patch: Annotated[
        dict[str, Any] | list[dict[str, Any]] | None, Meta(description="An object merges, a list is a JSON Patch.")
    ] = None
    tidy: Annotated[bool | None, Meta(description="What null leaves empty goes too; with a merge patch.")] = None
    content: Annotated[str | None, Meta(description="All that a file is to hold, as text.")] = None
    base64: Annotated[str | None, Meta(description="The same, as bytes.")] = None

    @classmethod
    def of(cls, change: Change) -> ChangeItem:
        """What asks for ``change``."""
        if isinstance(change, PutFile):
            return cls(op="put", path=change.path, base64=b64encode(change.content).decode("ascii"))
        if isinstance(change, PatchFile):
            return cls(op="patch", path=change.path, document=change.document, **_said(change.patch))
        if isinstance(change, DeleteFile):
            return cls(op="delete", path=change.path)
        place = asdict(change.place)
        if isinstance(change, PatchSource):
            return cls(op="patch", **place, **_said(change.patch))
        if isinstance(change, DeleteSource):
            return cls(op="delete", **place, collapse=change.collapse)
        return cls(op="put", **place, properties=dict(change.properties), collapse=change.collapse)

    def change(self, pointer: str) -> Change:
        """The change that is asked for at ``pointer``; InvalidChange where it makes no sense."""
        self._check_members(pointer)
        if self.application is not None:
            return self._source_change(self.application, pointer)
        if self.path is None:
            raise InvalidChange("an application (and profile) or a path is needed", pointer)
        if self.op == "put":
            return PutFile(self.path, self._bytes(pointer))
        if self.op == "patch":
            return PatchFile(self.path, self._patch(pointer), self.document)
        return DeleteFile(self.path)

    def _check_members(self, pointer: str) -> None:
        """Raise InvalidChange for a member that does not go with the operation."""
        of_source = self.application is not None
        given = {name for name in self.__struct_fields__ if getattr(self, name) is not None}
        for name in sorted(given - {"op"} - _MEMBERS[self.op, of_source]):
            what = f"{self.op} of a {'source' if of_source else 'file'}"
            raise InvalidChange(f"does not go with {what}", f"{pointer}/{name}")

    def _source_change(self, application: str, pointer: str) -> Change:
        place = SourcePlace(application, self.profile or _DEFAULT_PROFILE, self.path, self.document)
        if self.op == "patch":
            return PatchSource(place, self._patch(pointer))
        if self.op == "delete":
            return DeleteSource(place, bool(self.collapse))
        if self.properties is None:
            raise InvalidChange("properties are needed", f"{pointer}/properties")
        return PutSource(place, self.properties, bool(self.collapse))

    def _patch(self, pointer: str) -> Patch:
        patch = patch_of(self.patch, "/patch", beneath=pointer)
        return tidied(patch, f"{pointer}/tidy") if self.tidy else patch

    def _bytes(self, pointer: str) -> bytes:
        if (self.content is None) == (self.base64 is None):
            raise InvalidChange("content or base64 is needed, one of them", pointer)
        try:
            return self.content.encode() if self.content is not None else b64decode(self.base64 or "", validate=True)
        except UnicodeEncodeError as error:
            raise InvalidChange("the text is not Unicode: a surrogate stands alone", f"{pointer}/content") from error
        except (binascii.Error, ValueError) as error:
            raise InvalidChange("is not base64", f"{pointer}/base64") from error


class CommitBody(WriteBody, kw_only=True):
    """Changes to be made in this order, each upon what those before it left."""

    changes: Annotated[list[ChangeItem], Meta(examples=[_EXAMPLES])]

    def made(self) -> list[Change]:
        """The changes; InvalidChange at the first that makes no sense."""
        return [item.change(f"/changes/{number}") for number, item in enumerate(self.changes)]


def patch_of(content: Any, pointer: str = "", *, beneath: str = "") -> Patch:
    """An object is a merge patch, a list of objects a JSON Patch; InvalidChange for anything else.

    It stands at ``pointer`` of a change, and that ``beneath`` in what was sent.
    """
    if isinstance(content, dict):
        return MergePatch(content, pointer)
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        reason = "a patch is an object (merge patch) or a list of operations (JSON Patch)"
        raise InvalidChange(reason, beneath + pointer)
    return JsonPatch(tuple(content), pointer)


def tidied(patch: Patch, pointer: str) -> MergePatch:
    """A merge patch whose removals take along what they leave empty. Raises InvalidChange for a JSON Patch."""
    if not isinstance(patch, MergePatch):
        raise InvalidChange("tidy goes with a merge patch: a JSON Patch says itself what goes", pointer)
    return replace(patch, tidy=True)


def _said(patch: Patch) -> dict[str, Any]:
    is_tidy = isinstance(patch, MergePatch) and patch.tidy
    return {"patch": patch_content(patch)} | ({"tidy": True} if is_tidy else {})


def patch_content(patch: Patch) -> Any:
    """A patch as JSON has it."""
    return dict(patch.members) if isinstance(patch, MergePatch) else list(map(dict, patch.operations))
