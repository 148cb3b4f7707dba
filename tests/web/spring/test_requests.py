import pytest

from gitconfig_server.errors import InvalidName, NotFound, TooLarge
from gitconfig_server.model.spring import Asked
from gitconfig_server.settings.spring import SpringSettings
from gitconfig_server.web.spring.requests import read_asked, read_label

SETTINGS = SpringSettings()


@pytest.mark.parametrize(
    ("segment", "label"),
    [("main", "main"), ("a(_)b", "a/b"), ("a/b", "a/b"), ("50%", "50%"), ("é", "é"), ("a,b(_)c", "a,b/c")],
)
def test_label_is_read(segment, label):
    assert read_label(segment) == label


@pytest.mark.parametrize("segment", ["..", "a..b", "a#b", "(_)x", "%2e%2e", "a%23", "%28_%29x", "main,../x"])
def test_what_could_lead_elsewhere_is_refused(segment):
    with pytest.raises(InvalidName):
        read_label(segment)


def test_what_a_path_asks_for_keeps_its_words():
    asked = read_asked(SETTINGS, "team(_)orders,billing", "b,a,b", "feature(_)x")
    names, profiles = ("team/orders", "billing"), ("b", "a")
    assert asked == Asked("team/orders,billing", names, "b,a,b", profiles, "feature/x")


def test_blanks_around_names_and_empty_names_mean_nothing():
    asked = read_asked(SETTINGS, " orders,, billing,", "a", None)
    assert (asked.name, asked.applications) == (" orders,, billing,", ("orders", "billing"))
    with pytest.raises(InvalidName):
        read_asked(SETTINGS, ", ,", "a", None)


@pytest.mark.parametrize("profiles", ["", "a,", ",a", "a,,b", "a b", "*"])
def test_empty_and_strange_profiles_are_refused(profiles):
    with pytest.raises(InvalidName):
        read_asked(SETTINGS, "a", profiles, None)
    with pytest.raises(NotFound):
        read_asked(SpringSettings(validate_profiles=False), "a", profiles, None)


@pytest.mark.parametrize(("profiles", "read"), [("", ()), ("a,", ("a",)), (",", ())])
def test_renderings_may_leave_names_out(profiles, read):
    asked = read_asked(SETTINGS, "", profiles, None, may_be_empty=True)
    assert (asked.applications, asked.profiles, asked.profile_text) == ((), read, profiles)


def test_no_rendering_leaves_out_one_in_the_middle():
    with pytest.raises(InvalidName):
        read_asked(SETTINGS, "a", "a,,b", None, may_be_empty=True)


def test_too_many_names_are_refused_at_once():
    with pytest.raises(TooLarge):
        read_asked(SETTINGS, "a", ",".join(map(str, range(10_000))), None)
    with pytest.raises(TooLarge):
        read_asked(SETTINGS, ",".join(map(str, range(10_000))), "a", None)
