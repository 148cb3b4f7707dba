"""Runs where PyPI's config-client is installed: prints what it reads as JSON.

Arguments: URL application profile label.
"""

import json
import sys

from config import ConfigClient

address, application, profile, label = sys.argv[1:]
client = ConfigClient(address=address, app_name=application, profile=profile, label=label, fail_fast=False)
client.get_config()
print(json.dumps(client.config))
