"""An ordinary Spring Boot application with ``spring-cloud-starter-config``, in the folder ``spring-boot``."""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.clients import CLIENTS, maven_jar
from support.clients_repository import PROD, RELEASE_SIZE, RESOLVED, SECRET, resize
from support.git import git
from support.server import free_port, running_server

SECONDS = 120
SMALL = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m")
QUIET = {"spring.main.banner-mode": "off", "logging.level.root": "error", "spring.application.name": "orders"}
NO_WEB = {"spring.main.web-application-type": "none"}
IN_JAVA = {key: "true" if value is True else str(value) for key, value in RESOLVED.items()}
POOL = {"size": 10, "timeout": "PT30S", "hosts": ["one", "two"], "weights": {"one": 3, "two": 1}}


@pytest.fixture(scope="session")
def jar() -> Path:
    return maven_jar(CLIENTS / "spring-boot")


def command(jar: Path, properties: Mapping[str, str], *options: str) -> list[str]:
    given = [f"--{name}={value}" for name, value in {**QUIET, **properties}.items()]
    return ["java", *SMALL, *options, "-jar", str(jar), *given]


def start(jar: Path, cwd: Path, properties: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """The application from its start to its end."""
    line = command(jar, {**NO_WEB, **properties}, *options)
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False)


def configured(done: subprocess.CompletedProcess[str]) -> Any:
    """What an application that started said of itself."""
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def running(jar: Path, cwd: Path, properties: Mapping[str, str]) -> Iterator[str]:
    """The address of an application that serves pages until the context ends."""
    with subprocess.Popen(command(jar, properties), cwd=cwd, stdout=subprocess.PIPE, text=True) as process:
        too_late = threading.Timer(SECONDS, process.kill)
        too_late.start()
        try:
            assert process.stdout
            before = []
            for line in process.stdout:
                if line.startswith("{"):
                    yield f"http://127.0.0.1:{json.loads(line)['port']}"
                    break
                before.append(line)
            else:
                raise AssertionError("".join(before))
        finally:
            too_late.cancel()
            process.kill()


def ask(url: str, data: bytes | None = None) -> Any:
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


def test_refreshes_after_a_push(server, jar, tmp_path: Path):
    work = tmp_path / "work"
    git(tmp_path, "clone", "--quiet", "--branch", "release/1.0", server.remote, work.name)
    git(work, "switch", "--quiet", "--create", "team/boot")
    git(work, "push", "--quiet", "origin", "team/boot")
    properties = {
        "spring.config.import": f"configserver:{server.url}",
        "spring.profiles.active": "prod,eu",
        "spring.cloud.config.label": "team/boot",
        "spring.cloud.config.username": "user",
        "spring.cloud.config.password": "anything",
        "spring.cloud.config.fail-fast": "true",
        "server.port": "0",
        "management.endpoints.web.exposure.include": "health,refresh",
        "management.endpoint.health.show-details": "always",
    }
    with running(jar, tmp_path, properties) as application:
        before = ask(f"{application}/configured")
        resize(work, RELEASE_SIZE, 41)
        git(work, "push", "--quiet", "origin", "team/boot")
        refreshed = ask(f"{application}/actuator/refresh", b"")
        after = ask(f"{application}/configured")
        health = ask(f"{application}/actuator/health")

    assert before["profiles"] == ["prod", "eu"]
    assert before["properties"] == {**IN_JAVA, "pool.size": str(RELEASE_SIZE)}
    assert before["pool"] == {**POOL, "size": RELEASE_SIZE}
    names = [source.rpartition("configurations/")[2] for source in before["sources"]]
    assert names == ["orders-eu.properties", "orders-prod.yml", "orders.yml", "application.yml"]
    assert sorted(refreshed) == ["config.client.version", "pool.size"]
    assert after["properties"]["pool.size"] == "41"
    assert after["pool"]["size"] == 41
    assert health["components"]["clientConfigServer"]["status"] == "UP"


def test_decrypts_by_itself_where_the_server_has_no_key(repository: Path, jar, tmp_path: Path):
    with running_server(repository) as keyless:
        properties = {
            "spring.config.import": f"configserver:{keyless.url}",
            "spring.cloud.config.media-type": "application/json",
            "encrypt.key": "foo",
        }
        read = configured(start(jar, tmp_path, properties))
    assert read["properties"]["db.password"] == SECRET
    assert read["pool"] == POOL


def test_tries_labels_and_addresses_in_turn(server, jar, tmp_path: Path):
    properties = {
        "spring.config.import": "configserver:",
        "spring.cloud.config.uri": f"http://127.0.0.1:{free_port()},{server.url}/config",
        "spring.cloud.config.label": "nowhere,main",
        "spring.profiles.active": "prod",
    }
    assert configured(start(jar, tmp_path, properties))["pool"]["size"] == PROD["pool.size"]


def test_starts_in_the_way_of_before_config_imports(server, jar, tmp_path: Path):
    properties = {"spring.cloud.config.uri": server.url, "spring.profiles.active": "prod,eu"}
    read = configured(start(jar, tmp_path, properties, "-Dspring.cloud.bootstrap.enabled=true"))
    assert read["pool"]["size"] == PROD["pool.size"]


@pytest.mark.parametrize("fail_fast", ["true", "false"])
def test_ends_where_the_server_is_down(jar, tmp_path: Path, fail_fast):
    address = f"http://127.0.0.1:{free_port()}"
    properties = {"spring.config.import": f"configserver:{address}", "spring.cloud.config.fail-fast": fail_fast}
    done = start(jar, tmp_path, properties)
    assert done.returncode == 1
    assert "Connection refused" in done.stdout or "Connection refused" in done.stderr


def test_ends_where_the_label_is_absent(server, jar, tmp_path: Path):
    properties = {"spring.config.import": f"configserver:{server.url}", "spring.cloud.config.label": "nowhere"}
    done = start(jar, tmp_path, properties)
    assert done.returncode == 1
    assert "nowhere" in done.stdout + done.stderr


def test_starts_without_a_server_where_that_is_optional(jar, tmp_path: Path):
    address = f"http://127.0.0.1:{free_port()}"
    read = configured(start(jar, tmp_path, {"spring.config.import": f"optional:configserver:{address}"}))
    assert read["sources"] == []
