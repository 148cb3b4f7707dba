"""The settings of a Spring Cloud Config Server, turned into ours."""

import pytest
import yaml

from gitconfig_server.commands.spring_keys import FATES, Same
from gitconfig_server.commands.spring_settings import Said, read_spring_files, told, translate
from gitconfig_server.errors import InvalidContent, InvalidInput
from gitconfig_server.settings.sources import KNOWN, load

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
    assert notes[f"{SERVER}.git.username"] == 'export GITCONFIG_UPSTREAM__USERNAME="$GIT_USER"'
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
        ("spring.cloud.config.server.nonsense", 1, "README"),
    ],
)
def test_what_is_not_supported_is_named_with_reason_and_way_out(key, value, expected):
    result = translated(key, value)
    assert result.settings == {}
    assert expected in result.notes[0].way_out
    assert any(key in line for line in told(result.notes))


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
