from pathlib import Path

import pytest
from pydantic import ValidationError

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.settings import Settings, without_credentials
from gitconfig_server.settings.loading import KNOWN, SECRETS, load, show


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "conf.yml"
        file.write_text(text)
        return file

    return write


def faults(file=None, environ=None, flags=None):
    with pytest.raises(InvalidSettings) as caught:
        load(file, environ or {}, flags or {})
    return [line.replace(str(file), "conf.yml") for line in str(caught.value).splitlines()]


def test_nothing_given_is_the_defaults():
    loaded = load(None, {"HOME": "/root"}, {"port": None})
    assert loaded.settings == Settings()
    assert (loaded.settings.host, loaded.settings.port, loaded.settings.workers) == ("127.0.0.1", 8888, 1)


def test_built_in_code_nothing_is_read_from_outside(monkeypatch):
    monkeypatch.setenv("GITCONFIG_PORT", "1")
    assert Settings().port == 8888


def test_flags_beat_variables_and_variables_beat_the_file(written):
    file = written("port: 1\nhost: localhost\nworkers: 2\n")
    settings = load(file, {"GITCONFIG_PORT": "2", "GITCONFIG_WORKERS": "3"}, {"port": 4}).settings
    assert (settings.host, settings.workers, settings.port) == ("localhost", 3, 4)


def test_groups_mix_their_sources(written):
    file = written("limits:\n  connections: 5\n  body_bytes: 6\nspring:\n")
    settings = load(file, {"GITCONFIG_LIMITS__BODY_BYTES": "7", "GITCONFIG_SPRING": '{"prefix": "cfg/"}'}, {}).settings
    assert (settings.limits.connections, settings.limits.body_bytes) == (5, 7)
    assert settings.spring.prefix == "/cfg"


@pytest.mark.parametrize("text", ["a, b", '["a", "b"]'])
def test_lists_in_variables(text):
    assert load(None, {"GITCONFIG_ALLOWED_HOSTS": text}, {}).settings.allowed_hosts == ["a", "b"]


def test_file_may_be_named_by_a_variable(written):
    assert load(None, {"GITCONFIG_SETTINGS": str(written("port: 7"))}, {}).settings.port == 7


def test_variables_of_the_test_suite_are_no_settings():
    load(None, {"GITCONFIG_TEST_ALL": "1"}, {})


def test_unknown_keys_name_their_place_and_the_nearest(written):
    file = written("prot: 1\nspring:\n  prefx: /x\n")
    assert faults(file, {"GITCONFIG_LIMITS__CONECTIONS": "5"}) == [
        "conf.yml:1: unknown setting prot, did you mean port?",
        "conf.yml:3: unknown setting spring.prefx, did you mean spring.prefix?",
        "GITCONFIG_LIMITS__CONECTIONS: unknown setting limits.conections, did you mean limits.connections?",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('\nport: "8888"', "conf.yml:2: port: expected a valid integer, got '8888'"),
        ("port: 70000", "conf.yml:1: port: expected less than or equal to 65535, got 70000"),
        ("allow_open_network: 1", "conf.yml:1: allow_open_network: expected a valid boolean, got 1"),
        ("log:\n  format: xml", "conf.yml:2: log.format: expected 'console' or 'json', got 'xml'"),
        ("spring: 5", "conf.yml:1: spring: expected settings beneath it, got 5"),
        ("push.validate: all", "conf.yml:1: unknown setting 'push.validate' in one word: write validate beneath push"),
        ("port: 1\nport: 2", "conf.yml:2: port is set twice, first on line 1"),
        (
            "upstream:\n  refresh: soon",
            "conf.yml:2: upstream.refresh: expected seconds, or a time like 500ms, 60s, 5m, 1h, 1d, got 'soon'",
        ),
        ("? [a]\n: 1", "conf.yml:1: expected a setting's name"),
        ("- port", "conf.yml:1: expected settings, one `name: value` a line"),
        ("a: [", "conf.yml:1: expected the node content, but found '<stream end>'"),
        ("a: !x 1", "conf.yml:1: could not determine a constructor for the tag '!x'"),
        ("limits:\n  body_seconds: .inf", "conf.yml:2: limits.body_seconds: expected a finite number, got inf"),
    ],
)
def test_wrong_values_name_place_and_expectation(written, text, fault):
    assert faults(written(text)) == [fault]


def test_wrong_values_of_variables_and_flags():
    assert faults(environ={"GITCONFIG_PORT": "x"}, flags={"workers": 0}) == [
        "GITCONFIG_PORT: port: expected a valid integer, got 'x'",
        "--workers: workers: expected greater than or equal to 1, got 0",
    ]


def test_mappings_are_one_variable():
    given = {"GITCONFIG_SPRING__OVERRIDES__FOO": "bar", "GITCONFIG_ENCRYPT__KEYS__A": "a.pem"}
    assert faults(environ=given) == [
        "GITCONFIG_SPRING__OVERRIDES__FOO: unknown setting spring.overrides.foo:"
        " write all of spring.overrides as JSON in GITCONFIG_SPRING__OVERRIDES",
        "GITCONFIG_ENCRYPT__KEYS__A: unknown setting encrypt.keys.a:"
        " write all of encrypt.keys as JSON in GITCONFIG_ENCRYPT__KEYS",
    ]
    assert load(None, {"GITCONFIG_SPRING__OVERRIDES": '{"foo": 1}'}, {}).settings.spring.overrides == {"foo": "1"}
    (fault,) = faults(environ={"GITCONFIG_SPRING__OVERRIDES": "foo=1"})
    assert fault.endswith("got 'foo=1'")


def test_files_that_cannot_be_read(tmp_path, written):
    assert "No such file" in faults(tmp_path / "none.yml")[0]
    file = written("")
    file.write_bytes(b"\xff")
    assert faults(file) == ["conf.yml: is not UTF-8"]


def test_show_tells_every_setting_and_its_origin(written):
    file = written("port: 1\nlimits:\n  connections: 5\n")
    lines = show(load(file, {"GITCONFIG_REPOSITORY": "postgresql://me:secret@db/x"}, {"host": "::1"})).splitlines()
    assert 'repository: "postgresql://db/x"  # GITCONFIG_REPOSITORY' in lines
    assert f"port: 1  # {file}:1" in lines
    assert 'host: "::1"  # --host' in lines
    assert f"  connections: 5  # {file}:3" in lines
    assert "push:" in lines
    assert '  validate: "tip"  # default' in lines
    assert len([line for line in lines if "#" in line]) == len(KNOWN)


def test_what_is_shown_can_be_loaded_again(written):
    loaded = load(None, {"GITCONFIG_SPRING__SEARCH_PATHS": "a,{application}", "GITCONFIG_PORT": "3"}, {})
    assert load(Path(written(show(loaded))), {}, {}).settings == loaded.settings


def test_secrets_are_never_shown(written):
    text = "encrypt:\n  key: pass-word\n  key_store:\n    password: let-me-in\n    location: s.p12\n"
    shown = show(load(written(text), {"GITCONFIG_ENCRYPT__KEY_STORE__SECRET": "change-me"}, {}))
    assert not any(secret in shown for secret in ("pass-word", "let-me-in", "change-me"))
    lines = shown.splitlines()
    at = lines.index("  key_store:")
    assert lines[at + 1].startswith('    location: "s.p12"  #')
    assert "    # secret: is set, and secret  # GITCONFIG_ENCRYPT__KEY_STORE__SECRET" in lines
    assert load(Path(written(shown)), {}, {}).settings.encrypt.key.get_secret_value() == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("encrypt:\n  key: 12345678", "conf.yml:2: encrypt.key: expected a valid string, got something else"),
        ("encrypt: pass-word", "conf.yml:1: encrypt: expected settings beneath it, got something else"),
        (
            "encrypt:\n  key_store: pass-word",
            "conf.yml:2: encrypt.key_store: expected settings beneath it, got something else",
        ),
    ],
)
def test_wrong_secrets_are_never_told(written, text, fault):
    assert faults(written(text)) == [fault]


def test_settings_built_in_code_tell_no_secret():
    with pytest.raises(ValidationError) as caught:
        Settings(encrypt={"key": ["pass-word"]})
    assert "pass-word" not in str(caught.value)
    assert "pass-word" not in repr(Settings(encrypt={"key": "pass-word"}))


def test_every_secret_is_known_as_one():
    named = {key for key in KNOWN if key[-1] in ("password", "secret", "token")} | {("encrypt", "key")}
    assert named <= SECRETS


@pytest.mark.parametrize(
    ("url", "shown"),
    [("/a@b", "/a@b"), ("https://u:p@h/x", "https://h/x"), ("https://h/a@b", "https://h/a@b"), ("x://u@h", "x://h")],
)
def test_without_credentials(url, shown):
    assert without_credentials(url) == shown


def test_further_repositories_may_be_written_in_several_ways(written):
    file = written(
        "spring:\n  repositories:\n    short: /srv/short\n    Long: {uri: /srv/long, pattern: 'a*, */prod'}\n"
    )
    read = load(file, {}, {}).settings.spring.repositories
    assert [(name, one.uri, one.pattern) for name, one in read.items()] == [
        ("short", "/srv/short", []),
        ("Long", "/srv/long", ["a*", "*/prod"]),
    ]
    variable = '{"Long": {"uri": "/srv/long", "search_paths": ["a"]}}'
    read = load(None, {"GITCONFIG_SPRING__REPOSITORIES": variable}, {}).settings.spring.repositories
    assert read["Long"].search_paths == ["a"]


def test_mistakes_in_further_repositories_name_their_place(written):
    assert faults(written("spring:\n  repositories:\n    x: {url: /srv/x}\n")) == [
        "conf.yml:2: spring.repositories.x.uri: is missing",
        "conf.yml:2: spring.repositories.x.url: is no setting",
    ]


def test_mistakes_in_further_repositories_tell_no_credentials(written):
    (fault,) = faults(written("spring:\n  repositories:\n    x: {uri: [https://me:hidden@git.test/x]}\n"))
    assert fault == "conf.yml:2: spring.repositories.x.uri: expected a valid string, got ['https://git.test/x']"


@pytest.mark.parametrize(("text", "path"), [("cfg", "/cfg"), ("/a/b.c/", "/a/b.c"), ("/", ""), ("config", "/config")])
def test_a_prefix_is_a_path(text, path):
    assert Settings(spring={"prefix": text}, monitor={"path": text}).spring.prefix == path


@pytest.mark.parametrize(
    "prefix", ["a/../b", "{name}", "a b", "a//b", "%2e", "é", "api/v1", "api/v1/x", "git", "actuator"]
)
def test_a_prefix_where_nothing_could_answer_is_refused(prefix):
    (fault,) = faults(environ={"GITCONFIG_SPRING__PREFIX": prefix})
    assert fault.startswith("GITCONFIG_SPRING__PREFIX: spring.prefix: expected a path ")


def test_overrides_are_text_with_dotted_keys(written):
    file = written("spring:\n  overrides:\n    a.b: true\n    c: {d: 1, e: [x, 0.5]}\n    f:\n    g: {}\n")
    expected = {"a.b": "true", "c.d": "1", "c.e[0]": "x", "c.e[1]": "0.5", "f": "", "g": ""}
    loaded = load(file, {}, {})
    assert loaded.settings.spring.overrides == expected
    assert load(Path(written(show(loaded))), {}, {}).settings == loaded.settings
    variable = {"GITCONFIG_SPRING__OVERRIDES": '{"A.b": "$\\\\{c}"}'}
    assert load(None, variable, {}).settings.spring.overrides == {"A.b": "$\\{c}"}


def test_show_leaves_credentials_of_further_repositories_out(written):
    file = written("spring:\n  repositories:\n    x: https://me:hidden@git.test/x\n")
    assert "hidden" not in show(load(file, {}, {}))
