import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import GitConfigError, InvalidInput, TooLarge
from gitconfig_server.formats.rendering.placeholders import MAX_DEPTH, Placeholders

VALUES = {
    "a": "1",
    "port": 8080,
    "on": True,
    "ratio": 1e10,
    "name": "orders",
    "orders.url": "http://${host:localhost}:${port}",
    "k:x": "with a colon",
    "escaped": "\\${a}",
    "multi": "one\ntwo\n",
}


def resolve(text, *sources):
    return Placeholders(sources or [VALUES]).resolve(text)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("no placeholder: $a {a} $ {a}", "no placeholder: $a {a} $ {a}"),
        ("${a}-${a}", "1-1"),
        ("${port} ${on} ${ratio}", "8080 true 1.0E10"),
        ("${nope}", "${nope}"),
        ("${nope:d}", "d"),
        ("${nope:}", ""),
        ("${:x}", "x"),
        ("${nope:a:b}", "a:b"),
        ("${nope:${a}}", "1"),
        ("${nope:${none:${port}}}", "8080"),
        ("${nope:<${a}>}", "<1>"),
        ("${nope${a}}", "${nope1}"),
        ("${nope${a}:d}", "d"),
        ("${${name}.url}", "http://localhost:8080"),
        ("${k:x}", "with a colon"),
        ("${k\\:y}", "${k:y}"),
        ("${nope:{a}}", "{a}"),
        ("${a", "${a"),
        ("${a ${a}", "${a 1"),
        ("a} ${a}", "a} 1"),
        ("${ a }", "${ a }"),
        ("\\${a}", "${a}"),
        ("\\\\${a}", "${a}"),
        ("\\\\\\${a}", "\\${a}"),
        ("${nope:\\${a}}", "${a}"),
        ("${escaped}", "${a}"),
        ("[${multi}]", "[one\ntwo\n]"),
    ],
)
def test_text_is_resolved_as_by_spring(text, resolved):
    assert resolve(text) == resolved


def test_blanks_around_a_key_belong_to_it():
    assert resolve("${ a } ${ nope : d } ${ nope }") == "${ a }  d  ${ nope }"


def test_the_strongest_source_answers_and_lists_are_not_merged():
    sources = ({"list[0]": "z"}, {"list[0]": "a", "list[1]": "b", "x": "${list[0]}"})
    assert resolve("${list[0]} ${list[1]} ${list} ${x}", *sources) == "z b ${list} z"


def test_environment_variables_are_never_asked(monkeypatch):
    monkeypatch.setenv("FOO", "from outside")
    assert resolve("${FOO} ${foo} ${HOME}") == "${FOO} ${foo} ${HOME}"


@pytest.mark.parametrize(
    "sources",
    [
        [{"url": "http://h${url}"}],
        [{"url": "x${url:def}"}],
        [{"url": "${url}/x"}, {"url": "base"}],
        [{"url": "${u${l}}", "l": "rl"}],
    ],
)
def test_a_value_that_names_itself_is_a_cycle(sources):
    with pytest.raises(InvalidInput, match="lead back to where they began: url -> url"):
        resolve("${url}", *sources)


def test_a_cycle_is_named():
    with pytest.raises(InvalidInput, match="lead back to where they began: b -> c -> b"):
        resolve("${a}", {"a": "${b}", "b": "x${c}", "c": "${b}"})


def test_a_key_that_occurs_twice_is_no_cycle():
    assert resolve("${a}", {"a": "${b}${b}${c}", "b": "${c}", "c": "x"}) == "xxx"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({f"a{n}": f"${{a{n + 1}}}" * 2 for n in range(30)} | {"a30": "x"}, "${a0}"),
        ({"a": "x" * 1_000_000}, "${a}" * 1000),
        ({f"a{n}": f"${{a{n + 1}}}" for n in range(1000)}, "${a0}"),
        ({}, "${" * MAX_DEPTH * 2 + "}" * MAX_DEPTH * 2),
        ({"a": "a"}, "${${a}" * 10_000 + "}" * 10_000),
    ],
    ids=["doubling", "long", "chain", "nested", "built"],
)
def test_a_bomb_is_refused(values, text):
    with pytest.raises(TooLarge):
        resolve(text, values)


@pytest.mark.parametrize("text", ["${" * 50_000, "${a" + "{" * 50_000, "${" + ":" * 50_000, "}" * 50_000 + "${nope}"])
def test_what_never_closes_costs_one_pass(text):
    assert len(resolve(text)) in range(49_999, 100_010)


KEYS = st.sampled_from(["a", "b", "c", "a:b", "a1", ""])
TEXTS = st.lists(st.sampled_from(["${", "}", "{", ":", "\\", " ", "a", "b", "c", "1", "\n"]), max_size=25).map("".join)


@given(st.lists(st.dictionaries(KEYS, TEXTS | st.integers() | st.booleans()), max_size=3), TEXTS)
def test_nothing_but_our_errors_is_raised_and_the_same_text_comes_out_the_same(sources, text):
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(resolve(text, *sources))
        except GitConfigError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


@given(TEXTS)
def test_text_without_placeholders_is_left_alone(text):
    plain = text.replace("$", "S")
    assert resolve(plain) == plain
