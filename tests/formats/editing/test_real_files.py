"""Many edits of files as people write them, judged from outside (``support.real_edits``).

The files of the installed packages, and a few of the kinds that there are none of. ``GITCONFIG_EDITED_FILES`` names a
folder of others, ``GITCONFIG_EDITED_COUNT`` of how many files of a kind, ``GITCONFIG_EDITS`` how many edits of each.
"""

import os
import sysconfig
from pathlib import Path
from random import Random

import pytest
from support.real_edits import Outcome, try_edits
from support.real_models import Unfit

FOLDER = Path(os.environ.get("GITCONFIG_EDITED_FILES") or sysconfig.get_paths()["purelib"])
EDITS = int(os.environ.get("GITCONFIG_EDITS", "15"))
FILES = int(os.environ.get("GITCONFIG_EDITED_COUNT", "40"))
SIZES = range(20, 20_000)

OWN = {
    "kubernetes.yml": b"""\
# the service
apiVersion: v1
kind: Service
metadata:
  name: web
  labels: # who owns it
    app: web
    app.kubernetes.io/name: web
    app.kubernetes.io/part-of: "shop"
  annotations: {}
spec:
  # what it listens on
  ports:
    # https
    - name: https   # main
      port: 443
      targetPort: 0443
    # http
    - {name: http, port: 80, nodePort: ~}
  selector: {app: web}
  externalIPs: []
""",
    "workflow.yml": b"""\
on:
  push: {branches: [main, 1.10]}
  schedule:
  - cron: '0 4 * * 1'   # monday
.defaults: &defaults
  timeout: 0x1F
  env: &env {CI: true, empty:}
jobs:
  test:
    <<: *defaults
    steps:
      - run: |
          make
          make test

      # keep what was made
      - name: upload
        with:
          path: >-
            out
            more
  443: {n: 1}
""",
    "log4j.properties": b"""\
# root
log4j.rootLogger = INFO, out

log4j.appender.out=org.apache.log4j.FileAppender
log4j.appender.out.layout : org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d \\
    %m%n
! names
users[0].name=ann
users[1].name=bob
port[443]=tls
caf\\u00e9=yes
""",
}


def found(extension):
    files = sorted(path for path in FOLDER.rglob(f"*.{extension}") if path.is_file() and path.stat().st_size in SIZES)
    chosen = Random(20260131).sample(files, min(FILES, len(files)))
    own = [(name, content) for name, content in OWN.items() if name.endswith(f".{extension}")]
    return [*own * 6, *((str(path.relative_to(FOLDER)), path.read_bytes()) for path in chosen)]


@pytest.mark.parametrize("extension", ["yml", "yaml", "properties", "json"])
def test_edits_of_real_files_do_what_they_say_and_nothing_else(extension):
    chance, outcome = Random(f"{extension} 7"), Outcome()
    for name, content in found(extension):
        try:
            try_edits("yml" if extension == "yaml" else extension, name, content, chance, EDITS, outcome)
        except Unfit as error:  # no map, or a text that the judge's own reader refuses
            outcome.unfit[str(error).partition("\n")[0][:60]] += 1
    print(f"{extension}: {outcome.made.total()} edits {dict(outcome.made)}, refused {dict(outcome.refused)}")
    print(f"files left out: {dict(outcome.unfit.most_common(5))}")
    assert not outcome.wrong, "\n".join(outcome.wrong[:20])
    assert outcome.made or extension == "yaml"
