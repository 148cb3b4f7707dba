import pytest
from support.trees import tree_of

from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.names.manifest import Manifest, parse_manifest, read_manifest
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.trees import SYMLINK


def test_a_manifest_declares_profiles_search_paths_and_json():
    manifest = parse_manifest(b"profiles: [eu, us-1]\nsearch_paths:\n  - '{application}'\n  - shared/\njson: yes\n")
    paths = (parse_search_path("{application}"), parse_search_path("shared"))
    assert manifest == Manifest(("eu", "us-1"), paths, True)


@pytest.mark.parametrize("text", [b"", b"# nothing yet\n", b"{}", b"profiles: []\nsearch_paths: ~\njson: false\n"])
def test_an_empty_manifest_declares_nothing(text):
    assert parse_manifest(text) == Manifest()


def test_only_a_plain_file_at_the_root_is_a_manifest():
    assert read_manifest(tree_of({"gitconfig.yml": "json: true"})).json
    assert read_manifest(tree_of({"sub/gitconfig.yml": "json: true"})) == Manifest()
    assert read_manifest(tree_of({"gitconfig.yml": "/etc/passwd"}, SYMLINK)) == Manifest()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (b"json: true\nserach_paths: []\n", 2, "did you mean search_paths?"),
        (b"profile: eu\n", 1, "did you mean profiles?"),
        (b"- a\n", 1, "unknown key 'document'"),
        (b"profiles: eu\n", 1, "profiles must be a list of text"),
        (b"profiles:\n  - eu\n  - 1\n", 3, "profiles must be a list of text"),
        (b"profiles:\n  - eu\n  - 'u s'\n", 3, "'u s' cannot be a profile's name"),
        (b"search_paths:\n  - ../up\n", 2, "without .."),
        (b"json: 'true'\n", 1, "json must be true or false"),
        (b"json: {a: true}\n", 1, "json must be true or false"),
        (b"json: true\n---\njson: false\n", 0, "only one document"),
        (b"json: [\n", 2, "yaml-syntax"),
    ],
)
def test_a_broken_manifest_is_refused_with_its_place(text, line, says):
    with pytest.raises(InvalidContent) as caught:
        parse_manifest(text)
    assert caught.value.path == "gitconfig.yml"
    assert caught.value.line == line
    assert says in str(caught.value)


def test_search_paths_are_bounded_in_number():
    parse_manifest(b"search_paths: [" + b",".join([b"a"] * 100) + b"]")
    with pytest.raises(InvalidContent, match="at most 100 search paths"):
        parse_manifest(b"search_paths: [" + b",".join([b"a"] * 101) + b"]")
