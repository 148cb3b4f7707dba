import pytest

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.directives import MAX_ITEMS
from gitconfig_server.formats.reading.formats import parse


def asked(text, path="f.yml"):
    (document,) = parse(path, text.encode())
    return document.directives


def texts(items):
    return [item.text for item in items]


def test_most_documents_ask_for_nothing():
    assert asked("a: 1\n") is None
    assert asked("spring.application.name: a\nspring.config.import: ''\n") is None


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("spring.config.import: a.yml\n", ["a.yml"]),
        ("spring.config.import: ' a.yml , b/ '\n", ["a.yml", "b/"]),
        ("spring: {config: {import: [' a.yml', 'b,c']}}\n", [" a.yml", "b,c"]),
        ("Spring.Config.IM-port: a.yml\n", ["a.yml"]),
        ("spring.config.import: a.yml\nspring.config.import[0]: b.yml\n", ["a.yml"]),
        ("spring.config.import: '${a:x,y}.yml'\n", ["${a:x,y}.yml"]),
    ],
)
def test_text_is_a_comma_list_and_a_list_is_its_items(text, items):
    assert texts(asked(text).imports) == items


def test_an_item_knows_its_place():
    (item,) = asked("a: 1\nspring.profiles:\n  include: x\n").includes
    assert item == ("spring.profiles.include", "x", 3, 12)
    error = item.error("f.yml", "rule", "no good")
    assert str(error) == "f.yml:3:12: spring.profiles.include: no good [rule]"


@pytest.mark.parametrize(
    ("key", "profile"),
    [
        ("spring.profiles.group.Prod", "Prod"),
        ("spring.profiles.group.a-b", "a-b"),
        ("spring.profiles.group.a_b", "a_b"),
        ("spring.profiles.group.a.b", "a.b"),
        ("spring.profiles.group.a@b", "ab"),
        ("'spring.profiles.group[a@b]'", "a@b"),
        ("SPRING.pro-files.Group.x", "x"),
    ],
)
@pytest.mark.parametrize("value", ["[p, q]", "p,q"])
def test_groups_keep_the_names_of_profiles(key, profile, value):
    ((name, members),) = asked(f"{key}: {value}\n").groups
    assert (name, texts(members)) == (profile, ["p", "q"])


def test_groups_that_relaxed_binding_would_confuse_stay_apart():
    groups = asked("spring.profiles.group: {a-b: x, a_b: y, 1: z}\nspring.profiles.groups.c: w\n").groups
    assert {name: texts(members) for name, members in groups} == {"a-b": ["x"], "a_b": ["y"], "1": ["z"]}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("spring.profiles.include: [{}, x]\n", "list-gap"),
        ("spring.config.import: [{}, x]\n", "list-gap"),
        ("spring.profiles.group: x\n", "profile-group"),
        ("spring.main.cloud-platform: nowhere\n", "cloud-platform"),
        (f"spring.config.import: '{'a.yml,' * MAX_ITEMS}a.yml'\n", "too-large"),
        (f"spring.profiles.include: [{'x, ' * MAX_ITEMS}x]\n", "too-large"),
    ],
)
def test_lists_that_cannot_be_bound_are_refused_with_their_line(text, rule):
    with pytest.raises(InvalidContent) as caught:
        asked("a: 1\n" + text)
    assert (caught.value.rule, caught.value.line) == (rule, 2)


def test_every_format_can_ask():
    assert texts(asked("spring.config.import=a.yml,b.yml\n", "f.properties").imports) == ["a.yml", "b.yml"]
    assert texts(asked('{"spring": {"config": {"import": ["a.yml"]}}}', "f.json").imports) == ["a.yml"]
