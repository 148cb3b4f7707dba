"""Nine more clients from PyPI, each in an environment of its own; what is theirs to get wrong is named beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.clients_repository import EU, FIRST_SIZE, PROD, RESOLVED, SECRET, STORED, flat, texts

OPEN = ("user", "anything")
"""Credentials that some clients send unasked: a server without authentication must not mind."""


# spring-config-client: /main/orders-prod,eu.json; always sends Basic, ":" where it was given nothing


@pytest.mark.parametrize("who", [("", ""), OPEN], ids=["nobody", "somebody"])
def test_spring_config_client(server, pypi, who):
    read = pypi("spring-config-client").shown(
        """
from spring_config import ClientConfigurationBuilder
from spring_config.client import SpringConfigClient
address, user, password = sys.argv[1:]
configuration = (
    ClientConfigurationBuilder().app_name("orders").address(address).profile("prod,eu").branch("main")
    .authentication((user, password)).build()
)
show(SpringConfigClient(configuration).get_config())
""",
        server.url,
        *who,
    )
    assert flat(read) == RESOLVED


def test_spring_config_client_by_default(server, pypi):
    read = pypi("spring-config-client").shown(
        """
from spring_config import ClientConfigurationBuilder
from spring_config.client import SpringConfigClient
configuration = ClientConfigurationBuilder().app_name("orders").address(sys.argv[1]).build()
show(SpringConfigClient(configuration).get_attribute("pool.size"))
""",
        server.url,
    )
    assert read == 10


# spring-cloud-config-client: /orders-application,kafka,eu.yml?resolvePlaceholders=false; always sends Basic

INIT = """
from spring_cloud_config_client import props
application, *profiles = sys.argv[1:]
props.init(application=application, profiles=profiles)
show(props._props)
"""


def test_spring_cloud_config_client(server, pypi):
    """Without ``prod``: it takes text whose encoding goes unsaid, as Spring leaves it, for Latin-1."""
    client = pypi("spring-cloud-config-client")
    variables = {"CONFIG_SERVER_FQDN": server.url + "/", "CONFIG_PASSWORD": "anything"}
    read = client.shown(INIT, "orders", "kafka", "eu", **variables)
    of_others = {key: value for key, value in STORED.items() if key not in PROD}
    assert flat(read) == {**of_others, "pool.size": 10, "kafka.topic": "orders"}


def test_spring_cloud_config_client_with_an_application_alone(server, pypi):
    client = pypi("spring-cloud-config-client")
    read = client.shown(INIT, "orders", CONFIG_SERVER_FQDN=server.url + "/", CONFIG_PASSWORD="anything")
    assert read["pool"] == {"size": 10, "timeout": "30s", "hosts": ["one", "two"], "weights": {"one": 3, "two": 1}}


def test_spring_cloud_config_client_with_profiles_alone(server, pypi):
    host, port = server.url.removeprefix("http://").split(":")
    client = pypi("spring-cloud-config-client")
    read = client.shown(
        INIT, "", "kafka", "redis", CONFIG_SERVER_HOST=host, CONFIG_SERVER_PORT=port, CONFIG_PASSWORD="x"
    )
    assert read == {"db": {"host": "db.internal", "port": 5432}, "pool": {"size": 5}, "kafka": {"topic": "orders"}}


def test_spring_cloud_config_client_tests_the_connection(server, pypi):
    ask = "from spring_cloud_config_client import _test\n_test()\nshow('reached')"
    variables = {"CONFIG_SERVER_FQDN": server.url + "/", "CONFIG_CLIENT_FAIL_FAST": "true"}
    assert pypi("spring-cloud-config-client").shown(ask, **variables, CONFIG_SERVER_PASSWORD="x") == "reached"


# configserver-py: /orders/prod, without a label


def test_configserver_py(server, pypi, tmp_path: Path):
    (tmp_path / "py-prod.yaml").write_text(f"application:\n  name: orders\nconfig_server_url: {server.url}\n")
    read = pypi("configserver-py").shown(
        """
from lib import ConfigLoader
loader = ConfigLoader(base_path=".")
loader.load_local_config()
read = loader.get_config()
show([read, os.environ["GREETING"]])
""",
        CONFIG_PROFILE="prod",
    )
    properties, greeting = read
    expected = {key: value for key, value in texts(STORED).items() if key not in EU}
    local = {"application": {"name": "orders"}, "config_server_url": server.url}
    weakest_wins = {
        "pool.size": "5"
    }  # its own order of sources: it lets the last one win, and Spring's last is weakest
    assert properties == {**expected, **weakest_wins, **local}
    assert greeting == PROD["greeting"]


# config-server-client-python: /orders/prod,eu[/commit]; keeps sources whose names contain "configurations/orders"

EXPORT = """
from src.config_server_python_library import ConfigServerPythonClient
url, profiles, commit = sys.argv[1:]
client = ConfigServerPythonClient(url, "orders", profiles.split(","), commit, "space")
client.write_configs_to_env()
show({key: os.environ[key] for key in client.filtered_config_properties})
"""


def test_config_server_client_python(server, pypi):
    read = pypi("config-server-client-python").shown(EXPORT, server.url, "eu,prod", "")
    of_everyone = ("db.host", "db.port")  # it keeps the application's own sources, the others only fill placeholders
    assert read == {key: value for key, value in texts(RESOLVED).items() if key not in of_everyone}


def test_config_server_client_python_reads_a_commit(server, pypi, first_commit):
    read = pypi("config-server-client-python").shown(EXPORT, server.url, "prod", first_commit)
    assert read["pool.size"] == str(FIRST_SIZE)
    assert read["db.url"] == RESOLVED["db.url"]


# spring-config-client-python and spring-ready-python: /orders/prod,eu with Basic; into the environment


def test_spring_config_client_python(server, pypi):
    read, exported = pypi("spring-config-client-python").shown(
        """
from spring_config_client import SpringConfigClient
read = SpringConfigClient(sys.argv[1], "orders", "prod,eu", username="user", password="anything").fetch_and_load()
show([read, {key: os.environ[key] for key in read}])
""",
        server.url,
    )
    assert read == STORED
    assert exported == texts(RESOLVED)


def test_spring_ready_python(server, pypi):
    read = pypi("spring-ready-python").shown(
        """
from spring_ready.config import ConfigServerLoader
show(ConfigServerLoader.from_env().load_config())
""",
        SPRING_APPLICATION_NAME="orders",
        SPRING_PROFILES_ACTIVE="prod,eu",
        CONFIG_SERVER_URI=server.url,
        CONFIG_SERVER_USERNAME="user",
        CONFIG_SERVER_PASSWORD="anything",
    )
    assert read == STORED


# spring_centralized_config_client: /orders/prod/main; it looks at the first source alone, by its own choice

GET = """
from spring_centralized_config_client.client import SpringCentralizedConfigClient
url, application, profile, decrypt = sys.argv[1:]
client = SpringCentralizedConfigClient(
    application, profile, "main", url, auth_required=True, username="user", password="anything", decrypt=bool(decrypt)
)
show(client.get_config())
"""


def test_spring_centralized_config_client(server, pypi):
    assert pypi("spring-centralized-config-client").shown(GET, server.url, "orders", "prod", "") == PROD


def test_spring_centralized_config_client_decrypts(sealed, pypi):
    read = pypi("spring-centralized-config-client").shown(GET, sealed.url, "vault", "default", "yes")
    assert read == {"login": "admin", "password": SECRET}


# ecmind-spring-config: [/main]/orders-prod,eu.json over urllib


@pytest.mark.parametrize("label", ["", "main"], ids=["no-label", "label"])
def test_ecmind_spring_config(server, pypi, tmp_path: Path, label):
    cloud = {"config": {"uri": server.url} | ({"label": label} if label else {})}
    (tmp_path / "application.yml").write_text(
        json.dumps({"spring": {"application": {"name": "orders"}, "cloud": cloud}})
    )
    read = pypi("ecmind-spring-config").shown(
        """
from ecmind_spring_config import Config
read = Config(profiles=["prod", "eu"])
show({name: read[name] for name in ("db", "pool", "cache", "greeting", "tax")})
"""
    )
    assert flat(read) == RESOLVED


def test_ecmind_spring_config_doubles_a_slash(server, pypi, tmp_path: Path):
    spring = {"application": {"name": "orders"}, "cloud": {"config": {"uri": server.url + "/"}}}
    (tmp_path / "application.yml").write_text(json.dumps({"spring": spring}))
    read = pypi("ecmind-spring-config").shown(
        """
from ecmind_spring_config.config import Config
read = Config(profiles=["prod", "eu"])
show({name: read[name] for name in ("db", "pool", "cache", "greeting", "tax")})
"""
    )
    assert flat(read) == RESOLVED


# py-spring-config: /orders/prod, /orders/* where no profile is set; it looks at the first source alone

LOAD = "from py_spring_config.loader import load_properties\nshow(load_properties(*sys.argv[1:]))"


def test_py_spring_config(server, pypi):
    assert pypi("py-spring-config").shown(LOAD, server.url, "orders", "prod") == PROD


def test_py_spring_config_without_a_profile(server, pypi):
    """It asks for ``*``, which Spring refuses since it looks at the characters of profiles, as it understands."""
    read = pypi("py-spring-config").shown(
        """
from py_spring_config.exceptions import AutoConfigurationFailedException
from py_spring_config.loader import load_properties
try:
    load_properties(sys.argv[1], "orders")
except AutoConfigurationFailedException:
    show("refused")
""",
        server.url,
    )
    assert read == "refused"


def test_py_spring_config_in_dynaconf(server, pypi, tmp_path: Path):
    (tmp_path / "settings.toml").write_text("[production]\n")
    read = pypi("py-spring-config").shown(
        """
from py_spring_config.config import load_config
settings = load_config("production")
show([settings.POOL_SIZE, settings.GREETING])
""",
        CONFIG_SERVER=server.url,
        APP_NAME="orders",
        PROFILE="prod",
    )
    assert read == [PROD["pool.size"], PROD["greeting"]]
