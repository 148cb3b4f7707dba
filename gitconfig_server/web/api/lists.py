"""Lists in pages. A cursor names the commit and the last item shown, so that every page is of one commit."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import orjson
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.reads import Listing, Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.service.crossing import aside
from gitconfig_server.web.answers.conditional import answer, weak
from gitconfig_server.web.api.options import ListOptions
from gitconfig_server.web.mounting import prefix_of
from gitconfig_server.web.problems.refusals import InvalidOption
from gitconfig_server.wire.declarations import Declaration, encode

_T = TypeVar("_T")
_MEMBERS = 8
"""How many properties cost as much as an item of a list."""

ItemKey = tuple[str, ...]


class Cursor(Struct, frozen=True):
    """Where the next page begins: behind the item of this key."""

    commit: str
    key: ItemKey

    def __str__(self) -> str:
        return urlsafe_b64encode(orjson.dumps([self.commit, *self.key])).decode().rstrip("=")


class Page(Struct, Generic[_T], frozen=True):
    """Some items of a sorted list, and the cursor of those that follow."""

    items: Sequence[_T]
    next: str | None


def read_cursor(text: str | None) -> Cursor | None:
    """The cursor a client sent back; InvalidOption where it is none of ours."""
    if text is None:
        return None
    try:
        parts = orjson.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise InvalidOption("cursor", "is not one that this server gave") from error
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        raise InvalidOption("cursor", "is not one that this server gave")
    return Cursor(parts[0], tuple(parts[1:]))


def pin_reading(reading: Reading, cursor: Cursor | None) -> Reading:
    """What to read for this page: the commit the first page was of."""
    return replace(reading, revision=cursor.commit, at=None, staged=False) if cursor else reading


def cut_page(
    items: Sequence[_T], key: Callable[[_T], ItemKey], limit: int, cursor: Cursor | None, commit: str = ""
) -> Page[_T]:
    """At most ``limit`` of ``items``, which are sorted by ``key``, behind the cursor."""
    rest = [item for item in items if key(item) > cursor.key] if cursor else items
    shown = rest[:limit]
    return Page(shown, str(Cursor(commit, key(shown[-1]))) if len(rest) > limit else None)


def link_header(request: Request, cursor: str | None) -> dict[str, str]:
    """``Link`` to the next page, as a relative reference: the names we are called by are not ours to know."""
    if cursor is None:
        return {}
    query = request.url.include_query_params(cursor=cursor).query
    return {"Link": f'<{prefix_of(request.scope)}{request.scope["path"]}?{query}>; rel="next"'}


async def answer_listing(
    request: Request,
    options: ListOptions,
    listing: Listing[_T],
    declare: Callable[..., Declaration[Any]],
    *,
    key: Callable[[_T], ItemKey],
) -> Response:
    """One page of ``listing``, its commit with it; the validator knows the items alone, not the commit.

    ``declare`` makes the body of the items, ``commit``, ``next`` and ``limit``.
    """

    def render() -> tuple[bytes, str, str | None]:
        shown = cut_page(listing.items, key, options.limit, read_cursor(options.cursor), listing.commit)
        body = declare(shown.items, commit=listing.commit, next=shown.next, limit=options.limit)
        return encode(body), weak(body.members() | {"commit": "", "next": shown.next is None}), shown.next

    body, etag, following = await aside(weigh_list(listing.items, options.limit), render)
    return answer(
        request,
        body,
        media_type="application/json",
        etag=etag,
        commit=listing.commit,
        asked=options.reading().revision,
        headers=link_header(request, following),
    )


def weigh_list(items: Sequence[object], limit: int) -> int:
    """For ``aside``: finding a page costs a little for each item, rendering it as much as some properties for each."""
    return len(items) // 4 + _MEMBERS * min(len(items), limit)
