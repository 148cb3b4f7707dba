"""``/`` in a browser, and for everybody else."""

import re

import pytest
from support.whole import whole

pytestmark = pytest.mark.anyio

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_browser_gets_a_page_whose_links_lead_somewhere():
    files = {"orders.yml": "a: 1\n", "orders-prod.yml": "a: 2\n", "team/<b>x&y.yml": "b: 1\n"}
    async with whole(files) as one:
        page = await one.client.get("/", headers=BROWSER)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "git clone http://localhost/config.git" in page.text
        assert "<b>" not in page.text
        links = re.findall(r'href="([^"]+)"', page.text)
        assert {"orders/default", "orders/prod", "api/v1/openapi.json"} <= set(links)
        for link in links:
            assert (await one.client.get(f"/{link}")).status_code == 200, link


async def test_an_empty_repository_has_a_page_too():
    async with whole({}) as one:
        assert "push something" in (await one.client.get("/", headers=BROWSER)).text


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_programs_are_told_that_nothing_is_served_there(accept):
    async with whole({"orders.yml": "a: 1\n"}) as one:
        answer = await one.client.get("/", headers={"Accept": accept})
        assert (answer.status_code, answer.json()["message"]) == (404, "nothing is served at /")
