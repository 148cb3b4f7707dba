"""Clients written for Spring Cloud Config Server, each installed in an environment of its own, read petclinic."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.server import clone_bundle, running_server

HERE = Path(__file__).parent
CONFIG_CLIENT = "config-client==1.5.0"
CLOUD_CONFIG_CLIENT = "cloud-config-client@1.6.2"


def environment():
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def run(*command, cwd):
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def petclinic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("petclinic")
    with running_server(clone_bundle("petclinic.bundle", folder / "petclinic.git")) as server:
        yield server.url


@pytest.fixture(scope="module")
def config_client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pypi")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", CONFIG_CLIENT, cwd=folder)
    return lambda *arguments: json.loads(run(python, HERE / "read_config_client.py", *arguments, cwd=folder))


@pytest.fixture(scope="module")
def cloud_config_client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("npm")
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, CLOUD_CONFIG_CLIENT, cwd=folder)
    script = shutil.copy(HERE / "read_cloud_config_client.js", folder)
    return lambda *arguments: json.loads(run("node", script, *arguments, cwd=folder))


def test_config_client_reads_a_profile(petclinic, config_client):
    read = config_client(petclinic, "customers-service", "docker", "main")
    assert read["server"]["port"] == 8081
    assert read["server"]["shutdown"] == "graceful"
    assert read["eureka"]["client"]["serviceUrl"]["defaultZone"] == "http://discovery-server:8761/eureka/"


def test_config_client_reads_with_its_own_default_label(petclinic, config_client):
    read = config_client(petclinic, "api-gateway", "development", "master")
    assert read["server"]["port"] == 8080


def test_cloud_config_client_reads_a_profile(petclinic, cloud_config_client):
    read = cloud_config_client(petclinic, "customers-service", "docker", "main")
    assert read["server"] == {"port": 8081, "shutdown": "graceful"}
    assert read["eureka"]["client"]["serviceUrl"]["defaultZone"] == "http://discovery-server:8761/eureka/"


def test_cloud_config_client_reads_a_label_with_a_slash(petclinic, cloud_config_client):
    read = cloud_config_client(petclinic, "api-gateway", "default,docker", "feature/sb-3.2.4")
    assert read["server"]["port"] == 8080
