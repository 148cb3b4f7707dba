"""A process of tests: does maintenance again and again, and says when it begins."""

import sys
from datetime import timedelta

from gitconfig_server.git.upkeep.maintaining import maintain
from gitconfig_server.storage.urls import open_storage

if __name__ == "__main__":
    storage, name = open_storage(sys.argv[1])
    repository = storage.open(name)
    while True:
        print("begin", flush=True)
        print(maintain(repository, whole=True, condemned_for=timedelta(0)), flush=True)
