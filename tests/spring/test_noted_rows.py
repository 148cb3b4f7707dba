"""Observed precedence beyond the recorded answers: sources by name, the strongest first."""

import pytest
from spring.make_repos import fixtures
from support.trees import tree_of

from gitconfig_server.config.names.file_names import check_applications, check_profiles
from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.resolution.resolve import ResolveOptions, resolve
from gitconfig_server.errors import InvalidContent


def ask(tree, path, paths=()):
    application, profiles, *label = path.strip("/").split("/")
    options = ResolveOptions(tuple(map(parse_search_path, paths)))
    return resolve(tree, check_applications(application), check_profiles(profiles), "".join(label) or "main", options)


def vec(path, paths=()):
    fixture = fixtures()["vec"]
    return ask(fixture.tree(fixture.refs[b"refs/tags/v1" if path.endswith("/v1") else b"refs/heads/main"]), path, paths)


def names(sources):
    return " > ".join(source.name.removesuffix(".yml") for source in sources)


@pytest.mark.parametrize(
    ("path", "paths", "expected"),
    [
        ("/svc/a", [], "svc-a.properties > svc-a > application-a > svc > application"),
        (
            "/svc/a,default",
            [],
            "svc-default.properties > application-default > svc-a.properties > svc-a > application-a > svc"
            " > application",
        ),
        (
            "/svc,svc2/a,b",
            [],
            "svc-b.properties > application-b > svc2-a > svc-a.properties > svc-a > application-a > svc2 > svc"
            " > application",
        ),
        ("/nosuch/z", [], "application"),
        (
            "/svc/a,b/v1",
            ["sub"],
            "svc-b.properties > application-b > sub/svc-a > svc-a.properties > svc-a > application-a > sub/svc"
            " > sub/application > svc > application",
        ),
        ("/imp2/z", [], "extra/more2 > extra/more > imp2 > application"),
        (
            "/impdoc/a",
            [],
            "application-a > extra/more2 > impdoc.yml (document #1) > impdoc.yml (document #0) > application",
        ),
        ("/impopt/z", [], "impopt > application"),
        ("/inc/a", [], "inc-x > inc-a > application-a > inc > application"),
        ("/exprpar/a", [], "application-a > application"),
        ("/exprcase/a", [], "application-a > application"),
        ("/exprcsv/c", [], "exprcsv > application"),
        ("/exprcamel/a", [], "application-a > exprcamel > application"),
        ("/plat/z", [], "application"),
        ("/emptydocs/z", [], "emptydocs > application"),
        ("/onlycomment/z", [], "application"),
        ("/text/z", [], "text > application"),
        ("/trailsep/z", [], "trailsep > application"),
        ("/bom/z", [], "bom > application"),
        ("/xmlp/z", [], "xmlp.xml > application"),
        ("/incbad/default", [], "application-default > incbad > application"),
    ],
)
def test_files_stand_in_springs_order(path, paths, expected):
    assert names(vec(path, paths)) == expected


@pytest.mark.parametrize(
    "path",
    ["/legacy/a/v1", "/legacy2/zz/v1", "/incbad/z/v1", "/dupkey/z/v1", "/duptyped/z/v1", "/tag/z/v1", "/badyaml/z"],
)
def test_what_cannot_be_read_is_an_error(path):
    with pytest.raises(InvalidContent):
        vec(path)


def test_an_xml_file_gives_text_without_places():
    first, _ = vec("/xmlp/z")
    assert (dict(first.properties), dict(first.positions)) == ({"x.a": "1", "x.b": "two"}, {})


ANOTHER = {"bar.properties": "foo=bar\n", "sub/application.yml": "info.foo: bar\n"}
NESTED = {
    "application.yml": "info.foo: bar\n",
    "bar/application.properties": "foo=bar\n",
    "foo/application.properties": "foo=foo\n",
}
ORDERING = {"project/application.yml": "a: 1\n", "project/sub/application-test.yml": "a: 2\n"}
ACTIVE = {"application.yaml": "spring.profiles.active: dev\n", "application-dev.yaml": "a: 2\n"}
MYSQL = {"mysql/application.properties": "foo=mysql\n", "dev/foo.properties": "foo=dev_bar\n"}
CONDITION = "---\nspring.config.activate.on-profile: {}\nk: 1\n"
COMPLEX = {"s.yml": "k: 0\n" + "".join(map(CONDITION.format, ("p1 & !p2", "'!(p1 & p2)'", "'!p1 | !p2'")))}
NEGATED = {"s.yml": "k: 0\n" + "".join(map(CONDITION.format, ("'!my-profile'", "'!other-profile'")))}
THREE = {
    "application.yaml": "a: 1\n",
    "application-test1.yaml": "a: 2\n",
    "foo-test1.yaml": "a: 3\n",
    "foo.yaml": "a: 0\n---\nspring.config.activate.onProfile: test1\na: 1\n" + CONDITION.format("test2"),
}
IMPORTING = {
    "import.yml": "foo: importing\nspring.config.import: [bar.yml, import/foo.yml]\n",
    "bar.yml": "client.test: Default\n" + CONDITION.format("development"),
    "import/foo.yml": "foo: imported\n",
}


BASE = "/application.properties"


def documents(*numbers):
    return " > ".join(f"s.yml (document #{number})" for number in numbers)


@pytest.mark.parametrize(
    ("files", "paths", "path", "expected"),
    [
        (ANOTHER, ["sub"], "/bar/staging", "sub/application > bar.properties"),
        (ANOTHER, ["sub*"], "/bar/staging", "sub/application > bar.properties"),
        (ANOTHER, ["*"], "/bar/staging", "sub/application > bar.properties"),
        (ANOTHER, ["{application}"], "/sub/staging", "sub/application"),
        (ANOTHER, ["{application}"], "/bar/staging", "bar.properties"),
        (NESTED, ["{application}"], "/foo,bar/staging", f"bar{BASE} > foo{BASE} > application"),
        (NESTED, ["{application}"], "/bar,foo/staging", f"foo{BASE} > bar{BASE} > application"),
        (NESTED, ["{profile}"], "/staging/foo,bar", f"bar{BASE} > foo{BASE} > application"),
        (NESTED, ["{profile}"], "/staging/bar,foo", f"foo{BASE} > bar{BASE} > application"),
        (ORDERING, ["**"], "/application/test", "project/sub/application-test > project/application"),
        (ACTIVE, [], "/foo/default", "application.yaml"),
        (ACTIVE, [], "/foo/dev,test", "application-dev.yaml > application.yaml"),
        (
            IMPORTING,
            [],
            "/import/development",
            "import/foo > bar.yml (document #1) > bar.yml (document #0) > import",
        ),
        (MYSQL, ["{profile}"], "/foo/dev,mysql", f"mysql{BASE} > dev/foo.properties"),
        (
            THREE,
            [],
            "/foo/test1,test2",
            "foo-test1.yaml > application-test1.yaml > foo.yaml (document #2) > foo.yaml (document #1)"
            " > foo.yaml (document #0) > application.yaml",
        ),
        (COMPLEX, [], "/s/default", documents(3, 2, 0)),
        (COMPLEX, [], "/s/p1", documents(3, 2, 1, 0)),
        (COMPLEX, [], "/s/p1,p2", documents(0)),
        (NEGATED, [], "/s/my-profile", documents(2, 0)),
        (NEGATED, [], "/s/my-profile,other-profile", documents(0)),
    ],
)
def test_springs_own_fixtures_stand_in_its_order(files, paths, path, expected):
    assert names(ask(tree_of(files), path, paths)) == expected
