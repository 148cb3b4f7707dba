"""A folder nobody may write."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def read_only(folder: Path, mount_point: Path) -> Iterator[Path]:
    """``folder``, not to be written while the context lasts. Modes do not bind root, who sees it through a mount."""
    if os.geteuid() == 0:
        mount_point.mkdir()
        subprocess.run(["mount", "--bind", str(folder), str(mount_point)], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", str(mount_point)], check=True)
            yield mount_point
        finally:
            subprocess.run(["umount", str(mount_point)], check=True)
        return
    folders = [Path(name) for name, _, _ in os.walk(folder)]
    for one in folders:
        one.chmod(0o555)
    try:
        yield folder
    finally:
        for one in folders:
            one.chmod(0o755)


def make_writable(folder: Path) -> None:
    """End what ``read_only`` does to ``folder``, in place."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "-o", "remount,rw,bind", str(folder)], check=True)
    for name, _, _ in os.walk(folder):
        Path(name).chmod(0o755)
