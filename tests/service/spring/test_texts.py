import pytest
from support.repositories import commit, memory_repository

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.errors import InvalidInput, StorageBusy
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.spring import Asked
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.service.spring.repositories import OneRepository, ServedRepository
from gitconfig_server.service.spring.texts import ATTEMPTS, read_text

pytestmark = pytest.mark.anyio

ASKED = Asked("svc", ("svc",), "z", ("z",), "main")


class Moving(EmbeddedConfigService):
    """A label that moves ``moves`` times between the reading of a file and that of its environment."""

    def __init__(self, moves):
        self.git = memory_repository()
        self.moves = moves
        super().__init__(ConfigEngine(self.git), Crossing())
        self.move(0)

    def move(self, number):
        commit(self.git, {"svc.yml": f"n: {number}\n", "x.txt": f"{number} ${{n}}", "plain.txt": "$n"})

    async def environment(self, *asked):
        if self.moves:
            self.move(self.moves)
            self.moves -= 1
        return await super().environment(*asked)


def reader(service, **options):
    return SpringReader(OneRepository(ServedRepository(service, "file:///config")), Crossing(), **options)


@pytest.mark.parametrize("moves", [0, 1, ATTEMPTS - 1])
async def test_a_file_and_what_fills_it_are_of_one_commit(moves):
    service = Moving(moves)
    read = await read_text(reader(service), ANONYMOUS, ASKED, "x.txt")
    expected = "1 1" if moves else "0 0"
    assert (read.text, read.file.commit) == (expected, service.git.snapshot()[b"refs/heads/main"].decode())


async def test_a_label_that_never_stands_still_is_given_up_on():
    with pytest.raises(StorageBusy, match=r"x\.txt: its label moved"):
        await read_text(reader(Moving(ATTEMPTS)), ANONYMOUS, ASKED, "x.txt")


async def test_the_environment_is_read_only_where_something_is_to_be_filled_in():
    service = Moving(5)
    assert (await read_text(reader(service), ANONYMOUS, ASKED, "plain.txt")).environment is None
    unfilled = await read_text(reader(service), ANONYMOUS, ASKED, "x.txt", resolve=False)
    assert (unfilled.text, unfilled.environment, service.moves) == ("0 ${n}", None, 5)


async def test_secrets_are_opened_last_so_that_nothing_in_them_is_filled_in():
    def open_text(path, text):
        return text.replace("0 0", f"{path} ${{n}}")

    read = await read_text(reader(Moving(0), decrypt_text=open_text), ANONYMOUS, ASKED, "x.txt")
    assert (read.text, read.secret) == ("x.txt ${n}", True)
    plain = await read_text(reader(Moving(0), decrypt_text=open_text), ANONYMOUS, ASKED, "plain.txt")
    assert plain.secret is False


async def test_a_cycle_in_what_fills_it_is_an_error():
    service = Moving(0)
    commit(service.git, {"svc.yml": "n: ${m}\nm: ${n}\n"})
    with pytest.raises(InvalidInput, match="n -> m -> n"):
        await read_text(reader(service), ANONYMOUS, ASKED, "x.txt")
