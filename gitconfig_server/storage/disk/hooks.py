"""Git hooks in a served repository: ours are kept up to date, those of others are never touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from gitconfig_server.storage.disk.config import HOOK_MARK, marked, parsed, value
from gitconfig_server.storage.disk.files import DiskFiles


def install_hooks(root: str, hooks: Mapping[str, str], files: DiskFiles) -> list[str]:
    """Write the hooks that are missing or ours; why the others are not in force."""
    config = parsed(Path(root, "config").read_bytes())
    elsewhere = value(config, b"core", b"hookspath", b"").decode(errors="replace")
    warnings = []
    for name, script in hooks.items():
        path = Path(root, "hooks", name)
        if elsewhere:
            warnings.append(f"core.hooksPath is {elsewhere}: hook {name} is not installed, direct pushes go unchecked")
        elif path.exists() and HOOK_MARK not in path.read_bytes():
            warnings.append(f"{path} is not ours and stays: direct pushes go unchecked unless it calls our checks")
        else:
            _write(path, marked(script), files)
    return warnings


def _write(path: Path, content: bytes, files: DiskFiles) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    if not path.parent.is_dir():
        files.make_folder(str(path.parent))
    aside = f"{path}.{token_hex(4)}.tmp"
    files.create(aside, content, 0o777)
    files.sync_file(aside)
    files.rename(aside, str(path))
    files.sync_folder(str(path.parent))
