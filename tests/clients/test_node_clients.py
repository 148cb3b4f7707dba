"""Three clients from npm, each in a folder of its own, read one repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.clients_repository import PROD, RELEASE_SIZE, STORED, flat

FORKS = ("cloud-config-client", "nice-cloud-config-client")
"""Two packages of one interface. They encode everything: ``/orders/prod%2Ceu/main``."""

LOAD = """
const [name, options] = process.argv.slice(1);
require(name).load(JSON.parse(options)).then((config) => show(config.toObject()));
"""


def options(url: str, **more: object) -> str:
    return json.dumps({"endpoint": url, "name": "orders", "profiles": ["prod", "eu"], "label": "main", **more})


@pytest.mark.parametrize("name", FORKS)
@pytest.mark.parametrize("more", [{}, {"auth": {"user": "user", "pass": "anything"}}], ids=["nobody", "somebody"])
def test_reads_the_same_values(server, npm, name, more):
    assert flat(npm(name).shown(LOAD, name, options(server.url, **more))) == STORED


@pytest.mark.parametrize("name", FORKS)
def test_reads_a_label_with_a_slash(server, npm, name):
    read = npm(name).shown(LOAD, name, options(server.url, label="release/1.0"))
    assert read["pool"]["size"] == RELEASE_SIZE


@pytest.mark.parametrize("name", FORKS)
def test_names_who_asks_in_the_address(server, npm, name):
    address = server.url.replace("//", "//user:anything@")
    read = npm(name).shown(LOAD, name, options(address, label=None, profiles=None))
    assert read["pool"]["size"] == 10


def test_cloud_config_client_beneath_a_path(server, npm):
    name = "cloud-config-client"
    read = npm(name).shown(LOAD, name, options(f"{server.url}/config", headers={"X-Config-Token": "none"}))
    assert flat(read) == STORED


def test_cloud_config_client_is_refused_an_absent_label(server, npm):
    ask = """
const client = require("cloud-config-client");
client.load(JSON.parse(process.argv[1])).catch((error) => show(error.message));
"""
    assert npm("cloud-config-client").shown(ask, options(server.url, label="nowhere")) == "Invalid response: 404"


def test_spring_cloud_config(server, npm, tmp_path: Path):
    spring = {"enabled": True, "endpoint": server.url, "label": "main", "fail-fast": True}
    (tmp_path / "bootstrap.yml").write_text(json.dumps({"spring": {"cloud": {"config": spring}}}))
    (tmp_path / "application.yml").write_text(json.dumps({"spring.cloud.config.name": "orders"}))
    read = npm("spring-cloud-config").shown(
        """
const options = { configPath: process.argv[1], activeProfiles: ["prod", "eu"], level: "error" };
require("spring-cloud-config").Config.load(options).then(show);
""",
        str(tmp_path),
    )
    assert flat({name: value for name, value in read.items() if name != "spring"}) == STORED


def test_spring_cloud_config_with_credentials_of_its_environment(server, npm, tmp_path: Path):
    (tmp_path / "bootstrap.yml").write_text("spring.cloud.config.enabled: true\n")
    (tmp_path / "application.yml").write_text("spring.cloud.config.name: orders\n")
    read = npm("spring-cloud-config").shown(
        """
const options = { configPath: process.argv[1], activeProfiles: ["prod"], level: "error" };
require("spring-cloud-config").Config.load(options).then((read) => show(read.pool.size));
""",
        str(tmp_path),
        SPRING_CONFIG_ENDPOINT=server.url,
        SPRING_CONFIG_AUTH_USER="user",
        SPRING_CONFIG_AUTH_PASS="anything",
    )
    assert read == PROD["pool.size"]
