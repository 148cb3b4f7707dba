"""The answer that lists of what one commit holds have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.catalogue import Listing
from gitconfig_server.web.conditional import answer, weak
from gitconfig_server.web.options import ListOptions
from gitconfig_server.web.paging import ItemKey, link_header, list_body, page, read_cursor
from gitconfig_server.web.rendering import render

T = TypeVar("T")


def answer_listing(
    request: Request,
    options: ListOptions,
    name: str,
    listing: Listing[T],
    *,
    key: Callable[[T], ItemKey],
    show: Callable[[T], dict[str, Any]],
) -> Response:
    """One page of ``listing``, its commit with it; the validator knows the items alone, not the commit."""
    shown = page(listing.items, key, options.limit, read_cursor(options.cursor), listing.commit)
    items = [show(item) for item in shown.items]
    return answer(
        request,
        render(list_body(name, items, options.limit, shown.next, commit=listing.commit)),
        media_type="application/json",
        etag=weak(name, items, options.limit, shown.next is None),
        commit=listing.commit,
        asked=options.reading().revision,
        headers=link_header(request, shown.next),
    )
