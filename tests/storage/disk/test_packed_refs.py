from gitconfig_server.storage.disk import refs

A, B = b"a" * 40, b"b" * 40
CONTENT = b"# peeled\n%s refs/heads/main\n%s refs/tags/v1\n^%s\n%s refs/tags/v2\n^%s\n" % (A, B, A, B, A)


def test_parse() -> None:
    assert refs.parse(CONTENT) == {b"refs/heads/main": A, b"refs/tags/v1": B, b"refs/tags/v2": B}


def test_a_last_line_that_was_cut_short_is_passed_over() -> None:
    assert refs.parse(b"%s refs/heads/main\n%s" % (A, B[:20])) == {b"refs/heads/main": A}


def test_a_ref_goes_with_its_peeled_line() -> None:
    kept = refs.without(CONTENT, [b"refs/tags/v1"])
    assert kept == b"# peeled\n%s refs/heads/main\n%s refs/tags/v2\n^%s\n" % (A, B, A)
    assert refs.without(CONTENT, [b"refs/tags"]) == CONTENT
