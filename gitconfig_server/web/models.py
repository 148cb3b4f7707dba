"""The shapes of answers, for the OpenAPI document; answers are rendered by hand, and tests hold them to these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

COMMIT = "1ec4c1f726a45a548b7dab59d089e9d76627366a"
BLOB = "0a216b414a5b4d1f2c3d4e5f60718293a4b5c6d7"

CommitId = Annotated[str, Field(examples=[COMMIT])]
BlobId = Annotated[str, Field(examples=[BLOB])]
Properties = Annotated[dict[str, Any], Field(examples=[{"db.url": "postgresql://db/orders", "db.pool": 8}])]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _List(_Shape):
    next: str | None
    limit: Annotated[int, Field(examples=[100])]


class LabelItem(_Shape):
    name: Annotated[str, Field(examples=["main"])]
    kind: Annotated[str, Field(examples=["branch"])]
    commit: CommitId
    default: bool


class LabelList(_List):
    labels: list[LabelItem]


class ApplicationItem(_Shape):
    name: Annotated[str, Field(examples=["orders"])]
    profiles: Annotated[list[str], Field(examples=[["default", "prod"]])]


class ApplicationList(_List):
    commit: CommitId
    applications: list[ApplicationItem]


class SourceItem(_Shape):
    application: Annotated[str, Field(examples=["orders"])]
    profile: Annotated[str, Field(examples=["prod"])]
    path: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    blob: BlobId
    format: Annotated[str, Field(examples=["yml"])]


class SourceList(_List):
    commit: CommitId
    sources: list[SourceItem]


class DocumentItem(_Shape):
    name: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    path: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    document: int | None
    blob: BlobId


class PositionItem(_Shape):
    line: Annotated[int, Field(examples=[3])]
    column: Annotated[int, Field(examples=[9])]


class SourceDocument(DocumentItem):
    active: Annotated[bool, Field(description="Whether it takes part where exactly this profile is active.")]
    properties: Properties
    positions: Annotated[dict[str, PositionItem] | None, Field(description="With `positions=1`.")] = None


class EnvironmentSource(DocumentItem):
    properties: Annotated[dict[str, Any] | None, Field(description="With `sources=1`.")] = None
    positions: Annotated[dict[str, PositionItem] | None, Field(description="With `sources=1`.")] = None


class SourceAnswer(_Shape):
    application: Annotated[str, Field(examples=["orders"])]
    profile: Annotated[str, Field(examples=["prod"])]
    properties: Properties
    documents: list[SourceDocument]


class Origin(_Shape):
    path: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    document: int | None
    line: int | None
    column: int | None


class EnvironmentAnswer(_Shape):
    applications: Annotated[list[str], Field(examples=[["orders"]])]
    profiles: Annotated[list[str], Field(examples=[["prod"]])]
    label: Annotated[str | None, Field(examples=["main"])]
    commit: CommitId
    view: str
    properties: Properties
    sources: list[EnvironmentSource]
    origins: dict[str, Origin] | None = None


class FileItem(_Shape):
    path: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    blob: BlobId


class FileList(_List):
    commit: CommitId
    files: list[FileItem]


class CommitItem(_Shape):
    commit: CommitId
    parents: list[str]
    author: Annotated[str, Field(examples=["Ada"])]
    email: Annotated[str, Field(examples=["ada@example.com"])]
    authored_at: datetime
    subject: Annotated[str, Field(examples=["orders: a larger pool"])]
    message: str
    trailers: dict[str, str]


class HistoryItem(CommitItem):
    received_at: datetime | None
    seq: int | None
    actor: str | None
    reason: str | None
    commits: list[CommitItem]
    truncated: bool


class HistoryList(_List):
    label: Annotated[str, Field(examples=["main"])]
    history: list[HistoryItem]


class FindingItem(_Shape):
    file: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    rule: Annotated[str, Field(examples=["duplicate-key"])]
    detail: Annotated[str, Field(examples=["db.pool is already set in line 2; this value wins"])]
    line: int | None
    column: int | None
    fatal: bool


class WriteAnswer(_Shape):
    """What a write did. `commit` is null where the label is gone, and for a dry run that would change something."""

    label: Annotated[str, Field(examples=["main"])]
    commit: Annotated[str | None, Field(examples=[COMMIT])]
    previous: Annotated[str | None, Field(examples=["4b825dc642cb6eb9a060e54bf8d69288fbee4904"])]
    changed: bool
    paths: Annotated[list[str], Field(examples=[["orders/orders-prod.yml"]])]
    findings: list[FindingItem]
    dry_run: bool


class ProblemAnswer(BaseModel):
    """RFC 9457. Further members say where: file, line, column, rule, label, option and the like."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(examples=["/api/v1/problems/unknown-label"])]
    title: Annotated[str, Field(examples=["Unknown label"])]
    status: Annotated[int, Field(examples=[404])]
    code: Annotated[str, Field(examples=["unknown-label"])]
    detail: Annotated[str, Field(examples=["no such label: mian"])]
    instance: Annotated[str, Field(examples=["/api/v1/applications"])]


class ProblemMeaning(_Shape):
    code: Annotated[str, Field(examples=["unknown-label"])]
    title: Annotated[str, Field(examples=["Unknown label"])]
    detail: Annotated[str, Field(examples=["No branch, tag or commit goes by this name."])]


class SideItem(_Shape):
    revision: Annotated[str, Field(examples=["v1"])]
    commit: CommitId


class KeyChangeItem(_Shape):
    application: Annotated[str, Field(examples=["orders"])]
    profile: Annotated[str, Field(examples=["prod"])]
    path: Annotated[str, Field(examples=["orders/application-prod.yml"])]
    document: int | None
    key: Annotated[str, Field(examples=["db.pool"])]
    op: Annotated[str, Field(examples=["change"])]
    old: Annotated[str | int | float | bool | None, Field(examples=[8])]
    new: Annotated[str | int | float | bool | None, Field(examples=[30])]


class FileChangeItem(_Shape):
    path: Annotated[str, Field(examples=["orders/application-prod.yml"])]
    op: Annotated[str, Field(examples=["change"])]
    application: str | None
    profile: str | None
    problem: str | None


class DiffAnswer(_Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    old: Annotated[SideItem, Field(alias="from")]
    new: Annotated[SideItem, Field(alias="to")]
    changes: list[KeyChangeItem]
    files: list[FileChangeItem]
    deepdiff: Annotated[dict[str, Any] | None, Field(description="With `format=deepdiff`.")] = None
    json_patch: Annotated[list[dict[str, Any]] | None, Field(description="With `format=json-patch`.")] = None


class ConflictSideItem(_Shape):
    revision: Annotated[str, Field(examples=["main"])]
    commit: CommitId
    author: Annotated[str, Field(examples=["Ada"])]
    subject: Annotated[str, Field(examples=["orders: a larger pool"])]
    blob: Annotated[str | None, Field(description="Null where the file is gone there.", examples=[BLOB])]


class ConflictItem(_Shape):
    """A file that both sides have changed differently since `base`, its blob there."""

    file: Annotated[str, Field(examples=["orders/orders-prod.yml"])]
    base: Annotated[str | None, Field(examples=[BLOB])]
    sides: list[ConflictSideItem]


class StagedAnswer(_Shape):
    """What is staged. `tip` is null where there is no working branch; `base` is where it grew from."""

    label: Annotated[str, Field(examples=["main"])]
    commit: CommitId
    branch: Annotated[str, Field(examples=["staged"])]
    tip: Annotated[str | None, Field(examples=[COMMIT])]
    base: Annotated[str | None, Field(examples=[COMMIT])]
    behind: Annotated[int, Field(description="How many commits the label has moved on since.", examples=[1])]
    commits: list[CommitItem]
    truncated: bool
    changes: list[KeyChangeItem]
    files: list[FileChangeItem]
    conflicts: list[ConflictItem]
    findings: list[FindingItem]


class CheckAnswer(_Shape):
    """What an apply would meet now."""

    label: Annotated[str, Field(examples=["main"])]
    commit: CommitId
    tip: Annotated[str | None, Field(examples=[COMMIT])]
    passed: bool
    paths: Annotated[list[str], Field(examples=[["orders/orders-prod.yml"]])]
    conflicts: list[ConflictItem]
    findings: list[FindingItem]


class InForceItem(_Shape):
    """A time in which the commit was what readers of the label got; `until` is null where it still is."""

    label: Annotated[str, Field(examples=["main"])]
    seq: int
    received_at: datetime | None
    actor: str
    reason: Annotated[str, Field(examples=["save"])]
    until: datetime | None


class CommitAnswer(CommitItem):
    in_force: list[InForceItem]
    changes: list[KeyChangeItem]
    files: list[FileChangeItem]
