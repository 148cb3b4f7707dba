from dulwich.objects import Tree
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.git.objects.tree_bytes import differences, entries_of, with_entries

FILE, FOLDER = b"100644", b"40000"
NAMES = st.sampled_from([b"a", b"a.b", b"a b", b"a0", b"ab", b"b", b"100644 a", b"a-1", b"a-2", b"a-3", b"a-4"])
TEXTS = [b" a\x00", b" a\x00100644 b\x00", b"100644 a\x00 a.b\x00", b" a\x00" * 6, b"\x00" * 20]
HOSTILE_IDS = st.sampled_from([fill.ljust(20, end)[:20] for fill in TEXTS for end in (b"!", b" ")])
ENTRIES = st.tuples(st.sampled_from([FILE, FOLDER]), HOSTILE_IDS)


def tree_of(entries):
    tree = Tree()
    for name, (mode, at) in entries.items():
        tree.add(name, int(mode, 8), at.hex().encode())
    return tree.as_raw_string()


@given(st.dictionaries(NAMES, ENTRIES), st.dictionaries(NAMES, st.none() | ENTRIES))
def test_a_changed_tree_equals_one_made_anew(before, changes):
    after = {name: entry for name, entry in (before | changes).items() if entry}
    encoded = {name: (entry[0], name, entry[1]) if entry else None for name, entry in changes.items()}
    assert with_entries(tree_of(before), encoded) == tree_of(after)


@given(st.dictionaries(NAMES, ENTRIES), st.sets(NAMES))
def test_entries_are_found_and_nothing_that_only_looks_like_one(entries, names):
    found = entries_of(tree_of(entries), names)
    assert found == {name: (mode, name, at) for name, (mode, at) in entries.items() if name in names}


@given(st.dictionaries(NAMES, ENTRIES), st.dictionaries(NAMES, ENTRIES))
def test_differences_are_all_there_is_between_two_trees(before, after):
    found = {
        name: (old and (old[0], old[2]), new and (new[0], new[2]))
        for name, old, new in differences(tree_of(before), tree_of(after))
    }
    names = {name for name in before | after if before.get(name) != after.get(name)}
    assert found == {name: (before.get(name), after.get(name)) for name in names}
    assert list(found) == sorted(found)


@given(st.dictionaries(NAMES, ENTRIES, min_size=1), st.data())
def test_one_changed_entry_among_many(entries, data):
    name = data.draw(st.sampled_from(sorted(entries)))
    changed = entries | {name: data.draw(ENTRIES)}
    found = [name for name, _, _ in differences(tree_of(entries), tree_of(changed))]
    assert found == ([name] if changed != entries else [])
