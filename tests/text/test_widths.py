"""Words and rows laid out in the columns of a terminal."""

import pytest

from gitconfig_server.text.widths import flow


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        ([], [""]),
        (["db.pool", "5", "a.yml:1:1"], ["db.pool   5", "    a.yml:1:1"]),
        (["~", "orders/prod", "db.pool", "20", "a.yml"], ["~   orders/prod", "    db.pool   20", "    a.yml"]),
        (["k" * 30, "1"], ["k" * 30, "    1"]),
        (["a", "漢字漢字漢字漢字漢"], ["a", "    漢字漢字漢字漢字漢"]),
    ],
)
def test_rows_are_broken_between_cells_alone(cells, lines):
    told = ["".join(line) for line in flow(cells, 19)]
    assert told == lines
