import random

import pytest

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, ReadLimits
from gitconfig_server.formats.reading.yaml_lines import read_lines
from gitconfig_server.formats.reading.yaml_text import read_events

KEYS = ["a", "b", "c", "a1", "on", "true", "1", "01", "0x1F", "x.y", "null", "k-1", "a/b", "9", "é"]
VALUES = [
    *("1", "x", "a b", "a  b", '"q"', "'s'", "a:b", "a#b", "-1", "-x", "~", "null", "0x1F", "1:20", "-.inf", "012e3"),
    *("${x:y}", "(x)", "x,y", "a [b", "http://x:1/y?z=1#f", "é ü", "'{c}'", '"a#b: c"', "1" * 1001, "", ".", "+1_0"),
]
STRANGE = [*" \n:#-\"'[]{},&*!|>%@`?\t\r\\~a1.=<\xa0\x85\u2028\ufeff/_+", "---\n", "<<: *a", "\n- a", "&a ", "!!str "]


def block(random, column=0):
    lines = []
    for _ in range(random.randint(1, 3)):
        key, end = " " * column + random.choice(KEYS), random.choice(["", "", " ", " # c"])
        if column < 12 and random.random() < 0.4:
            lines += [f"{key}:{end}", *block(random, column + random.randint(1, 4))]
        else:
            lines += [
                f"{key}: {random.choice(VALUES)}{end}",
                *random.choices(["", "  # c", " "], k=random.randint(0, 1)),
            ]
    return lines


def scrambled(random, text):
    for _ in range(random.choice([0, 1, 1, 2])):
        at = random.randrange(len(text))
        text = text[:at] + random.choice(STRANGE) * random.randint(0, 1) + text[at + random.randint(0, 1) :]
    return text


def facts(documents):
    found = [(one.properties.items(), one.places.items(), one.remarks, one.index) for one in documents]
    return [
        ([(key, type(value), value) for key, value in items], list(places), *rest) for items, places, *rest in found
    ]


@pytest.mark.parametrize("seed", range(10))
def test_what_is_read_by_lines_is_what_libyaml_s_events_say(seed):
    chance, taken = random.Random(seed), 0
    for _ in range(200):
        text = scrambled(chance, "\n".join(block(chance)) + "\n" * chance.randint(0, 2))
        by_lines = read_lines(text, DEFAULT_LIMITS)
        if by_lines is not None:
            taken += 1
            assert facts(by_lines) == facts(read_events("a.yml", text, DEFAULT_LIMITS)), text
    assert taken > 50


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a:\nb: 1\n",
        "a: 1\n  b: 2\n",
        "a:\n    b: 1\n  c: 2\n",
        "a: [1]\n",
        "a: |\n  b\n",
        "a: *b\n",
        "- a\n",
        "a",
    ],
)
def test_what_takes_more_is_left_to_the_events(text):
    assert read_lines(text, DEFAULT_LIMITS) is None


@pytest.mark.parametrize("bound", ["keys", "depth", "characters"])
def test_no_bound_is_passed(bound):
    text = "aa:\n  b:\n    c: 1\n    d: 1\n"
    limits = {name: ReadLimits(**{bound: name}) for name in range(1, 12)}
    for one in limits.values():
        if read_lines(text, one) is not None:
            assert read_events("a.yml", text, one)
    with pytest.raises(InvalidContent, match=r"too-deep|too-large|more than|deeper"):
        read_events("a.yml", text, limits[1])
