"""Where every command begins. What is asked for often and needs little is answered before a command line is made."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; ``--version`` by itself, and the hook that every direct push waits for, without it."""
    if sys.argv[1:] == ["--version"]:
        from gitconfig_server.version import __version__

        print(f"gitconfig-server {__version__}")
        return
    if sys.argv[1:2] == ["hook"]:
        from gitconfig_server.server.hooks import run_hook

        sys.exit(run_hook(sys.argv[2:]))
    from gitconfig_server.cli import main as run

    run()


if __name__ == "__main__":
    main()
