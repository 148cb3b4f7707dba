import os
import sys

import anyio
import pytest
from support.git import git
from support.repositories import commit
from support.upstreams import Remote, followed

from gitconfig_server.errors import RemoteFailed
from gitconfig_server.service.upstream.process import ProcessRemote

pytestmark = pytest.mark.anyio

SSH = """#!/bin/sh
# What sshd does with the last word of its command line: a shell runs it. The others are kept for the test.
echo "$@" >> "$0.log"
for last; do :; done
exec sh -c "$last"
"""


@pytest.fixture
def remote(tmp_path):
    made = Remote(tmp_path / "it's remote.git")
    made.commit({"orders.yml": "pool: 1\n"})
    return made


async def test_folder_both_ways_with_its_hooks(remote):
    hook = remote.path / "hooks" / "post-receive"
    hook.write_text("#!/bin/sh\ncat > received\n")
    hook.chmod(0o755)
    ours = followed(remote.path.as_uri(), push_back=True)
    await ours.round()
    saved = commit(ours.git, {"orders.yml": "pool: 2\n"}).decode()
    assert (await ours.round()).unpushed == ()
    assert saved in (remote.path / "received").read_text()


async def test_ssh_runs_git_there(remote, tmp_path, monkeypatch):
    script = tmp_path / "bin" / "ssh"
    script.parent.mkdir()
    script.write_text(SSH)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    ours = followed(f"ssh://git@host.test{remote.path.as_uri().removeprefix('file://')}", push_back=True)
    assert (await ours.round()).error == ""
    saved = commit(ours.git, {"orders.yml": "pool: 2\n"}).decode()
    await ours.round()
    assert remote.tip("main") == saved
    assert "git@host.test" in (script.parent / "ssh.log").read_text()


async def test_what_the_process_complains_of_is_told(tmp_path):
    error = (await followed(tmp_path / "none.git").round()).error
    assert "does not appear to be a git repository" in error


async def test_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git cannot be run" in (await followed(tmp_path).round()).error


def script_remote(text, patience=30.0):
    return ProcessRemote("script", lambda _: (sys.executable, "-c", text), patience, 1 << 20)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "without a word"),
        ("import sys; sys.exit('no such host')", "no such host"),
        ("print('Welcome to our server!')", "does not speak Git"),
        ("print('0001')", "does not speak Git"),
        ("import sys; sys.stdout.write('00ff' + 'x' * 20)", "without a word"),
    ],
)
async def test_what_is_no_git(text, told):
    with pytest.raises(RemoteFailed, match=told):
        async with script_remote(text).conversation("git-upload-pack"):
            pass


async def test_silent_process_is_given_up_and_ended(tmp_path):
    file = tmp_path / "pid"
    text = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(RemoteFailed, match="said nothing"):
        async with script_remote(text, patience=1.0).conversation("git-upload-pack"):
            pass
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


async def test_cancelled_conversation_leaves_no_process(remote, tmp_path):
    file = tmp_path / "pid"
    script = f"echo $$ > '{file}'; exec git upload-pack ."
    with anyio.CancelScope() as scope:
        talking = ProcessRemote("shell", lambda _: ("sh", "-c", f'cd "$0"; {script}', str(remote.path)), 30, 1 << 20)
        async with talking.conversation("git-upload-pack"):
            os.kill(int(file.read_text()), 0)
            scope.cancel()
            await anyio.sleep_forever()
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


async def test_variables_of_git_do_not_lead_elsewhere(remote, monkeypatch, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "other.git")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other.git"))
    ours = followed(remote.path)
    await ours.round()
    monkeypatch.delenv("GIT_DIR")
    assert ours.tip("main") == remote.tip("main")
