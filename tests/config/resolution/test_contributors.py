import pytest
from support.trees import tree_of

from gitconfig_server.config.resolution import contributors
from gitconfig_server.config.resolution.resolve import ResolveOptions, find_files, resolve
from gitconfig_server.errors import InvalidContent, TooLarge
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import SYMLINK, TreeEntry, TreeView, edit_tree

IMPORT = "spring.config.import"


def names(files, profiles=("a",), application="svc", **options):
    found = resolve(tree_of(files), [application], profiles, "main", ResolveOptions(**options))
    return [source.name for source in found]


def some(*paths):
    return dict.fromkeys(paths, "k: 1\n")


def test_included_profiles_come_after_those_asked_for():
    files = {"svc.yml": "spring.profiles.include: x, y\n", **some("svc-a.yml", "svc-x.yml", "svc-y.yml")}
    assert names(files) == ["svc-y.yml", "svc-x.yml", "svc-a.yml", "svc.yml"]


def test_a_group_brings_profiles_and_documents_see_them():
    text = "spring.profiles.group.a: x\n---\nspring.config.activate.on-profile: x\nk: 1\n"
    assert names({"svc.yml": text, **some("svc-x.yml")}) == [
        "svc-x.yml",
        "svc.yml (document #1)",
        "svc.yml (document #0)",
    ]


@pytest.mark.parametrize("profiles", [("default",), ("Default", "a"), ("DEFAULT",)])
def test_who_asks_for_default_first_gets_nothing_added(profiles):
    text = "spring.profiles:\n  include: ['b d']\n  group: {default: x, a: x}\n"
    assert names({"svc.yml": text, **some("svc-x.yml")}, profiles) == ["svc.yml"]


def test_an_import_outranks_its_importer_and_its_variants_outrank_all_files_of_profiles():
    files = {
        "svc.yml": f"{IMPORT}: x/m.yml\n",
        "svc-a.yml": f"{IMPORT}: x/n.yml\n",
        **some("x/m.yml", "x/m-a.yml", "x/n.yml", "x/n-a.yml", "application-a.yml"),
    }
    expected = "x/m-a.yml > x/n-a.yml > x/n.yml > svc-a.yml > application-a.yml > x/m.yml > svc.yml"
    assert " > ".join(names(files)) == expected


def test_an_imported_folder_is_looked_in_for_the_applications():
    files = {"svc.yml": f"{IMPORT}: x/\n", **some("x/svc.yml", "x/svc-a.yml", "x/application.yml", "x/other.yml")}
    assert names(files) == ["x/svc-a.yml", "x/svc.yml", "x/application.yml", "svc.yml"]


def test_a_file_without_extension_is_read_as_its_import_says():
    first, *_ = resolve(tree_of({"svc.yml": f"{IMPORT}: 'x/m[.properties]'\n", "x/m": "a=1"}), ["svc"], ["z"])
    assert (first.name, dict(first.properties)) == ("x/m", {"a": "1"})


def test_imports_that_lead_back_end():
    files = {"svc.yml": f"{IMPORT}: m.yml\n", "m.yml": f"{IMPORT}: [svc.yml, m.yml, n.yml]\n"}
    assert names(files | {"n.yml": f"{IMPORT}: m.yml\n"}) == ["n.yml", "m.yml", "svc.yml"]


@pytest.mark.parametrize(
    "text", ["/orders.yml", "file:orders.yml", "../orders.yml", "http://localhost/orders.yml", "nothere.yml"]
)
def test_what_is_not_in_the_tree_is_left_out(text):
    assert names({"svc.yml": f"{IMPORT}: {text}\n", **some("orders.yml")}) == ["svc.yml"]


def test_the_manifest_and_links_are_not_imported():
    files = {"svc.yml": f"{IMPORT}: [gitconfig.yml, m.yml]\n", "gitconfig.yml": "json: false\n"}
    tree = tree_of(files | some("target.yml"))
    link = TreeEntry(SYMLINK, tree.entry(b"target.yml").id)
    linked, made = edit_tree(tree.objects, tree.tree, {b"m.yml": link})
    found = resolve(TreeView(Overlay(ObjectMap(made), tree.objects), linked), ["svc"], ["a"])
    assert [source.name for source in found] == ["svc.yml"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"{IMPORT}: x/noext", "import"),
        (f"{IMPORT}: '*.yml'", "import"),
        (f"{IMPORT}: '${{a}}.yml'\na: '${{b}}'\nb: '${{a}}'", "import"),
        ("spring.profiles.include: 'b d'", "profile-name"),
        ("spring.profiles.include: 'x,'", "profile-name"),
        ("spring.profiles.include: '${nowhere}'", "profile-name"),
        ("spring.profiles.include: ../x", "profile-name"),
        ("spring.profiles.group.q: 'x_'", "profile-name"),
        ("spring.profiles.include: x\nspring.config.activate.on-profile: a", "include-in-activated"),
        ("spring.profiles.include: x\nspring.config.activate.on-profile: b", "include-in-activated"),
        ("spring.profiles.include: x\nspring.config.activate.on-cloud-platform: heroku", "include-in-activated"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_line(text, rule):
    with pytest.raises(InvalidContent) as caught:
        names({"svc.yml": f"k: 1\n{text}\n"})
    assert (caught.value.path, caught.value.rule, caught.value.line) == ("svc.yml", rule, 2)


def test_what_is_asked_for_in_vain_does_no_harm():
    inactive = f"k: 1\n---\nspring.config.activate.on-profile: b\n{IMPORT}: x/noext\n"
    assert names({"svc.yml": inactive}) == ["svc.yml (document #0)"]
    shadowed = {"application.yml": "spring.profiles.group.a: 'b d'\n", "svc.yml": "spring.profiles.group.a: b\n"}
    assert names(shadowed) == ["svc.yml", "application.yml"]


def test_a_variant_of_an_import_must_not_choose_profiles():
    files = {"svc.yml": f"{IMPORT}: m.yml\n", "m-a.yml": "spring.profiles.active: x\n"}
    with pytest.raises(InvalidContent, match=r"m-a\.yml:1:.*profile-in-profile"):
        names(files)


def test_placeholders_are_resolved_by_what_is_active():
    text = f"folder: x\n---\nspring.config.activate.on-profile: b\nfolder: y\n---\n{IMPORT}: '${{folder}}/m.yml'\n"
    assert names({"svc.yml": text, **some("x/m.yml", "y/m.yml")})[:2] == ["svc.yml (document #2)", "x/m.yml"][::-1]
    assert names({"svc.yml": "spring.profiles.include: '${more:x,y}'\n", **some("svc-y.yml")})[0] == "svc-y.yml"
    assert names({"svc.yml": f"{IMPORT}: '${{spring.profiles.active}}.yml'\n", **some("a.yml")})[0] == "a.yml"


def test_documents_may_wait_for_a_cloud_platform():
    text = "k: 1\n---\nspring.config.activate.on-cloud-platform: Kubernetes\nk: 2\n"
    assert names({"svc.yml": text}) == ["svc.yml (document #0)"]
    assert len(names({"svc.yml": text}, cloud_platform="kubernetes")) == 2
    assert len(names({"svc.yml": text, "application.yml": "spring.main.cloud-platform: kubernetes\n"})) == 3


def test_deep_chains_and_wide_fans_end(monkeypatch):
    chain = {f"m{number}.yml": f"{IMPORT}: m{number + 1}.yml\n" for number in range(contributors.MAX_IMPORT_DEPTH + 1)}
    with pytest.raises(InvalidContent, match=r"m49\.yml:1:23: .*deeper than 50 \[import\]"):
        names({"svc.yml": f"{IMPORT}: m0.yml\n", **chain})
    monkeypatch.setattr(contributors, "MAX_IMPORTED", 3)
    fan = some(*(f"d/m{number}.yml" for number in range(4)))
    with pytest.raises(TooLarge, match="documents that files import is over the limit of 3"):
        names({"svc.yml": f"{IMPORT}: {','.join(fan)}\n", **fan})


def test_the_files_of_a_source_are_those_its_names_lead_to():
    files = {"svc.yml": f"{IMPORT}: m.yml\nspring.profiles.include: x\n", **some("m.yml", "svc-x.yml", "svc-a.yml")}
    assert [file.path for file in find_files(tree_of(files), ["svc"], ["a"])] == ["svc-a.yml", "svc.yml"]
