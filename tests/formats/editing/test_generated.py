"""Generated texts and random edits: what is read afterwards is what a dictionary would hold, other lines are the same.

`GITCONFIG_FUZZ_EXAMPLES` sets how many of each format.
"""

import os
from random import Random

import pytest
from support.json_texts import make_json
from support.made_texts import judge
from support.properties_texts import make_properties
from support.yaml_texts import make_yaml

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.formats import parse

EXAMPLES = int(os.environ.get("GITCONFIG_FUZZ_EXAMPLES", "300"))


@pytest.mark.parametrize("make", [make_yaml, make_json, make_properties], ids=["yaml", "json", "properties"])
def test_an_edit_does_what_it_says_and_nothing_else(make):
    outcomes = []
    for seed in range(EXAMPLES):
        chance = Random(seed)
        text = make(chance)
        try:
            parse(text.path, text.content)
        except InvalidContent:
            continue  # a bad luck of anchors or indentation
        outcomes.append(judge(text, chance))
    assert len(outcomes) > EXAMPLES * 0.9
    assert outcomes.count("edited") > EXAMPLES * 0.6
