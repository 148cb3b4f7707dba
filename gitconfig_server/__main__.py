"""Where every command begins. What is asked for often and needs little is answered before a command line is made."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; ``--version`` by itself, and the hook that every direct push waits for, without it."""
    if sys.argv[1:] == ["--version"]:
        from gitconfig_server.version import __version__

        print(f"gitconfig-server {__version__}")
        return
    if sys.argv[1:2] == ["hook"]:
        sys.exit(_run_hook(sys.argv[2:]))
    from gitconfig_server.cli import main as run

    run()


def _run_hook(arguments: list[str]) -> int:
    """Ask a server that runs, which has all loaded that this needs, or see for ourselves; the exit code."""
    from gitconfig_server.server.asking import ask_server

    lines = sys.stdin.readlines()
    answer = ask_server(arguments[-1], os.environ, lines) if arguments[:2] == ["pre-receive", "--rules"] else None
    if answer is None:
        from gitconfig_server.server.hooks import run_hook

        return run_hook(arguments, lines)
    agrees, said = answer
    for line in said:
        print(line, file=sys.stderr)
    return 0 if agrees else 1


if __name__ == "__main__":
    main()
