"""Schemas of the repository, held against what applications get."""

import json

import pytest
from support.repositories import build_commit, memory_repository, move

from gitconfig_server.config.checking.checker import Checker
from gitconfig_server.config.checking.schemas import SchemaCheck
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.ref_names import branch_ref

PORT = json.dumps({"properties": {"server": {"properties": {"port": {"type": "integer", "maximum": 65535}}}}})


@pytest.fixture(scope="module")
def checker():
    made = Checker()
    yield made
    made.close()


def tree(files, git=None):
    git = git or memory_repository()
    label = branch_ref(f"label{git.generation()}")
    return TreeView(git.objects, tree_of(git.objects, move(git, label, build_commit(git, files))))


def told(checker, files, before=None):
    """Findings as text; fatal ones begin with ``!``. Without ``before`` the tree grew from one without files."""
    git = memory_repository()
    old = tree(before if before is not None else {"start.txt": ""}, git)
    found = SchemaCheck(checker=checker)(old, tree(files, git))
    return [f"{'!' if one.fatal else ''}{one.path}:{one.line} [{one.rule}] {one.detail}" for one in found]


def test_values_are_judged_where_they_stand(checker):
    files = {"schemas/orders.json": PORT, "orders.yml": "a: 1\nserver:\n  port: high\n", "orders-prod.yml": "b: 1\n"}
    (line,) = told(checker, files)
    assert line.startswith('!orders.yml:3 [schema-type] server.port: the value is not of type "integer" (')
    assert line.endswith("(1 application(s), e.g. orders/default)")
    assert told(checker, files | {"orders.yml": "server: {port: 8080}\n"}) == []
    assert told(checker, files | {"orders-prod.yml": "server: {port: 1}\n"})[0].endswith("(orders/default)")


def test_the_schema_of_all_applications_and_an_applications_own_both_apply(checker):
    shared = "type: object\nrequired: [name]\n"
    files = {"schemas/orders.json": PORT, "schemas/application.yml": shared, "orders.yml": "server: {port: 99999}\n"}
    rules = [line.partition("] ")[0] for line in told(checker, files | {"carts.yml": "a: 1\n"})]
    assert sorted(rules) == [
        "!carts.yml:0 [schema-required",
        "!orders.yml:0 [schema-required",
        "!orders.yml:1 [schema-maximum",
    ]
    assert told(checker, files | {"application.yml": "name: x\n", "orders.yml": "server: {port: 1}\n"}) == []


def test_one_finding_for_each_cause_however_many_applications_it_concerns(checker):
    files = {f"app{number}.yml": "a: 1\n" for number in range(30)}
    schema = {"schemas/application.yml": "properties: {limit: {type: integer}}\n", "application.yml": "limit: many\n"}
    (line,) = told(checker, files | schema)
    assert line.startswith("!application.yml:1 [schema-type] limit: ")
    assert line.endswith("(30 application(s), e.g. app0/default)")


def test_only_what_is_new_is_refused(checker):
    before = {"schemas/orders.json": PORT, "orders.yml": "server: {port: high}\n"}
    assert told(checker, before | {"orders.yml": "a: 1\nserver: {port: higher}\n"}, before)[0].startswith(
        "orders.yml:2"
    )
    stricter = before | {"schemas/orders.json": PORT.replace("65535", "10"), "orders.yml": "server: {port: 99}\n"}
    assert told(checker, stricter, before)[0].startswith("!orders.yml:1 [schema-maximum]")
    harmless = before | {"orders.yml": "server: {port: 99}\n"}
    assert told(checker, stricter, harmless)[0].startswith("!orders.yml:1 [schema-maximum]")
    assert SchemaCheck(checker=checker)(None, tree(before))[0].fatal is False


def test_combinations_that_the_manifest_lists(checker):
    files = {
        "schemas/orders.json": PORT,
        "orders.yml": "server: {port: ${first:}${second:1}}\n".replace("{port: ", "{port: '").replace("}}\n", "}'}\n"),
        "orders-eu.yml": "first: x\n",
        "gitconfig.yml": "profiles: [eu, prod]\ncombinations: ['prod,eu']\n",
        "orders-prod.yml": "first: 5\n",
    }
    lines = told(checker, files)
    assert [line.partition("(")[2] for line in lines] == ["1 application(s), e.g. orders/eu)"]


def test_text_is_judged_by_what_it_binds_to(checker):
    schema = {
        "properties": {
            "port": {"type": "integer"},
            "name": {"type": "string"},
            "on": {"type": "boolean"},
            "list": {"type": "array", "items": {"type": "integer"}},
            "none": {"type": "array"},
            "half": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        }
    }
    text = "port=8080\nname=12\non=TRUE\nlist=1,2\nnone=\nhalf=0.5\n"
    files = {"schemas/orders.json": json.dumps(schema), "orders.properties": text}
    assert told(checker, files) == []
    bad = files | {"orders.properties": text.replace("8080", "80a").replace("1,2", "1,x")}
    assert [line.partition(":")[0] + line.partition("]")[2] for line in told(checker, bad)] == [
        '!orders.properties port: the value is not of type "integer" (orders/default)',
        '!orders.properties list[1]: the value is not of type "integer" (orders/default)',
    ]
    yaml = {"orders.yml": "port: ${PORT:8080}\nname: ${NAME:5}\nnone: []\nhalf: ~\n", "orders.properties": None}
    assert (
        told(checker, {"schemas/orders.json": files["schemas/orders.json"], **{k: v for k, v in yaml.items() if v}})
        == []
    )


def test_what_nobody_can_know_is_left_out_and_composed_rules_that_need_it_warn(checker):
    schema = {"properties": {"port": {"type": "integer"}}, "anyOf": [{"properties": {"port": {"const": 1}}}]}
    files = {"schemas/orders.json": json.dumps(schema), "orders.yml": "port: ${PORT}\n"}
    assert [line.partition("]")[0] for line in told(checker, files)] == ["orders.yml:0 [schema-anyOf"]
    sealed = {"schemas/orders.json": PORT, "orders.yml": "server: {port: '{cipher}abc'}\n"}
    assert told(checker, sealed) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"$ref": "http://127.0.0.1:9/x.json"}', "http://127.0.0.1:9/x.json is no schema of this repository"),
        ('{"$ref": "file:///etc/passwd"}', "file:///etc/passwd is no schema"),
        ('{"$ref": "../../etc/passwd"}', "is no schema"),
        ('{"type": "text"}', '"text" is not valid'),
        ("{", "Expecting property name"),
        ("[]", "a schema is a map, true or false"),
    ],
)
def test_a_schema_that_says_nothing_sound_is_refused_itself(checker, text, reason):
    (line,) = told(checker, {"schemas/orders.json": text, "orders.yml": "a: 1\n"})
    assert line.startswith("!schemas/orders.json:0 [schema-invalid] ")
    assert reason in line


def test_schemas_may_refer_to_each_other(checker):
    files = {
        "schemas/orders.yml": "properties: {server: {$ref: 'common/server.json#/$defs/server'}}\n",
        "schemas/common/server.json": '{"$defs": {"server": {"required": ["port"]}}}',
        "orders.yml": "server: {name: x}\n",
    }
    assert told(checker, files)[0].startswith('!orders.yml:1 [schema-required] server: "port" is')


def test_a_schema_that_takes_too_long_refuses(checker):
    levels = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)}
    schema = {"$defs": levels | {"a40": {"type": "object"}}, "$ref": "#/$defs/a0"}
    git = memory_repository()
    new = tree({"schemas/orders.json": json.dumps(schema), "orders.yml": "a: 1\n"}, git)
    (found,) = SchemaCheck(checker=checker, seconds=1)(tree({"a.txt": ""}), new)
    assert (found.rule, found.fatal) == ("check-timeout", True)
    assert told(checker, {"schemas/orders.json": PORT, "orders.yml": "a: 1\n"}) == []


def test_applications_that_nothing_touched_are_not_judged_again():
    class Counting(Checker):
        judged = 0

        def run(self, task, payload, seconds=30.0):
            self.judged += len(payload.get("environments", ()))
            return super().run(task, payload, seconds)

    git, checker = memory_repository(), Counting()
    files = {"schemas/application.json": PORT, "orders.yml": "a: 1\n", "carts.yml": "a: 1\n"}
    check, old = SchemaCheck(checker=checker), tree(files, git)
    check(None, old)
    new = tree(files | {"orders.yml": "a: 2\n"}, git)
    assert (check(old, new), checker.judged) == ([], 3)
    assert (check(new, tree(files | {"orders.yml": "a: 2\n", "readme.md": ""}, git)), checker.judged) == ([], 3)
    checker.close()
