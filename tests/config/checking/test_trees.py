import pytest
from support.trees import tree_of

from gitconfig_server.config.checking import trees
from gitconfig_server.config.checking.trees import check_tree
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.formats.reading.xml_text import DTD
from gitconfig_server.git.objects.trees import SYMLINK

TWICE = "a.b: 1\na: {b: 2}\n"
BROKEN = "a: [1\n"
DOCTYPE = f'<!DOCTYPE properties SYSTEM "{DTD}">'


def check(new, old=None, **options):
    findings = check_tree(None if old is None else tree_of(old), tree_of(new), **options)
    return [(one.path, one.rule, one.line, one.fatal) for one in findings]


def test_sound_files_pass():
    assert (
        check({"a.yml": "a: 1", "b/c.properties": "a=1", "d.json": "{", "e.txt": BROKEN, "gitconfig.yml": "json: no"})
        == []
    )


@pytest.mark.parametrize(
    ("path", "text", "rule", "line"),
    [
        ("deep/in/a.yaml", "a: 1\na: 2\n", "duplicate-key", 2),
        ("a.properties", "a=1\nb=\\uxx\n", "properties-escape", 2),
        ("a.yml", "spring.config.activate.on-profile: a & b | c\n", "on-profile", 1),
        ("gitconfig.yml", "profile: [x]\n", "unknown-key", 1),
        ("a.xml", f"{DOCTYPE}\n<properties>\n<entry/></properties>", "xml-syntax", 3),
        ("a.xml", "<properties/>", "xml-doctype", 1),
        ("a.yml", "spring.profiles.include: [{}, x]\n", "list-gap", 1),
        ("a.yml", "spring.config.activate.on-cloud-platform: nowhere\n", "cloud-platform", 1),
    ],
)
def test_what_cannot_be_read_is_fatal(path, text, rule, line):
    assert check({path: text, "fine.yml": "a: 1"}) == [(path, rule, line, True)]


def test_only_what_differs_is_checked():
    old = {"same/a.yml": BROKEN, "b.yml": "a: 1", "gone.yml": BROKEN, "moved.yml": "a: 1"}
    new = {"same/a.yml": BROKEN, "b.yml": BROKEN, "c/d.yml": BROKEN, "moved.yml/x.yml": "a: 1"}
    assert [path for path, *_ in check(new, old)] == ["b.yml", "c/d.yml"]


def test_old_profile_keys_are_only_remarked_upon():
    assert check({"a.yml": "spring.profiles: x\n"}, {}) == [("a.yml", "legacy-spring-profiles", 1, False)]


@pytest.mark.parametrize(
    ("old", "fatal"), [(None, False), ({}, True), ({"a.yml": "x: 1"}, True), ({"a.yml": BROKEN}, True)]
)
def test_a_second_spelling_is_fatal_where_it_is_new(old, fatal):
    assert check({"a.yml": TWICE}, old) == [("a.yml", "second-spelling", 2, fatal)]


def test_a_second_spelling_that_stood_there_is_let_through():
    assert check({"a.yml": "x: 1\n" + TWICE}, {"a.yml": TWICE}) == [("a.yml", "second-spelling", 3, False)]
    assert check({"a.properties": "x=1\nx=2\ny=1\ny=2\n"}, {"a.properties": "x=1\nx=2\n"}) == [
        ("a.properties", "duplicate-key", 4, True),
        ("a.properties", "duplicate-key", 2, False),
    ]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.json", '{"a": {"b": 1},\n "a.b": 2}', 2),
        ("a.json", '{"new": [true, 1],\n "new[0]": "x"}', 2),
        ("a.properties", "a[0]=x\na.0=y\n", 2),
        ("a.properties", "a.0.b[1]=x\na[0].b[1]=y\n", 2),
        ("a.yml", "a: {1: x}\n'a[1]': y\n", 2),
        ("a.yml", "a:\n  '1': x\n  1: y\n", 3),
        ("a.yml", "a: [x]\na.0: y\n", 2),
    ],
)
def test_a_second_spelling_is_refused_in_every_format_where_it_is_added(path, text, line):
    options = ResolveOptions(json=True)
    assert check({path: text}, {}, options=options) == [(path, "second-spelling", line, True)]
    assert check({path: text + "\n"}, {path: text}, options=options) == [(path, "second-spelling", line, False)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.properties", "a=1\na.b=2\na[0]=3\n"),
        ("a.properties", "a[x.y]=1\na.x.y=2\n"),
        ("a.yml", "a: {b: 1, b.c: 2, on: 3, 'on': 4}\n"),
    ],
)
def test_neighbours_are_no_second_spellings(path, text):
    assert check({path: text}, {}) == []


def test_json_is_checked_where_it_is_declared_even_if_unchanged():
    old, new = {"a.json": "["}, {"a.json": "[", "gitconfig.yml": "json: true"}
    assert check(new, old) == [("a.json", "json-syntax", 1, True)]
    assert check(new | {"b.yml": "a: 1"}, new) == []
    assert check(old, options=ResolveOptions(json=True)) == [("a.json", "json-syntax", 1, True)]


@pytest.mark.parametrize(
    ("glob", "ignored"),
    [
        ("charts/**", ["charts/a.yml", "charts/x/a.yml"]),
        ("**/templates/*.yml", ["t/templates/b.yml", "templates/b.yml"]),
        ("a.yml", ["a.yml", "charts/a.yml", "charts/x/a.yml"]),
        ("/a.yml", ["a.yml"]),
        ("?harts/*.yml", ["charts/a.yml"]),
    ],
)
def test_globs_exempt_files(glob, ignored):
    paths = ["a.yml", "charts/a.yml", "charts/x/a.yml", "t/templates/b.yml", "templates/b.yml"]
    left = [path for path, *_ in check(dict.fromkeys(paths, BROKEN), ignore=[glob])]
    assert left == [path for path in paths if path not in ignored]


def test_the_manifest_is_never_exempt():
    assert check({"gitconfig.yml": "x: 1"}, ignore=["**"]) == [("gitconfig.yml", "unknown-key", 1, True)]


def test_links_are_not_read():
    assert check_tree(None, tree_of({"a.yml": BROKEN}, SYMLINK)) == []


def test_findings_are_bounded_by_file_and_fatal_ones_come_first(monkeypatch):
    monkeypatch.setattr(trees, "MAX_FINDINGS", 2)
    marked = "---\n".join(["spring.profiles: x\n"] * 5)
    found = check_tree(None, tree_of({"a.yml": marked, "b.yml": BROKEN, "c.yml": BROKEN, "d.yml": BROKEN}))
    assert [one.path for one in found] == ["b.yml", "c.yml", "d.yml", "a.yml", "a.yml", "a.yml"]
    assert (found[-1].detail, found[-1].fatal) == ("… and 3 more", False)


ASKING_WRONGLY = [
    ("a.yml", "spring.config.import: x/noext\n", "import"),
    ("a.yml", "spring.profiles.include: 'b d'\n", "profile-name"),
    ("a.properties", "spring.profiles.group.a=x,../y\n", "profile-name"),
    ("a.yml", "spring.profiles.include: x\nspring.config.activate.on-profile: a\n", "include-in-activated"),
    ("application-eu.yml", "spring.profiles.active: x\n", "profile-in-profile"),
    ("a-prod.yml", "spring.profiles.include: x\n", "profile-in-profile"),
]


@pytest.mark.parametrize(("path", "text", "rule"), ASKING_WRONGLY)
def test_what_would_make_a_read_fail_is_fatal_where_it_is_new(path, text, rule):
    assert check({path: text}, {}) == check({path: text}, {path: "k: 1\n"}) == [(path, rule, 1, True)]
    assert check({path: text}) == check({path: text + "#\n"}, {path: text}) == [(path, rule, 1, False)]


def test_profiles_may_be_chosen_where_no_profile_owns_the_file():
    text = "spring.profiles.active: x\n"
    assert check({"a.yml": text, "a-default.yml": text, "team-eu.yml": text}, {}) == []
    assert check({"team-eu.yml": text, "team.yml": "k: 1\n"}, {}) == [("team-eu.yml", "profile-in-profile", 1, True)]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("there.yml", []),
        ("x/", []),
        ("./", []),
        ("'*/m.yml'", []),
        ("'x/m[.yml]'", ["import-missing"]),
        ("nothere.yml", ["import-missing"]),
        ("nothere/", ["import-missing"]),
        ("[there.yml, ../up.yml]", ["import-outside"]),
        ("http://localhost/a.yml", ["import-outside"]),
        ("'optional:nothere.yml,optional:configserver:'", []),
        ("'${folder}/m.yml'", []),
    ],
)
def test_imports_that_lead_nowhere_are_only_remarked_upon(text, rules):
    new = {"a.yml": f"k: 1\nspring.config.import: {text}\n", "there.yml": "k: 1\n", "x/m.yml": "k: 1\n"}
    assert [(rule, fatal) for _, rule, _, fatal in check(new, {})] == [(rule, False) for rule in rules]


def test_xml_that_means_something_else_is_let_alone():
    new = {"pom.xml": "<project><properties/></project>", "logback.xml": "<configuration>", "a.xml": "", "b.xml": "<"}
    assert check(new) == []


def test_json_can_be_imported_where_it_is_declared():
    new = {"a.yml": "spring.config.import: b.json\n", "b.json": "{}"}
    assert [rule for _, rule, *_ in check(new, {})] == ["import"]
    assert check(new | {"gitconfig.yml": "json: true"}, {}) == []
