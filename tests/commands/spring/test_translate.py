"""The settings of a Spring Cloud Config Server, turned into ours."""

import subprocess
import sys

import pytest
import yaml

from gitconfig_server.commands.spring.files import Said, active_profiles, read_spring_files
from gitconfig_server.commands.spring.keys import FATES, Same
from gitconfig_server.commands.spring.translate import translate
from gitconfig_server.commands.spring.translation import told
from gitconfig_server.errors import InvalidContent, InvalidInput
from gitconfig_server.settings.loading import KNOWN, load

SERVER = "spring.cloud.config.server"

THEIRS = """
server:
  port: 8877
  servlet.contextPath: /conf
spring:
  cloud.config:
    server:
      prefix: api
      overrides: {foo: bar, flag: true, "a.b": 5}
      git:
        uri: https://someone@git.example.com/conf.git
        username: ${GIT_USER}
        password: ${GIT_PASSWORD:changeit}
        searchPaths: 'config/{application}, shared'
        refresh-rate: 30
        repos:
          team-a: {pattern: 'team-a*,*/dev', uri: 'file:///srv/team-a'}
          simple: https://u:p@git.example.com/simple
    monitor.endpoint.path: /hooks
encrypt.key: s3cret
---
spring.config.activate.on-profile: live
spring.cloud.config.server.default-label: release
"""


def translated(key, value):
    return translate([Said(key, value, "application.yml:1")])


def test_what_carries_over_is_a_settings_file_that_our_server_takes(tmp_path):
    theirs, ours = tmp_path / "application.yml", tmp_path / "ours.yml"
    theirs.write_text(THEIRS)
    ours.write_text(translate(read_spring_files([theirs], ("default",))).as_yaml())
    settings = load(ours, {}, {}).settings
    assert (settings.port, settings.spring.prefix, settings.default_label) == (8877, "/conf/api", "")
    assert settings.spring.search_paths == ["config/{application}", "shared"]
    assert settings.spring.overrides == {"foo": "bar", "flag": "true", "a.b": "5"}
    assert settings.spring.repositories["team-a"].pattern == ["team-a*", "*/dev"]
    assert settings.spring.repositories["simple"].uri == "simple.git"
    assert settings.upstream.url == "https://someone@git.example.com/conf.git"


def test_documents_of_the_named_profiles_count_and_later_files_win(tmp_path):
    first, second = tmp_path / "application.yml", tmp_path / "application-live.properties"
    first.write_text(THEIRS)
    second.write_text("server.port=1\nspring.cloud.config.server.git.searchPaths[0]=x\n")
    result = translate(read_spring_files([first, second], ("live",))).settings
    assert (result["default_label"], result["port"]) == ("release", 1)


def test_variables_and_ciphers_are_named_with_what_to_do(tmp_path):
    theirs = tmp_path / "application.yml"
    theirs.write_text(THEIRS.replace("s3cret", "'{cipher}abc'"))
    result = translate(read_spring_files([theirs], ("default",)))
    notes = {note.key: note.way_out for note in result.notes}
    assert notes[f"{SERVER}.git.username"] == 'export GITCONFIG_UPSTREAM__USERNAME="${GIT_USER}"'
    assert "GITCONFIG_ENCRYPT__KEY" in notes["encrypt.key"]
    assert result.settings["upstream"]["password"] == "changeit"
    assert "encrypt" not in result.settings
    assert "u:p@" not in str(result.notes)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (f"{SERVER}.git.privateKey", "-----BEGIN", "upstream.ssh_key"),
        (f"{SERVER}.vault.host", "x", "export it"),
        (f"{SERVER}.native.search-locations[0]", "file:/x", "git init"),
        (f"{SERVER}.git.repos.a.username", "x", "mirror"),
        (f"{SERVER}.git.refresh_rate", 0, "webhook"),
        (f"{SERVER}.composite[0].type", "git", "merge them"),
        ("spring.security.user.password", "x", "proxy"),
        ("spring.cloud.config.server.nonsense", 1, "gitcfg help settings"),
    ],
)
def test_what_is_not_supported_is_named_with_reason_and_way_out(key, value, expected):
    result = translated(key, value)
    assert result.settings == {}
    assert expected in result.notes[0].way_out
    assert any(key in line for line in told(result.notes))


def test_items_of_overrides_stay_apart():
    said = [Said(f"{SERVER}.overrides.hosts[{number}]", name, "") for number, name in enumerate("ab")]
    assert translate(said).settings["spring"]["overrides"] == {"hosts[0]": "a", "hosts[1]": "b"}


@pytest.mark.parametrize(
    ("uri", "setting", "value"),
    [
        ("${URI:${OTHER:https://git.example.com/x.git}}", "upstream", {"url": "https://git.example.com/x.git"}),
        ("${URI:/srv/config}", "repository", "/srv/config"),
        ("${URI}", "repository", "config.git"),
        ("https://me:word@git.example.com/x.git", "repository_uri", "https://git.example.com/x.git"),
        ("file://${user.home}/config", "repository", None),
        ("https://git.example.com/{application}", "upstream", None),
    ],
)
def test_the_repository_from_variables(uri, setting, value):
    assert translated(f"{SERVER}.git.uri", uri).settings.get(setting) == value


@pytest.mark.parametrize(
    ("key", "value", "way_out"),
    [
        (f"{SERVER}.git.uri", "${URI:https://h/x}", "set GITCONFIG_UPSTREAM__URL for another value"),
        (f"{SERVER}.git.uri", "${URI}", 'export GITCONFIG_UPSTREAM__URL="${URI}"'),
        (f"{SERVER}.git.uri", "file://${user.home}/c", 'export GITCONFIG_REPOSITORY="file://${HOME}/c"'),
        ("encrypt.key", "${A.b-c}${D:${E}}", 'export GITCONFIG_ENCRYPT__KEY="${A_B_C}${D:-${E}}"'),
        (f"{SERVER}.git.repos.x.uri", "${URI}", "write it at spring.repositories.x.uri"),
        (f"{SERVER}.overrides.x", "${URI}", "write the value itself, where it is the server's"),
        ("encrypt.key-store.location", "classpath:/k.p12", "name it at encrypt.key_store.location"),
    ],
)
def test_what_comes_from_elsewhere_has_a_way_out(key, value, way_out):
    assert way_out in translated(key, value).notes[0].way_out


def test_defaults_of_variables_have_the_type_of_the_setting():
    assert translated("server.port", "${PORT:9000}").settings == {"port": 9000}
    assert translated("server.port", "[").settings == {"port": "["}
    assert translated(f"{SERVER}.git.username", "${USER_NAME:}").settings == {"upstream": {"username": ""}}


def test_profiles_that_the_file_says_are_active_count(tmp_path):
    theirs = tmp_path / "application.yml"
    theirs.write_text("spring.profiles.active: ${P:live}, x\n" + THEIRS)
    assert active_profiles([theirs]) == ("live", "x")
    notes = translate(read_spring_files([theirs], active_profiles([theirs]))).notes
    assert not [note for note in notes if note.needs_care and "on-profile" in note.key]


@pytest.mark.parametrize("turned", [False, True])
def test_the_context_path_comes_before_everything(turned):
    said = [
        Said("server.servlet.context-path", "/conf/", ""),
        Said(f"{SERVER}.prefix", "api", ""),
        Said("spring.cloud.config.monitor.endpoint.path", "/hooks", ""),
    ]
    settings = translate(said[::-1] if turned else said).settings
    assert (settings["spring"]["prefix"], settings["monitor"]["path"]) == ("/conf/api", "/conf/hooks")


def test_a_server_that_the_network_reaches_is_told_what_that_takes():
    for said in (Said("server.address", "0.0.0.0", ""), Said("server.port", 1, "")):
        result = translate([Said(f"{SERVER}.accept-empty", False, ""), said])
        assert "host" not in result.settings
        assert "allow_open_network" in result.notes[-1].way_out
    assert translated("server.address", "127.0.0.1").notes == []


def run(*arguments):
    command = [sys.executable, "-m", "gitconfig_server", "spring-settings", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_output_is_readable_by_us_alone_and_never_the_input(tmp_path):
    theirs, ours = tmp_path / "application.yml", tmp_path / "ours.yml"
    theirs.write_text(THEIRS)
    assert run(theirs, "--output", ours).returncode == 0
    assert ours.stat().st_mode & 0o777 == 0o600
    assert run(theirs, "--output", theirs).returncode == 2
    assert theirs.read_text() == THEIRS


def test_what_they_skip_we_do_not_verify():
    assert translated(f"{SERVER}.git.skipSslValidation", "true").settings == {"upstream": {"verify": False}}


def test_a_global_default_label_wins_in_either_order():
    both = [Said(f"{SERVER}.default-label", "a", ""), Said(f"{SERVER}.git.default-label", "b", "")]
    assert translate(both).settings == translate(both[::-1]).settings == {"default_label": "a"}


def test_every_setting_that_is_ours_by_another_name_exists():
    targets = {fate.ours.split(".*")[0] for fate in FATES.values() if isinstance(fate, Same)}
    known = {".".join(key[:length]) for key in KNOWN for length in range(1, len(key) + 1)}
    missing = targets - known
    assert not missing


@pytest.mark.parametrize("text", ["a: [", "\ta: 1"])
def test_a_broken_file_is_an_error_with_its_line(tmp_path, text):
    theirs = tmp_path / "application.yml"
    theirs.write_text(text)
    with pytest.raises(InvalidContent, match=r"application\.yml:\d"):
        read_spring_files([theirs], ("default",))


def test_a_file_that_is_not_there_or_no_configuration_is_an_error(tmp_path):
    for name in ("application.yml", "application.xml.bak"):
        with pytest.raises(InvalidInput, match=name):
            read_spring_files([tmp_path / name], ())


def test_output_is_plain_yaml():
    text = translated(f"{SERVER}.overrides.motd", "a\nb").as_yaml()
    assert yaml.safe_load(text) == {"spring": {"overrides": {"motd": "a\nb"}}}


def test_settings_of_following_stay_away_where_nothing_is_followed():
    local = [Said(f"{SERVER}.git.uri", "file:///srv/conf", "a.yml:1"), Said(f"{SERVER}.git.timeout", 5, "a.yml:2")]
    result = translate(local)
    assert "upstream" not in result.settings
    assert any("upstream.timeout would be idle" in note.reason for note in result.notes)
    assert any("git clone --bare file:///srv/conf config.git" in note.way_out for note in result.notes)


@pytest.mark.parametrize("key", [f"{SERVER}.vault.host", f"{SERVER}.nonsense", "server.ssl.enabled"])
def test_what_stays_behind_is_told_apart(key):
    result = translated(key, "x")
    assert [note.stays_behind for note in result.notes if note.key == key] == [True]
    assert next(told(result.notes)) == "stays behind:"


def test_a_store_of_javas_own_kind_becomes_another_one():
    said = [Said("encrypt.key-store.location", "file:/etc/my keys.jks", "a"), Said("encrypt.keyStore.type", "JKS", "b")]
    result = translate(said)
    assert result.settings == {"encrypt": {"key_store": {"location": "file:/etc/my keys.p12"}}}
    ways = " ".join(note.way_out for note in result.notes)
    assert "keytool -importkeystore -srckeystore '/etc/my keys.jks' -destkeystore '/etc/my keys.p12'" in ways


def test_the_advice_for_a_repository_for_each_application_runs(tmp_path):
    for name in ("orders", "billing"):
        subprocess.run(["git", "init", "-q", "--bare", f"{tmp_path}/forge/{name}-dev.git"], check=True)
        subprocess.run(["git", "init", "-q", "--bare", f"{tmp_path}/forge/{name}-prod.git"], check=True)
    key = f"{SERVER}.git.repos.team.uri"
    result = translated(key, "ssh://git.example.com/{application}-{profile}.git")
    assert result.settings["spring"]["repositories"]["team"] == {"uri": "team/{application}-{profile}.git"}
    (way_out,) = (note.way_out for note in result.notes if note.key == key)
    script = way_out.removeprefix("with your own names: ").replace("ssh://git.example.com", f"{tmp_path}/forge")
    subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, check=True)
    assert sorted(one.name for one in (tmp_path / "team").iterdir()) == [
        "billing-dev.git",
        "billing-prod.git",
        "orders-dev.git",
        "orders-prod.git",
    ]


def test_the_exit_code_gates_a_job(tmp_path):
    file = tmp_path / "application.yml"
    file.write_text("spring.cloud.config.server.vault.host: v\n")
    command = [sys.executable, "-m", "gitconfig_server", "spring-settings", str(file)]
    assert subprocess.run(command, capture_output=True).returncode == 1
    assert subprocess.run([*command, "--accept"], capture_output=True).returncode == 0
