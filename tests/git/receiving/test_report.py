"""What a pusher is told of whom a move concerns."""

from gitconfig_server.git.receiving.report import concern_lines
from gitconfig_server.model.findings import Affected, Concerned


def test_environments_in_which_the_same_differs_are_one_line_and_what_was_not_looked_at_is_said():
    shared = [Affected(name, "prod", ("pool",), 1) for name in ("billing", "orders")]
    many = Affected("carts", "default", tuple(f"k{number}" for number in range(50)), 70)
    assert concern_lines(Concerned((many, *shared))) == [
        "affects 2 applications, e.g. billing/prod: pool",
        "affects carts/default: k0, k1, k2, k3, k4 and 65 more keys",
    ]
    assert concern_lines(Concerned((), everywhere=False)) == [
        "who else is affected was not looked at: gitcfg diff --effective tells"
    ]


def test_many_groups_are_counted():
    different = [Affected("orders", f"p{number}", (f"k{number}",), 1) for number in range(8)]
    assert concern_lines(Concerned(tuple(different)))[5:] == ["affects 3 more environments"]
