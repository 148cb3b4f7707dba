"""What holds for every test."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":  # the same code gets the same verdict; searching for more is for people
    settings.load_profile("ci")
