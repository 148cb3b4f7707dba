import pytest

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.settings.loading import load, show
from gitconfig_server.settings.upstream import UpstreamSettings


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("60s", 60),
        ("500ms", 0.5),
        ("5m", 300),
        ("1.5h", 5400),
        ("1d", 86400),
        ("30", 30),
        (" 7 s ", 7),
        (45, 45),
        (0, 0),
    ],
)
def test_durations_have_units_or_are_seconds(written, seconds):
    assert UpstreamSettings(refresh=written).refresh == seconds


@pytest.mark.parametrize("written", ["soon", "-1", "5 weeks", "", True, -1, float("inf"), "1e400"])
def test_what_is_no_duration(written):
    with pytest.raises(ValueError, match="refresh"):
        UpstreamSettings(refresh=written)


def test_a_timeout_of_nothing_would_never_fetch():
    with pytest.raises(ValueError, match="timeout"):
        UpstreamSettings(timeout="0s")


def test_from_the_environment():
    environ = {
        "GITCONFIG_UPSTREAM__URL": "https://git.test/x",
        "GITCONFIG_UPSTREAM__REFRESH": "2m",
        "GITCONFIG_UPSTREAM__LABELS": "main,release/*",
        "GITCONFIG_UPSTREAM__PUSH_BACK": "true",
        "GITCONFIG_MONITOR__GITLAB__SECRET": "token",
    }
    settings = load(None, environ, {}).settings
    upstream = settings.upstream
    assert (upstream.refresh, upstream.labels, upstream.push_back) == (120, ["main", "release/*"], True)
    assert settings.monitor.gitlab.secret.get_secret_value() == "token"


def test_secrets_are_never_shown(tmp_path):
    file = tmp_path / "conf.yml"
    file.write_text(
        "upstream:\n  url: https://me:s3cret@git.test/x\n  password: s3cret\n"
        "monitor:\n  secret: s3cret\n  github:\n    secret: s3cret\n"
    )
    loaded = load(file, {}, {})
    assert "s3cret" not in show(loaded)
    assert 'url: "https://git.test/x"' in show(loaded)
    assert "s3cret" not in repr(loaded.settings.upstream.password)
    file.write_text("upstream:\n  password:\n    of: s3cret\n")
    with pytest.raises(InvalidSettings) as caught:
        load(file, {}, {})
    assert "s3cret" not in str(caught.value)
