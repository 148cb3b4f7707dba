import pytest
from support.trees import tree_of

from gitconfig_server.config.resolution.imports import Import, find_target, parse_import
from gitconfig_server.errors import InvalidInput

EXTENSIONS = ("properties", "xml", "yml", "yaml")


def parsed(text, folder="x"):
    return [(one.folder, one.stem, one.ending, one.extension) for one in parse_import(text, folder, EXTENSIONS)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("m.yml", ("x", "m", ".yml", "yml")),
        ("./d//m.yaml", ("x/d", "m", ".yaml", "yaml")),
        ("../m.properties", ("", "m", ".properties", "properties")),
        ("d\\m.xml", ("x/d", "m", ".xml", "xml")),
        ("resource:m.yml", ("x", "m", ".yml", "yml")),
        ("m.YML", ("x", "m", ".yml", "yml")),
        ("m[.yml]", ("x", "m", "", "yml")),
        ("m.txt[.properties]", ("x", "m.txt", "", "properties")),
        ("d/", ("x/d", None, "", "")),
        ("../", ("", None, "", "")),
        ("d/*/", ("x/d/*", None, "", "")),
        ("*/m.yml", ("x/*", "m", ".yml", "yml")),
        ("d/.yml", ("x/d", "", ".yml", "yml")),
    ],
)
def test_an_import_is_seen_from_its_file(text, place):
    assert parsed(text) == [place]


def test_a_semicolon_separates_and_blanks_are_nothing():
    assert [place[1] for place in parsed("m.yml;;n.yml; ")] == ["m", "n"]
    assert parsed("optional:") == parsed(" ") == []


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd.yml",
        "/etc/",
        "../../m.yml",
        "../x/../../m.yml",
        "file:m.yml",
        "file:///etc/m.yml",
        "classpath:m.yml",
        "http://localhost/m.yml",
        "https://localhost/d/",
        "C:\\m.yml",
        "optional:optional:m.yml",
        "configtree:/run/secrets/",
        "configserver:http://localhost:8888",
        "env:CONFIG",
    ],
)
def test_what_lies_outside_leads_nowhere(text):
    (one,) = parse_import(text, "x", EXTENSIONS)
    assert one.folder is None
    assert find_target(tree_of({"m.yml": "", "x/m.yml": "", "etc/m.yml": ""}), one) is None


@pytest.mark.parametrize(
    "text", ["m", "m.txt", "m.json", "m[.txt]", "m.yml[encoding=utf-8]", "/etc/hosts", "vault://secret", "m.yml#x"]
)
def test_an_unknown_extension_is_refused_unless_the_file_is_optional(text):
    with pytest.raises(InvalidInput, match="extensions properties, xml, yml, yaml"):
        parse_import(text, "x", EXTENSIONS)
    assert parse_import(f"optional:{text}", "x", EXTENSIONS) == []


@pytest.mark.parametrize("text", ["*.yml", "*/*/m.yml", "a*/m.yml", "*/d/m.yml", "**/", "*/d/"])
def test_a_wildcard_stands_for_the_last_folder_alone(text):
    with pytest.raises(InvalidInput, match="the last folder alone"):
        parse_import(text, "", EXTENSIONS)


@pytest.mark.parametrize("text", ["../" * 1000 + "m.yml", "m.yml;" * 1000, "[.yml]" * 1000])
def test_a_long_import_is_refused(text):
    with pytest.raises(InvalidInput, match="more than 1024 characters"):
        parse_import(text, "x", EXTENSIONS)


def test_a_wildcard_leads_to_the_folders_there_are():
    tree = tree_of(dict.fromkeys(("d/b/m.yml", "d/a/m.yml", "d/m.yml", "c/m.yml"), ""))
    assert find_target(tree, Import("d/*", False)).folders == (b"d/a", b"d/b")
    assert find_target(tree, Import("*", False)).folders == (b"c", b"d")
    assert find_target(tree, Import("no/*", False)).folders == ()
