import pytest

from gitconfig_server.git.objects.path_names import check_component

GOOD = [
    "application.yml", ".gitattributes", ".gitignore", ".github", ".gitkeep", ".gitlab-ci.yml", "git", "GITHUB", "a b",
    "größe.yml", "日本.yml", "x" * 255, "~", "a~1", "gitmodules", "..a", "...", "a..", ".x", "-x", "con",
]  # fmt: skip

BAD = [
    "", ".", "..", ".git", ".GIT", ".Git", ".git ", ".git.", ".git. .", ".git::$INDEX_ALLOCATION", ".git:x", "git~1",
    "GIT~1", "git~12", ".g\u200cit", "\u200d.git", ".gi\ufefft", ".gitmodules", ".GITMODULES", ".gitmodules.",
    "gitmod~1", "GI7EBA~1", "gi7eb~10", "gi~12345", "~1000000", ".gitattributes ", ".GITATTRIBUTES", "gi7d29~1",
    "a/b", "a\\b", "a\nb", "a\x00b", "a\x7f", "a\x1b[0m", "a\u0085b", "x" * 256,
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_names_pass(name):
    assert check_component(name.encode()) == ""


@pytest.mark.parametrize("name", BAD)
def test_dangerous_names_are_refused_with_a_reason(name):
    assert check_component(name.encode())


def test_names_that_are_not_utf8_are_refused():
    assert check_component(b"caf\xe9.yml") == "is not UTF-8"
