"""What Spring's own server answered over these repositories, row by row (`data/README.md`)."""

import json
from urllib.parse import unquote

import pytest
from spring.make_repos import DATA, fixtures

from gitconfig_server.config.names.file_names import check_applications, check_profiles
from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.resolution.resolve import ResolveOptions, resolve
from gitconfig_server.errors import InvalidContent, InvalidName

ROWS = [json.loads(line) for line in (DATA / "environments.jsonl").read_text().splitlines()]
REFUSALS = {400: InvalidName, 500: InvalidContent}

OURS = {36: "a broken file on main is an error that names it, not a fall back to a label that does not exist"}


def answer(row):
    """The sources as Spring names and numbers them, and the commit they are of."""
    parts = [unquote(part) for part in row["path"].strip("/").split("/")]
    applications, profiles = check_applications(parts[0]), check_profiles(parts[1])
    fixture = fixtures()[row["repository"]]
    label = parts[2].replace("(_)", "/") if len(parts) > 2 else fixture.head.decode().removeprefix("refs/heads/")
    commit = fixture.refs.get(f"refs/heads/{label}".encode()) or fixture.refs[f"refs/tags/{label}".encode()]
    options = ResolveOptions(tuple(map(parse_search_path, row.get("searchPaths", []))))
    return commit.decode(), resolve(fixture.tree(commit), applications, profiles, label, options)


def shown(source, with_places):
    if not with_places:
        return dict(source.properties)
    return {key: {"value": value, "origin": str(source.positions[key])} for key, value in source.properties.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['row']}-{row['path']}")
def test_answers_are_those_of_spring(row):
    status = 500 if row["row"] in OURS else row["status"]
    if status in REFUSALS:
        with pytest.raises(REFUSALS[status]):
            answer(row)
        return
    commit, sources = answer(row)
    with_places = any(isinstance(value, dict) for _, content in row["sources"] for value in content.values())
    found = [[source.name, shown(source, with_places)] for source in sources]
    assert json.dumps(found) == json.dumps(row["sources"])
    assert commit == row["version"]


def test_what_differs_on_purpose_still_differs():
    assert {row["row"]: row["status"] for row in ROWS if row["row"] in OURS} == {36: 404}
