import pytest

from gitconfig_server.model.reads import Reading
from gitconfig_server.web.api.lists import Cursor, cut_page, pin_reading, read_cursor
from gitconfig_server.web.problems.refusals import InvalidOption

pytestmark = pytest.mark.anyio


def keys(item):
    return (item,)


def test_pages_follow_each_other_to_the_end():
    items, seen, cursor = list("abcde"), [], None
    for _ in range(3):
        shown = cut_page(items, keys, 2, read_cursor(cursor), "c0ffee")
        seen += shown.items
        cursor = shown.next
    assert (seen, cursor) == (items, None)


def test_cursor_goes_on_where_its_item_has_gone():
    assert cut_page(list("acd"), keys, 9, Cursor("", ("b",))).items == list("cd")


def test_cursor_pins_the_commit():
    cursor = read_cursor(str(Cursor("c0ffee", ("é", "b"))))
    assert cursor == Cursor("c0ffee", ("é", "b"))
    assert pin_reading(Reading("main", "2026-01-01"), cursor) == Reading("c0ffee")
    assert pin_reading(Reading("main"), None) == Reading("main")


@pytest.mark.parametrize("text", ["", "x", "!!!!", "WzFd", "W10", "é", "bnVsbA"])
def test_strange_cursor_is_refused(text):
    with pytest.raises(InvalidOption):
        read_cursor(text)


async def test_link_leads_through_the_list(client):
    files = {f"f{number}.yml": {} for number in range(5)}
    service = client({"main": files})
    url, seen = "/api/v1/files?limit=2&label=main", []
    while url:
        answer = await service.get(url)
        seen += [one["path"] for one in answer.json()["files"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert seen == sorted(files)
