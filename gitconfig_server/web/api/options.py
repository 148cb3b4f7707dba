"""What a route is given: the service, who is calling, and query options. An unknown option is refused."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Path
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.environments import PropertySource, Value
from gitconfig_server.model.history import DiffFormat
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading, Shape, View
from gitconfig_server.model.replace import replace
from gitconfig_server.service.base import ConfigService
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.problems.refusals import InvalidOption, UnknownOption

_MAX_ITEMS = 1000

Limit = Annotated[int, Field(ge=1, le=_MAX_ITEMS, description="How many items at most.")]
ApplicationName = Annotated[str, Path(description="Who reads; a slash as `%2F` or `(_)`.", examples=["orders"])]
ProfileName = Annotated[str, Path(description="In which environment.", examples=["prod"])]
FilePath = Annotated[str, Path(description="Slashes as they are, or as `%2F`.", examples=["orders/application.yml"])]
ProblemCode = Annotated[str, Path(description="The `code` of a problem.", examples=["unknown-label"])]
Cursor = Annotated[str | None, Field(description="The `next` of an earlier page.")]


# Coroutines that wait for nothing: of a plain function FastAPI makes a switch to a thread, for each request.


async def single_options(request: Request) -> None:
    """As ``_check_single``, of every route of the framework."""
    _check_single(request)


def _check_single(request: Request) -> None:
    """Raise InvalidOption where an option is given twice: nobody could say which one counts."""
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if count > 1:
            raise InvalidOption(name, "is given more than once")


class Options(BaseModel):
    """No option at all; the base of all others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Q = TypeVar("Q", bound=Options)


def read_options(request: Request, model: type[Q]) -> Q:
    """The options of a route that is not the framework's. InvalidOption, UnknownOption."""
    _check_single(request)
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        fault = error.errors()[0]
        option = str(fault["loc"][-1])
        if fault["type"] == "extra_forbidden":
            raise UnknownOption(option, list(model.model_fields)) from error
        raise InvalidOption(option, fault["msg"]) from error


class _ReadingOptions(Options):
    """Which commit to read: nothing means the default label as it is now."""

    revision: Annotated[
        str | None,
        Field(description="A label, an id, or steps from one.", examples=["main", "v1~2", "main@{2026-01-31T12:00Z}"]),
    ] = None
    label: Annotated[str | None, Field(description="Another word for `revision`.", examples=["main"])] = None
    at: Annotated[
        str | None, Field(description="The label as it was at this time.", examples=["2026-01-31T12:00Z"])
    ] = None
    staged: Annotated[
        bool, Field(description="What is staged for the label; the label as it is where nothing is staged.")
    ] = False

    def reading(self) -> Reading:
        """What to read; InvalidOption where both words for one thing are given."""
        if self.revision is not None and self.label is not None:
            raise InvalidOption("label", "is another word for revision: give one of them")
        return Reading(self.label if self.revision is None else self.revision, self.at, staged=self.staged)


class EnvironmentOptions(_ReadingOptions):
    """How to show an environment."""

    view: Annotated[Literal["running", "saved"], Field(description="What readers get, or what is saved.")] = "running"
    shape: Annotated[Shape, Field(description="Keys as `a.b[0]`, or as nested maps and lists.")] = "flat"
    origins: Annotated[bool, Field(description="Name the file and line each value comes from.")] = False
    sources: Annotated[bool, Field(description="What each source says, and where, effective or not.")] = False

    def reading(self) -> Reading:
        """What to read, and which state of it."""
        return replace(super().reading(), view=View(self.view))


class SourceOptions(_ReadingOptions):
    """How to show a source."""

    shape: Annotated[Shape, Field(description="Keys as `a.b[0]`, or as nested maps and lists.")] = "nested"
    positions: Annotated[bool, Field(description="Tell where in its file each key's value stands.")] = False
    path: Annotated[str | None, Field(description="Only what this file of it says.")] = None
    document: Annotated[int | None, Field(ge=0, description="Only what this document says, from 0.")] = None

    def wants(self, source: PropertySource) -> bool:
        """Whether a document of a source is to be shown."""
        return self.path in (None, source.path) and self.document in (None, source.document or 0)

    def form(self) -> str:
        """A word for all that makes two answers about one content differ, for an ETag."""
        narrow = (self.positions, self.path, self.document)
        if narrow == (False, None, None):
            return self.shape
        return f"{self.shape}-{hashlib.sha256(repr(narrow).encode(errors='surrogatepass')).hexdigest()[:8]}"


class LabelListOptions(Options):
    """Which part of the list of labels."""

    limit: Limit = 100
    cursor: Cursor = None


class ListOptions(_ReadingOptions):
    """Which part of a list of what one commit holds."""

    limit: Limit = 100
    cursor: Cursor = None


class SourceListOptions(ListOptions):
    """Whose sources."""

    application: Annotated[str | None, Field(description="Only of this application.", examples=["orders"])] = None


class SearchOptions(SourceListOptions):
    """What to search for, and where."""

    text: Annotated[str, Field(description="Part of a key or value, capitals or not.", examples=["db.pool"])]


class FileOptions(_ReadingOptions):
    """For whom a path is to be looked up; as it is, where that is nobody."""

    application: Annotated[
        str | None, Field(description="Look where Spring looks for plain files of it.", examples=["orders"])
    ] = None
    profiles: Annotated[str | None, Field(description="In which environment, beside the application.")] = None


class DiffOptions(Options):
    """What to compare, and how to tell it."""

    old: Annotated[
        str | None, Field(alias="from", description="The earlier revision; else the parent of `to`.", examples=["v1"])
    ] = None
    new: Annotated[
        str | None, Field(alias="to", description="The later revision; else the default label.", examples=["main"])
    ] = None
    label: Annotated[
        str | None, Field(description="Whose `pending` apply a side of that name is; else the default label's.")
    ] = None
    application: Annotated[str | None, Field(description="Only files of this application.")] = None
    profile: Annotated[str | None, Field(description="Only files of this profile of it.")] = None
    effective: Annotated[
        bool, Field(description="What clients of the application and profiles get, not what is stored.")
    ] = False
    format: Annotated[
        DiffFormat,
        Field(description="`unified` is text for `git apply`; the others are members beside `changes`."),
    ] = DiffFormat.KEYS


class HistoryOptions(Options):
    """Which part of a label's history."""

    label: Annotated[str | None, Field(description="The default label where none is given.", examples=["main"])] = None
    application: Annotated[str | None, Field(description="Only what changed this application.")] = None
    profile: Annotated[str | None, Field(description="Only what changed this profile of the application.")] = None
    since: Annotated[str | None, Field(description="Received at or after.", examples=["2026-01-31"])] = None
    until: Annotated[str | None, Field(description="Received before.", examples=["2026-02-28T12:00Z"])] = None
    limit: Limit = 50
    cursor: Cursor = None


async def _service_of(request: Request) -> ConfigService:
    """The service the application was made for."""
    service: ConfigService = request.app.state.service
    return service


async def caller(request: Request) -> Principal:
    """Who sent the request."""
    return caller_of(request.scope)


Service = Annotated[ConfigService, Depends(_service_of)]
Caller = Annotated[Principal, Depends(caller)]


def shape_sources(sources: Sequence[PropertySource], shape: Shape) -> dict[str, Any]:
    """What sources, the strongest first, hold together; one alone as it is, so that a PUT of it loses nothing."""
    if len(sources) != 1:
        return shape_properties(merge(one.properties for one in sources), shape)
    (alone,) = sources
    if shape == "nested" and alone.nested is not None:
        return dict(alone.nested)
    return shape_properties(alone.properties, shape)


def shape_properties(properties: Mapping[str, Value], shape: Shape) -> dict[str, Any]:
    """Flat keys as they are, or as nested maps and lists; InvalidName for keys that cannot be nested."""
    return unflatten(properties, sparse_as_maps=True) if shape == "nested" else dict(properties)
