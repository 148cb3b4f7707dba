"""The commands of the chapter "Where configuration is kept" do what it says, one after the other, block by block."""

import json
import re
import shlex
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from support import mongo, postgres
from support.server import running_server

CHAPTER = Path(__file__).parents[1] / "gitconfig_server" / "docs" / "storages.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", CHAPTER.read_text(), re.DOTALL)


def commands(block):
    return [line for line in block.splitlines() if line]


class Machine:
    """Where the chapter's paths and addresses lead."""

    def __init__(self, folder, held):
        self._folder, self._held = folder, held
        self._places = {"postgresql://config@db.example.com/config": postgres.new_database}
        self._places["mongodb://db.example.com/config"] = mongo.new_database
        self._known = {}
        self.serving = []
        for name in ("srv", "backup"):
            (folder / name).mkdir()

    def run(self, line):
        program, verb, *words = (self._here(word) for word in shlex.split(line))
        assert program == "gitconfig-server"
        if verb == "serve":
            self._serve(*words)
            return ""
        command = [sys.executable, "-m", "gitconfig_server", verb, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{line}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def begin(self, block):
        """Make what a block takes for granted."""
        needed = {
            "/srv/config": "migrate /srv/config",
            "sqlite:///srv/config.db": "--repository sqlite:///srv/config.db",
        }
        for place, word in needed.items():
            if word in block:
                self.run(f"gitconfig-server init {place}")

    def _serve(self, place, *words):
        ports = [word for word in words if word.isdigit()]
        assert words in ((), ("--port", *ports))  # the chapter's ports may be taken here
        self.serving.append(self._held.enter_context(running_server(place)))

    def _here(self, word):
        for place, make in self._places.items():
            if word == place:
                return self._known.get(place) or self._known.setdefault(place, make())
        return re.sub(r"(?<![\w/])/(srv|backup)/|(?<=://)/(srv|backup)/", lambda found: self._moved(found), word)

    def _moved(self, found):
        return f"{self._folder}/{found[1] or found[2]}/"


def read(server, path="/orders/prod"):
    with urllib.request.urlopen(server.url + path, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_commands_of_each_block_work(number, tmp_path):
    with ExitStack() as held:
        machine = Machine(tmp_path, held)
        machine.begin(BLOCKS[number])
        for line in commands(BLOCKS[number]):
            machine.run(line)
            for server in machine.serving:
                assert read(server)["propertySources"]


def test_each_storage_of_the_table_is_begun_by_a_command():
    urls = {word.partition("://")[0] for line in commands(BLOCKS[0]) for word in shlex.split(line)[2:]}
    assert urls == {"sqlite", "postgresql", "mongodb", "/srv/config"}


def test_several_servers_are_one(tmp_path):
    """What is written to one is read from the other, at once where its cursor is brought along."""
    (block,) = [one for one in BLOCKS if "--port 8889" in one]
    with ExitStack() as held:
        machine = Machine(tmp_path, held)
        for line in commands(block):
            machine.run(line)
        one, other = machine.serving
        body = json.dumps({"properties": {"pool": 7}}).encode()
        url = f"{one.url}/api/v1/sources/payments/prod"
        write = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="PUT")
        with urllib.request.urlopen(write, timeout=30) as answer:
            cursor = answer.headers["Config-Cursor"]
        asked = urllib.request.Request(f"{other.url}/api/v1/sources/payments/prod", headers={"Config-Cursor": cursor})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert json.load(answer)["properties"] == {"pool": 7}
        assert read(other, "/ready")["storage"]["seen"] < 60
