"""``python -m gitconfig_server``."""

from gitconfig_server.cli import main

main()
