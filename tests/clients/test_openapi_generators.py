"""Generators of clients read the OpenAPI document without a warning, all of it, and what they make works."""

from __future__ import annotations

import json
import re
from urllib.request import urlopen

import pytest
from support.clients import run

READ = """
from made import Client
from made.api.environments import get_environment
from made.api.labels import list_labels
from made.api.sources import put_source
from made.models import SourceBody, SourceBodyProperties

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
labels = [label.name for label in list_labels.sync(client=client).labels]
read = get_environment.sync("orders", "prod", client=client, revision="main")
body = SourceBody(properties=SourceBodyProperties.from_dict({"made": "by a client that was generated"}))
done = put_source.sync("generated", "default", client=client, body=body, dry_run=True)
show([labels, read.applications, done.changed])
"""


@pytest.fixture(scope="session")
def document(server):
    with urlopen(f"{server.url}/api/v1/openapi.json") as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="session")
def operations(document):
    return sorted(one["operationId"] for path in document["paths"].values() for one in path.values())


def test_openapi_python_client_makes_every_operation(server, document, operations, pypi, tmp_path):
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    client = pypi("openapi-python-client")
    arguments = ("--path", "openapi.json", "--meta", "none", "--output-path", "made", "--fail-on-warning")
    run(client.bin / "openapi-python-client", "generate", *arguments, cwd=tmp_path, PATH=str(client.bin))
    made = {path.stem.replace("_", "") for path in (tmp_path / "made/api").glob("*/[!_]*.py")}
    assert made == {name.lower() for name in operations}
    labels, applications, changed = client.shown(READ, server.url, PYTHONPATH=str(tmp_path))
    assert "main" in labels
    assert (applications, changed) == (["orders"], True)


def test_openapi_typescript_makes_every_operation_and_the_types_hold(document, operations, npm, tmp_path):
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    client = npm("openapi-typescript")
    said = client.command("openapi-typescript", "openapi.json", "--output", "api.ts")
    assert "warn" not in said.lower()
    made = re.findall(r"^    (\w+): \{", (tmp_path / "api.ts").read_text().partition("interface operations")[2], re.M)
    assert sorted(set(made) & set(operations)) == operations
    client.command("tsc", "--strict", "--noEmit", "api.ts")
