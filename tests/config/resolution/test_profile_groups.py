import pytest

from gitconfig_server.config.names.file_names import MAX_PROFILES
from gitconfig_server.config.resolution.profile_groups import expand
from gitconfig_server.errors import TooLarge


@pytest.mark.parametrize(
    ("profiles", "groups", "expected"),
    [
        ("ab", {}, "ab"),
        ("aba", {}, "ab"),
        ("ab", {"a": "xy"}, "axyb"),
        ("ab", {"a": "x", "x": "yz", "b": "w"}, "axyzbw"),
        ("a", {"a": "b", "b": "ca", "c": "a"}, "abc"),
        ("a", {"a": "a"}, "a"),
        ("ba", {"b": "a"}, "ba"),
        ("a", {"A": "x"}, "a"),
    ],
)
def test_members_follow_their_profile_once(profiles, groups, expected):
    assert "".join(expand(profiles, groups)) == expected


def test_the_number_of_profiles_is_bounded():
    with pytest.raises(TooLarge, match="profiles"):
        expand("a", {"a": [str(number) for number in range(MAX_PROFILES)]})
