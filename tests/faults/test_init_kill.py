"""kill -9 before any step of ``init``: it can be said again, and then the repository begins with the template."""

from pathlib import Path

from faults.storage_faults import EVERYTHING, KillBefore, assert_fsck_clean, folder_in_memory, git, run_and_die

from gitconfig_server import cli
from gitconfig_server.service.opening import open_to_serve
from gitconfig_server.storage.disk import storage


def init_dying(path: Path, steps: int) -> None:
    files = KillBefore(steps)
    storage.DiskFiles = lambda: files  # type: ignore[misc,assignment]
    cli._make(str(path), "main")


def test_init_killed_at_any_step_can_be_repeated():
    for steps in range(1, 10_000, 1 if EVERYTHING else 4):
        with folder_in_memory() as folder:
            path = folder / "one"
            if run_and_die(lambda path=path, steps=steps: init_dying(path, steps)):
                assert steps > 20
                return
            cli._make_if_missing(str(path), "main")
            open_to_serve(str(path), {}).storage.close()  # what was journalled is carried out
            assert git(path, "log", "--format=%s", "main").stdout == "init: start from the template\n"
            assert_fsck_clean(path)
    raise AssertionError("it never came to an end")
