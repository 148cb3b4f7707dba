"""A configuration that others wrote, read by clients that others wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.server import Server, clone_bundle, running_server

GATEWAY_PORT = 8080
CUSTOMERS = {"port": 8081, "shutdown": "graceful"}
EUREKA = "http://discovery-server:8761/eureka/"


@pytest.fixture(scope="module")
def petclinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("petclinic")
    with running_server(clone_bundle("petclinic.bundle", folder / "petclinic.git")) as server:
        yield server


def test_config_client_reads_a_profile(petclinic, pypi):
    read = pypi("config-client").shown(
        """
from config import create_config_client
show(create_config_client(address=sys.argv[1], app_name="customers-service", profile="docker", label="main").config)
""",
        petclinic.url,
    )
    assert {name: read["server"][name] for name in CUSTOMERS} == CUSTOMERS
    assert read["eureka"]["client"]["serviceUrl"]["defaultZone"] == EUREKA


def test_cloud_config_client_reads_a_profile(petclinic, npm):
    read = npm("cloud-config-client").shown(
        """
const options = { endpoint: process.argv[1], name: "customers-service", profiles: ["docker"], label: "main" };
require("cloud-config-client").load(options).then((config) => show(config.toObject()));
""",
        petclinic.url,
    )
    assert read["server"] == CUSTOMERS
    assert read["eureka"]["client"]["serviceUrl"]["defaultZone"] == EUREKA


def test_cloud_config_client_reads_a_label_with_a_slash(petclinic, npm):
    read = npm("cloud-config-client").shown(
        """
const options = { endpoint: process.argv[1], name: "api-gateway", profiles: ["docker"], label: "feature/sb-3.2.4" };
require("cloud-config-client").load(options).then((config) => show(config.get("server.port")));
""",
        petclinic.url,
    )
    assert read == GATEWAY_PORT
