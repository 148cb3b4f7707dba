from gitconfig_server.storage.disk.refs import reader as refs

A, B = b"a" * 40, b"b" * 40
CONTENT = b"# peeled\n%s refs/heads/main\n%s refs/tags/v1\n^%s\n%s refs/tags/v2\n^%s\n" % (A, B, A, B, A)


def test_parse() -> None:
    assert refs.parse(CONTENT) == {b"refs/heads/main": A, b"refs/tags/v1": B, b"refs/tags/v2": B}


def test_a_last_line_that_was_cut_short_is_passed_over() -> None:
    assert refs.parse(b"%s refs/heads/main\n%s" % (A, B[:20])) == {b"refs/heads/main": A}


def test_a_ref_goes_with_its_peeled_line() -> None:
    kept = refs.repacked(CONTENT, [b"refs/tags/v1"], {})
    assert kept == b"# peeled\n%s refs/heads/main\n%s refs/tags/v2\n^%s\n" % (A, B, A)
    assert refs.repacked(CONTENT, [b"refs/tags"], {}) == CONTENT


def test_a_new_tag_comes_with_its_peeled_line() -> None:
    made = refs.repacked(CONTENT, [], {b"refs/tags/v3": B, b"refs/heads/main": B}, {B: A})
    assert made == b"# peeled\n" + b"".join(
        b"%s %s\n^%s\n" % (B, ref, A) for ref in (b"refs/heads/main", b"refs/tags/v1", b"refs/tags/v2", b"refs/tags/v3")
    )


def test_new_branches_stand_where_git_looks_for_them() -> None:
    made = refs.repacked(CONTENT, [], {b"refs/heads/z": B, b"refs/heads/a": B})
    lines = made.splitlines()
    assert lines[1:4] == [b"%s refs/heads/a" % B, b"%s refs/heads/main" % A, b"%s refs/heads/z" % B]
    assert lines[4:] == CONTENT.splitlines()[2:]
    assert refs.parse(refs.repacked(b"", [], {b"refs/heads/a": B})) == {b"refs/heads/a": B}
    assert refs.parse(refs.repacked(b"%s refs/heads/m" % A, [], {b"refs/heads/a": B})).keys() == {
        b"refs/heads/a",
        b"refs/heads/m",
    }
