import pytest

from gitconfig_server.errors import InvalidSettings, RemoteFailed
from gitconfig_server.service.upstream.process import local_command, ssh_command
from gitconfig_server.service.upstream.remotes import RemoteAddress, read_address, secret_of
from gitconfig_server.settings.upstream import UpstreamSettings


@pytest.mark.parametrize(
    ("url", "address", "name"),
    [
        ("https://git.test/a/b.git", RemoteAddress("https", "/a/b.git", "git.test"), "https://git.test/a/b.git"),
        (
            "http://me:p%40ss@git.test:8080/x",
            RemoteAddress("http", "/x", "git.test", 8080, "me", "p@ss"),
            "http://git.test:8080/x",
        ),
        ("https://u:a@b@git.test/x", RemoteAddress("https", "/x", "git.test", None, "u", "a@b"), "https://git.test/x"),
        ("ssh://git@h:22/a%20b", RemoteAddress("ssh", "/a b", "h", 22, "git"), "ssh://h:22/a b"),
        (
            "git@github.com:o/r.git",
            RemoteAddress("ssh", "/~/o/r.git", "github.com", None, "git"),
            "ssh://github.com/~/o/r.git",
        ),
        ("host:/srv/x", RemoteAddress("ssh", "/srv/x", "host"), "ssh://host/srv/x"),
        ("ssh://[::1]/x", RemoteAddress("ssh", "/x", "[::1]"), "ssh://[::1]/x"),
        ("file:///srv/a%20b", RemoteAddress("file", "/srv/a b"), "file:///srv/a b"),
        (" /srv/config.git\n", RemoteAddress("file", "/srv/config.git"), "file:///srv/config.git"),
    ],
)
def test_addresses_are_read_as_git_does(url, address, name):
    assert read_address(url) == address
    assert address.name == name


@pytest.mark.parametrize(
    "url",
    [
        "ftp://u:secret@h/x",
        "https://u:secret@",
        "https://u:secret@h",
        "https://u:secret@h/",
        "https://u:secret@h/x?token=secret",
        "https://u:secret@h/x#secret",
        "https://u:secret@h:port/x",
        "https://u:sec ret@h/x",
        "ssh://-oProxyCommand=secret/x",
        "ssh://-lsecret@h/x",
        "-osecret@h:x",
        "file://secret/x",
    ],
)
def test_urls_that_name_no_repository_are_refused_without_repeating_them(url):
    with pytest.raises(InvalidSettings, match=r"upstream\.url") as caught:
        read_address(url)
    assert "secret" not in str(caught.value)


def secret(url="https://git.test/x", **options):
    return secret_of(UpstreamSettings(**options), read_address(url))


def test_credentials(tmp_path):
    assert secret() == ("", "")
    assert secret("https://me:p@git.test/x") == ("me", "p")
    assert secret("https://me:p@git.test/x", username="you", password="q") == ("you", "q")
    assert secret(password="token") == ("git", "token")
    file = tmp_path / "password"
    file.write_text("from a file\n")
    assert secret(username="me", password_file=str(file)) == ("me", "from a file")
    with pytest.raises(RemoteFailed, match="password_file"):
        secret(password_file=str(tmp_path / "none"))


def test_git_is_run_for_a_folder():
    assert local_command(RemoteAddress("file", "/srv/a b"))("git-upload-pack") == ("git", "upload-pack", "/srv/a b")


def test_ssh_asks_nobody_and_checks_the_host():
    command = ssh_command(read_address("ssh://git@h:2222/a'b"), UpstreamSettings(timeout=7))("git-receive-pack")
    assert command[0] == "ssh"
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=7"} < set(command)
    assert command[-5:] == ("-p", "2222", "--", "git@h", "git-receive-pack '/a'\"'\"'b'")


def test_ssh_with_key_and_known_hosts():
    settings = UpstreamSettings(ssh_key="/keys/id", known_hosts="/keys/known", strict_host_key_checking=False)
    command = ssh_command(read_address("git@h:x.git"), settings)("git-upload-pack")
    options = {'IdentityFile="/keys/id"', "IdentitiesOnly=yes", 'UserKnownHostsFile="/keys/known"'}
    assert options | {"StrictHostKeyChecking=accept-new"} < set(command)
    assert command[-2:] == ("git@h", "git-upload-pack x.git")
