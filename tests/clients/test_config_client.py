"""PyPI's config-client: environments, files, encryption, and its command.

It asks for ``/orders/prod,eu/main``; left to itself for the label ``master`` and the profile ``development``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.clients_repository import CIPHER, FILES, RELEASE_SIZE, SECRET, STORED, flat


def test_config_client(server, pypi):
    read = pypi("config-client").shown(
        """
from config import ConfigClient
client = ConfigClient(address=sys.argv[1], app_name="orders", profile="prod,eu", label="main", fail_fast=False)
client.get_config(headers={"Authorization": "Bearer unknown"})
show(client.config)
""",
        server.url,
    )
    assert flat(read) == STORED


def test_config_client_by_default(server, pypi):
    read = pypi("config-client").shown(
        """
from config import create_config_client
show(create_config_client(app_name="orders").config)
""",
        CONFIGSERVER_ADDRESS=server.url,
    )
    assert read["pool"]["size"] == 10
    assert "greeting" not in read


def test_config_client_without_an_application(server, pypi):
    """It asks for ``//development/master``."""
    read = pypi("config-client").shown(
        """
from config import create_config_client
show(create_config_client().config)
""",
        CONFIGSERVER_ADDRESS=server.url,
    )
    assert flat(read) == {"db.host": "db.internal", "db.port": 5432, "pool.size": 5}


@pytest.mark.parametrize("label", ["release(_)1.0", "release%2F1.0"])
def test_config_client_reads_a_label_with_a_slash(server, pypi, label):
    read = pypi("config-client").shown(
        """
from config import ConfigClient
client = ConfigClient(address=sys.argv[1], app_name="orders", profile="prod", label=sys.argv[2])
client.get_config(auth=("user", "anything"))
show(client.get("pool.size"))
""",
        server.url,
        label,
    )
    assert read == RELEASE_SIZE


def test_config_client_fetches_files(server, pypi):
    read = pypi("config-client").shown(
        """
from config import ConfigClient
client = ConfigClient(address=sys.argv[1], app_name="orders", profile="prod", label="main")
show([client.get_file(path) for path in sys.argv[2:]])
""",
        server.url,
        "nginx.conf",
        "conf/ssl.conf",
    )
    assert read == [FILES["nginx.conf"], FILES["conf/ssl.conf"]]


def test_config_client_encrypts_and_decrypts(server, pypi):
    encrypted, decrypted, known = pypi("config-client").shown(
        """
from config import ConfigClient
client = ConfigClient(address=sys.argv[1])
encrypted = client.encrypt("Grüße=1&2%20".encode())
show([encrypted, client.decrypt(encrypted), client.decrypt(sys.argv[2])])
""",
        server.url,
        CIPHER.removeprefix("{cipher}"),
    )
    assert int(encrypted, 16)
    assert (decrypted, known) == ("Grüße=1&2%20", SECRET)


def test_config_client_ends_where_a_label_is_absent(server, pypi):
    read = pypi("config-client").shown(
        """
from config import ConfigClient
try:
    ConfigClient(address=sys.argv[1], app_name="orders", label="nowhere").get_config()
except SystemExit as end:
    show(str(end))
""",
        server.url,
    )
    assert "fail_fast" in read


def test_config_client_on_the_command_line(server, pypi, tmp_path: Path):
    client = pypi("config-client")
    where = ("orders", "--address", server.url, "--label", "main", "--profile", "prod,eu")
    client.command("config", "client", *where, "--auth", "user:anything", "--json", "--output", "read.json")
    client.command("config", "client", *where, "--file", "nginx.conf")
    assert flat(json.loads((tmp_path / "read.json").read_text())) == STORED
    assert (tmp_path / "nginx.conf").read_text() == FILES["nginx.conf"]
    assert SECRET in client.command("config", "decrypt", CIPHER, "--address", server.url)
