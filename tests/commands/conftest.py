"""The command line in this process, over a real server and over a repository on this machine."""

import io
import re
import sys
from dataclasses import dataclass

import pytest
from support.git import GIT_ENVIRONMENT, git
from support.server import running_server

from gitconfig_server import cli

FILES = {
    "application.yml": "shared: 1\n",
    "orders.yml": "# the pool\ndb:\n  pool: 8  # small\n  url: postgresql://db/orders\n",
    "orders-prod.yml": "db.pool: 30\nrate: 0.5\nnote: |\n  two\n  lines\n",
    "eu.yml": "a: 1\n---\nb: 2\n",
    "motd.txt": "hello\n",
}
LABELS = [f"line{number}" for number in range(60)]


@dataclass(frozen=True)
class Done:
    """How a command went."""

    code: int
    out: str
    err: str

    @property
    def rows(self):
        """The cells of what was printed."""
        return [line.split("\t") for line in self.out.splitlines()]

    @property
    def commit(self):
        """The short id that its sentence ends with."""
        return re.search(r"\(commit ([0-9a-f]{12})\)$", self.out.strip())[1]


def make_repository(folder):
    """A bare repository whose ``main`` holds FILES, with as many branches at it as tests want of their own."""
    work, bare = folder / "work", folder / "config.git"
    git(folder, "init", "--quiet", "--initial-branch=main", "work")
    for name, text in FILES.items():
        (work / name).write_text(text)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message", "first")
    git(folder, "clone", "--quiet", "--bare", "work", "config.git")
    for label in LABELS:
        git(bare, "branch", label)
    return bare


@pytest.fixture(scope="module", params=["server", "repository"])
def place(request, tmp_path_factory):
    """Where commands go: the address of a server, or the path of a repository."""
    repository = make_repository(tmp_path_factory.mktemp("place"))
    if request.param == "repository":
        yield str(repository)
        return
    with running_server(repository) as server:
        yield server.url


@pytest.fixture(scope="module")
def unused_labels(place):
    """The branches of a place that no test has taken yet."""
    return iter(LABELS)


@pytest.fixture
def label(unused_labels):
    """A branch that no other test writes to."""
    return next(unused_labels)


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs one command; ``input`` is what it can read, further options are environment variables."""

    def run(*words, input="", **environ):
        with monkeypatch.context() as patch:
            for name, value in {**GIT_ENVIRONMENT, **environ}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["gitcfg", *map(str, words)])
            patch.setattr(sys.modules["__main__"], "__package__", None, raising=False)  # as that of a script
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input.encode())))
            with pytest.raises(SystemExit) as left:
                cli.main()
        said = capsys.readouterr()
        return Done(left.value.code or 0, said.out, said.err)

    return run


@pytest.fixture
def gitcfg(run, place, label):
    """Runs one command at the test's own place and label."""

    def gitcfg(verb, *words, own_label=True, **options):
        more = ("--label", label) if own_label and verb not in ("labels", "tag", "show") else ()
        return run(verb, *words, *more, "--server", place, **options)

    return gitcfg
