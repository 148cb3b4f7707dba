"""What Spring's own classes made of imports, included profiles and groups of profiles (`data/README.md`)."""

import json

import pytest
from spring.make_repos import DATA
from support.trees import tree_of

from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.resolution.resolve import ResolveOptions, resolve
from gitconfig_server.errors import InvalidContent

ROWS = [json.loads(line) for line in (DATA / "contributors.jsonl").read_text().splitlines()]

OURS = {
    "profiles default bad": "spring.profiles.default is only shown, never followed, so its names do not matter",
    "profiles validate false": "no file can switch off the rule for the names that become names of files",
    "import cpstar": "what lies outside is not looked at, so its wildcards are not judged",
    "import configtree noslash": "what lies outside is not looked at",
    "import configserver": "nothing is ever opened over the network, so nothing can refuse the connection",
    "import percent": "a path is a path: % means nothing in it",
    "import isdir": "a folder is no file, whatever its name",
}


def answer(row):
    """The names of the sources, None where the request fails."""
    options = ResolveOptions(tuple(map(parse_search_path, row.get("searchPaths", []))))
    try:
        found = resolve(
            tree_of(row["files"]), row["application"].split(","), row["profiles"].split(","), "main", options
        )
    except InvalidContent:
        return None
    return [source.name for source in found]


@pytest.mark.parametrize("row", [row for row in ROWS if row["row"] not in OURS], ids=lambda row: row["row"])
def test_sources_are_those_of_spring(row):
    assert answer(row) == row.get("sources")


@pytest.mark.parametrize("row", [row for row in ROWS if row["row"] in OURS], ids=lambda row: row["row"])
def test_what_differs_on_purpose_still_differs(row):
    assert answer(row) != row.get("sources"), OURS[row["row"]]


def test_every_difference_is_of_a_row():
    assert set(OURS) <= {row["row"] for row in ROWS}
