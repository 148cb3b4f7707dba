import json
from contextlib import suppress

import pytest
import yaml

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.ciphers.algorithms import AesCipher
from gitconfig_server.formats.ciphers.keys import ONLY_KEY, Keys
from gitconfig_server.formats.ciphers.texts import decrypt_text
from gitconfig_server.formats.ciphers.values import MAX_CIPHERS
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS
from gitconfig_server.formats.reading.properties_text import read_properties

KEYS = Keys({ONLY_KEY: AesCipher("foo", bytes.fromhex("deadbeef"))})
SEALED = "{cipher}d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
WITH_KEY = SEALED.replace("{cipher}", "{cipher}{key:mytestkey}")
PLAINS = [
    "plain",
    "a'b",
    '"q\\',
    "x\ny\n",
    " lead",
    "trail ",
    "é\u2028😀",
    "",
    "# no",
    "a: b",
    "\x85\x9f\t",
    "{x}",
    "-",
]


def seal(text):
    return "{cipher}" + KEYS.opened[ONLY_KEY].encrypt(text)


YAML = f"""\
# {SEALED}
a: '{SEALED}'
b: "{SEALED}"   # beside it
c: |
  {SEALED}
d: >-
    {SEALED}

e: {{ x: '{WITH_KEY}', '{SEALED}': 1 }}
f:
- &anchor !!str '{SEALED}'
- null
- *anchor
- 'pre {SEALED}'
- {{n: 1, t: yes}}
---
g: '{SEALED}'\r
"""
JSON = f"""\
{{ "a" : "{SEALED}", "{SEALED}" : 1,
  "b": [null, true, 1.50, "{WITH_KEY}", "pre {SEALED}"], "c\\"": "{SEALED}"
}}"""
PROPERTIES = f"""\
# {SEALED}
! x={SEALED}
a={SEALED}\r
b : {WITH_KEY}
c {SEALED[:30]}\\
     {SEALED[30:]}
d=pre {SEALED}
e=continued\\
x={SEALED}

\\=key={SEALED}"""


def test_yaml_is_replaced_in_place_and_nowhere_else():
    expected = YAML.replace(WITH_KEY, "SUPER SECRET").replace(SEALED, "SUPER SECRET")
    expected = expected.replace("# SUPER SECRET\n", f"# {SEALED}\n").replace("'SUPER SECRET':", f"'{SEALED}':")
    assert decrypt_text("a/b.yml", YAML, KEYS) == expected.replace("pre SUPER SECRET", f"pre {SEALED}")


def test_json_is_replaced_in_place_and_nowhere_else():
    expected = JSON.replace(WITH_KEY, "SUPER SECRET").replace(f'"{SEALED}"', '"SUPER SECRET"')
    assert decrypt_text("a.JSON", JSON, KEYS) == expected.replace('"SUPER SECRET" :', f'"{SEALED}" :')


def test_properties_are_replaced_in_place_and_nowhere_else():
    lines = decrypt_text("a.properties", PROPERTIES, KEYS).split("\n")
    assert lines[:2] == PROPERTIES.split("\n")[:2]
    assert lines[2:5] == ["a=SUPER SECRET\r", "b : SUPER SECRET", "c SUPER SECRET"]
    assert lines[5:] == [f"d=pre {SEALED}", "e=continued\\", f"x={SEALED}", "", "\\=key=SUPER SECRET"]


@pytest.mark.parametrize("number", range(len(PLAINS)))
def test_file_parses_to_what_was_encrypted(number):
    plain = PLAINS[number]
    sealed = seal(plain)
    text = f"a: '{sealed}'\nb: \"{sealed}\"\nc: |\n  {sealed}\nd: >-\n   {sealed}\n\ne: [z, '{sealed}']\n"
    read = yaml.safe_load(decrypt_text("x.yaml", text, KEYS))
    assert read == {"a": plain, "b": plain, "c": plain + "\n", "d": plain, "e": ["z", plain]}
    tree = {"a": sealed, "b": [sealed, 1], "pre": "x" + sealed}
    assert json.loads(decrypt_text("x.json", json.dumps(tree), KEYS)) == {**tree, "a": plain, "b": [plain, 1]}
    lines = decrypt_text("x.properties", f"a={sealed}\nb : {sealed[:20]}\\\n  {sealed[20:]}\r\nc {sealed}", KEYS)
    found = read_properties("x", lines.encode("latin-1"), DEFAULT_LIMITS)
    assert found[0].properties == {"a": plain, "b": plain, "c": plain}


@pytest.mark.parametrize("path", ["a.txt", "yml", ".yml", "a.yml.bak", "a.xml"])
def test_other_files_stay_as_they_are(path):
    assert decrypt_text(path, SEALED, KEYS) == SEALED


def test_byte_order_mark_stays():
    assert decrypt_text("a.yml", f"\ufeffa: '{SEALED}'", KEYS) == "\ufeffa: 'SUPER SECRET'"


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("a.yml", "b: 1\na: '{cipher}00'\n", "a.yml:2:4"),
        ("a.json", '{"b": 1,\n "a": "{cipher}00"}', "a.json:2:7"),
        ("a.properties", "b=1\na={cipher}00\n", "a.properties:2:3"),
    ],
)
def test_value_that_cannot_be_decrypted_is_named(path, text, place):
    with pytest.raises(InvalidContent) as caught:
        decrypt_text(path, text, KEYS)
    assert str(caught.value) == f"{place}: this value is not encrypted with a key of this server [cipher]"


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("a.yml", "a: '{cipher}\n", "yaml-syntax"),
        ("a.yml", "a: '{cipher}'\nb: \x00\n", "yaml-syntax"),
        ("a.json", '{"a": "{cipher}\\x"}', "json-syntax"),
        ("a.yml", "a:\n" + "- '{cipher}'\n" * 1, "cipher"),
    ],
)
def test_files_that_cannot_be_read(path, text, rule):
    with pytest.raises(InvalidContent) as caught:
        decrypt_text(path, text, KEYS)
    assert caught.value.rule == rule


def test_too_many_values_are_refused():
    text = json.dumps([SEALED] * (MAX_CIPHERS + 1))
    with pytest.raises(InvalidContent, match=f"more than {MAX_CIPHERS}"):
        decrypt_text("a.json", text, KEYS)


@pytest.mark.parametrize("piece", ['"', "\\", '"\\', "=\\\n", "{cipher}", " ", "\\ ", ": ", '"x" '])
def test_hostile_text_costs_no_more_than_its_length(piece):
    text = piece * 200_000 + "{cipher}"
    for path in ("a.json", "a.properties"):
        with suppress(InvalidContent):
            assert decrypt_text(path, text, KEYS) == text
