import pytest

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.folder_settings import RECEIVE, UPLOAD, FolderSettings

REFS = [b"refs/heads/main", b"refs/heads/secret", b"refs/heads/secret/open", b"refs/heads/secrets", b"refs/x"]


class Folder:
    """A configuration of these settings."""

    root = None

    def __init__(self, **settings):
        self._settings = settings

    def symbolic(self):
        return {}

    def settings(self, *names):
        return [one for section, name in names for one in self._settings.get(f"{section.decode()}_{name.decode()}", [])]


HIDDEN = [
    ([], set()),
    ([b"refs/heads/secret"], {REFS[1], REFS[2]}),
    ([b"refs/heads/secret/"], {REFS[1], REFS[2]}),
    ([b"refs/heads/secret", b"!refs/heads/secret/open"], {REFS[1]}),
    ([b"!refs/heads/secret/open", b"^refs/heads/secret"], {REFS[1], REFS[2]}),
    ([b"refs"], set(REFS)),
]


@pytest.mark.parametrize(("patterns", "expected"), HIDDEN)
def test_the_last_pattern_that_fits_decides(patterns, expected):
    assert FolderSettings(Folder(transfer_hideRefs=patterns)).hidden(UPLOAD, REFS) == expected


def test_each_service_has_patterns_of_its_own():
    folder = FolderSettings(Folder(uploadpack_hideRefs=[b"refs/x"], receive_hideRefs=[b"refs/heads/main"]))
    assert folder.hidden(UPLOAD, REFS) == {b"refs/x"}
    assert folder.hidden(RECEIVE, REFS) == {b"refs/heads/main"}


@pytest.mark.parametrize("value", [b"false", b"No", b"off", b"0", b""])
def test_a_service_can_be_turned_off(value):
    folder = FolderSettings(Folder(http_receivepack=[b"true", value]))
    assert not folder.serves(RECEIVE)
    assert folder.serves(UPLOAD)


@pytest.mark.parametrize(
    ("value", "size"),
    [(b"1000", 1000), (b"2k", 2048), (b"1M", 1 << 20), (b"0", None), (b"0x400", 1024), (b"010k", 8192), (b"00", None)],
)
def test_sizes_are_read_as_git_reads_them(value, size):
    assert FolderSettings(Folder(receive_maxInputSize=[value])).largest_pack() == size


@pytest.mark.parametrize("value", [b"x", b"10MB", b"-1", b"08", b"1.5g", b""])
def test_a_bound_that_cannot_be_read_is_not_taken_for_none(value):
    with pytest.raises(CorruptRepository, match=r"receive\.maxInputSize"):
        FolderSettings(Folder(receive_maxInputSize=[value])).largest_pack()


def test_a_storage_without_a_folder_says_nothing():
    folder = FolderSettings(None)
    assert folder.hidden(UPLOAD, REFS) == set()
    assert folder.serves(RECEIVE)
    assert folder.largest_pack() is None
