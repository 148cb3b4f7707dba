from gitconfig_server.lru import Recent


def test_what_is_used_stays_and_what_is_not_leaves():
    recent: Recent[str, int] = Recent(8)
    for number, key in enumerate("abcdefgh"):
        recent.put(key, number, 1)
        assert recent.get("a") == 0
    assert recent.get("h") == 7
    assert recent.get("b") is None


def test_a_value_takes_the_place_of_the_one_before():
    recent: Recent[str, int] = Recent(8)
    for number in range(100):
        recent.put("a", number, 2)
    recent.put("b", 1, 2)
    assert (recent.get("a"), recent.get("b")) == (99, 1)


def test_what_is_too_large_is_not_kept_and_leaves_nothing_older():
    recent: Recent[str, int] = Recent(8)
    recent.put("a", 1, 1)
    recent.put("a", 2, 5)
    assert recent.get("a") is None


def test_what_was_dropped_is_gone_from_both_halves():
    recent: Recent[str, int] = Recent(4)
    for key in "abc":
        recent.put(key, 1, 1)
    recent.drop("a")
    recent.drop("c")
    assert [recent.get(key) for key in "abc"] == [None, 1, None]
