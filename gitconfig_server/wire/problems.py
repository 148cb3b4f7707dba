"""Problem documents (RFC 9457), and what a check or a merge finds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, field

from gitconfig_server import errors
from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.findings import Affected, ConflictNode, ConflictSide, FileConflict, Finding, NodeState
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.decoding import convert
from gitconfig_server.wire.members import BLOB, CommitId, FilePath

API = "/api/v1"

_WORDS = "path line column rule kind name label commit revision application profile option header key keys pointer"
_WORDS += " pending deadline how at by until"
_TIMES = ("deadline", "at", "until")
_PLACES = tuple(_WORDS.split())
"""Attributes of errors that say where: they become members of the document, ``path`` as ``file``."""


class FindingItem(Declaration[Finding]):
    """One remark about one place; `fatal` ones refuse the write."""

    path: FilePath = field(name="file")
    rule: Annotated[str, Meta(examples=["duplicate-key"])]
    detail: Annotated[str, Meta(examples=["db.pool is already set in line 2; this value wins"])]
    line: int | None
    column: int | None
    fatal: bool

    @classmethod
    def of(cls, finding: Finding) -> FindingItem:
        """A finding; a line that is not known is null."""
        return cls(
            path=finding.path,
            rule=finding.rule,
            detail=finding.detail,
            line=finding.line or None,
            column=finding.column or None,
            fatal=finding.fatal,
        )

    def noun(self) -> Finding:
        """The finding."""
        return Finding(
            path=self.path,
            rule=self.rule,
            detail=self.detail,
            line=self.line or 0,
            column=self.column or 0,
            fatal=self.fatal,
        )


class ConflictNodeItem(Declaration[ConflictNode]):
    """A node of a file on one side: as it is stored there, or not there at all."""

    state: NodeState
    spelling: Annotated[str, Meta(examples=["db.pool"])]
    line: int
    value: Any


class ConflictSideItem(Declaration[ConflictSide]):
    revision: Annotated[str, Meta(examples=["main"])]
    commit: CommitId
    author: Annotated[str, Meta(examples=["Ada"])]
    subject: Annotated[str, Meta(examples=["orders: a larger pool"])]
    blob: Annotated[str | None, Meta(description="Null where the file is gone there.", examples=[BLOB])]
    time: datetime | None = None
    node: ConflictNodeItem | None = None


class ConflictItem(Declaration[FileConflict]):
    """A file that both sides have changed differently since `base`, its blob there; with `reason` one node of it."""

    path: FilePath = field(name="file")
    base: Annotated[str | None, Meta(examples=[BLOB])]
    sides: Annotated[tuple[ConflictSideItem, ...], Meta(min_length=2, max_length=2)]
    key: Annotated[str, Meta(examples=["db.pool"])] = ""
    document: int | None = None
    reason: Annotated[str, Meta(examples=["changed"])] = ""
    node: Annotated[ConflictNodeItem | None, Meta(description="What the base has.")] = None


class AffectedItem(Declaration[Affected]):
    """Readers of one environment get other values: `count` keys, of which `keys` are the first."""

    application: Annotated[str, Meta(examples=["orders"])]
    profile: Annotated[str, Meta(examples=["prod"])]
    keys: Annotated[tuple[str, ...], Meta(examples=[["db.pool"]])]
    count: Annotated[int, Meta(examples=[1])]


class _CandidateItem(Declaration[tuple[str, int | None]]):
    """One of several files or documents that could be meant."""

    path: FilePath
    document: int | None


class ProblemAnswer(Declaration[GitConfigError]):
    """RFC 9457. Further members say where: file, line, column, rule, label, option and the like."""

    type: Annotated[str, Meta(examples=["/api/v1/problems/unknown-label"])]
    title: Annotated[str, Meta(examples=["Unknown label"])]
    status: Annotated[int, Meta(examples=[404])]
    code: Annotated[str, Meta(examples=["unknown-label"])]
    detail: Annotated[str, Meta(examples=["no such label: mian"])]
    instance: Annotated[str, Meta(examples=["/api/v1/applications"])]


class ProblemRead(Declaration[GitConfigError]):
    """What a client needs of a problem document."""

    code: str
    detail: str
    title: str = ""


class ProblemMeaning(Declaration[None]):
    """What a code means."""

    code: Annotated[str, Meta(examples=["unknown-label"])]
    title: Annotated[str, Meta(examples=["Unknown label"])]
    detail: Annotated[str, Meta(examples=["No branch, tag or commit goes by this name."])]


def title_of(code: str) -> str:
    """A code in words: ``unknown-label`` is ``Unknown label``."""
    return code.replace("-", " ").capitalize()


def describe_problem(code: str, status: int, detail: str, instance: str, prefix: str = "") -> dict[str, Any]:
    """The members every problem document has; its addresses get ``prefix`` in front."""
    return ProblemAnswer(
        type=f"{prefix}{API}/problems/{code}",
        title=title_of(code),
        status=status,
        code=code,
        detail=detail,
        instance=prefix + instance,
    ).members()


def describe_error(error: GitConfigError, status: int, instance: str, prefix: str = "") -> dict[str, Any]:
    """The members of the problem document about ``error``."""
    found = {name: getattr(error, name, None) for name in _PLACES}
    places = {"file" if name == "path" else name: value for name, value in found.items() if value}
    return describe_problem(error.code, status, error.public, instance, prefix) | places | _describe_several(error)


def _describe_several(error: GitConfigError) -> dict[str, Any]:
    """The members that some errors have several of."""
    if isinstance(error, errors.ContentRefused):
        return {"findings": [FindingItem.of(one).members() for one in error.findings]}
    if isinstance(error, errors.MergeConflict):
        return {"conflicts": [ConflictItem.of(one).members() for one in error.conflicts]}
    if isinstance(error, errors.SeveralFiles):
        return {"candidates": [{"path": path, "document": number} for path, number in error.candidates]}
    return {}


def read_attributes(problem: dict[str, Any]) -> dict[str, Any]:
    """What a problem document says beside its detail, as the attributes of an error.

    InvalidChange for members that are not as declared.
    """
    names = {"file" if name == "path" else name: name for name in _PLACES}
    found = {names[name]: value for name, value in problem.items() if name in names and value is not None}
    found |= {name: convert(found[name], datetime) for name in _TIMES if name in found}
    if "findings" in problem:
        found["findings"] = tuple(one.noun() for one in convert(problem["findings"], tuple[FindingItem, ...]))
    if "conflicts" in problem:
        found["conflicts"] = tuple(one.noun() for one in convert(problem["conflicts"], tuple[ConflictItem, ...]))
    if "candidates" in problem:
        items = convert(problem["candidates"], tuple[_CandidateItem, ...])
        found["candidates"] = tuple((one.path, one.document) for one in items)
    return found
