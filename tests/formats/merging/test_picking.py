"""Some keys of a file, taken from another version of it."""

from gitconfig_server.formats.merging.picking import pick_keys


def test_keys_are_picked():
    ours, theirs = b"a: 1\nb:\n  c: 2\n  d: 3\n", b"a: 9\nb:\n  c: 8\nz: 1\n"
    assert pick_keys("f.yml", ours, theirs, lambda key: key.startswith("b")) == b"a: 1\nb:\n  c: 8\n"
    assert pick_keys("f.yml", ours, theirs, lambda key: key == "z") == ours + b"z: 1\n"
    assert pick_keys("f.yml", ours, b"", lambda key: key == "a") == b"b:\n  c: 2\n  d: 3\n"
    assert pick_keys("f.properties", b"", b"a=1\nb=2\n", lambda key: key == "b") == b"b=2\n"
    assert pick_keys("f.yml", ours + b"---\nx: 1\n", theirs + b"---\nspring.profiles: p\n", lambda key: True) is None
