"""What a comparison of two servers found: a table for the terminal, and a page to hand around."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gitconfig_server.commands.spring_compare import Comparison, KeyDifference
from gitconfig_server.environments import Value

SHOWN = 20
"""Keys of one environment in the terminal; the page holds them all."""

_SECRET = re.compile(r"passw|secret|token|credential|private|apikey|api[-_.]key|\bkey$", re.IGNORECASE)
_STYLES = {"same": "green", "differs": "red", "error": "red bold", "order": "yellow"}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1d2430 }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }}
th, td {{ text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d8dde6; vertical-align: top }}
td {{ overflow-wrap: anywhere }} code {{ font: 13px ui-monospace, monospace; white-space: pre-wrap }}
.same {{ color: #17703a }} .differs, .error {{ color: #b3261e; font-weight: 600 }} .order {{ color: #8a5a00 }}
summary {{ cursor: pointer; font-weight: 600 }}
</style></head><body>
<h1>{title}</h1><p>old: <code>{old}</code><br>new: <code>{new}</code></p>
<p class="{verdict}">{summary}</p>
<table><thead><tr><th>environment</th><th>result</th><th>old</th><th>new</th></tr></thead><tbody>
{rows}
</tbody></table>
{details}
</body></html>
"""


def print_report(console: Console, found: Sequence[Comparison], *, show_secrets: bool) -> None:
    """One line an environment, and beneath it the keys that differ."""
    table = Table("environment", "result", "key", "old", "new")
    for one in found:
        if one.same and not one.order_differs:
            continue
        table.add_row(Text(str(one.question)), Text(result(one), style=_STYLES[_class(one)]))
        for key in one.keys[:SHOWN]:
            old, new = _values(key, show_secrets)
            table.add_row("", key.kind, Text(key.key), Text(old), Text(new))
        if len(one.keys) > SHOWN:
            table.add_row("", "", f"and {len(one.keys) - SHOWN} more")
    if table.row_count:
        console.print(table)
    console.print(Text(summary(found)))


def page(old: str, new: str, found: Sequence[Comparison], *, show_secrets: bool) -> str:
    """The whole comparison as one HTML page that needs nothing else."""
    return _PAGE.format(
        title="Two configuration servers compared",
        old=escape(old),
        new=escape(new),
        verdict="same" if all(one.same for one in found) else "differs",
        summary=escape(summary(found)),
        rows="\n".join(_row(one) for one in found),
        details="\n".join(_detail(one, show_secrets) for one in found if one.keys),
    )


def summary(found: Sequence[Comparison]) -> str:
    """The count of environments that are the same, and of keys that are not."""
    same = sum(one.same for one in found)
    keys = sum(len(one.keys) for one in found)
    errors = sum(bool(one.error) for one in found)
    return f"{same} of {len(found)} environments are the same; {keys} keys differ, {errors} could not be compared"


def result(one: Comparison) -> str:
    """What came of one environment, in a few words."""
    if one.error:
        return one.error
    if one.status_differs and one.old and one.new:
        said = one.new.message or one.old.message
        return f"status {one.old.status} became {one.new.status}" + (f": {said}" if said else "")
    if one.keys:
        return f"{len(one.keys)} keys differ"
    return "same values from other sources" if one.order_differs else "same"


def _class(one: Comparison) -> str:
    if one.error:
        return "error"
    return ("order" if one.order_differs else "same") if one.same else "differs"


def _values(key: KeyDifference, show_secrets: bool) -> tuple[str, str]:
    if not show_secrets and _SECRET.search(key.key):
        return tuple("-" if value is None else "(secret)" for value in (key.old, key.new))  # type: ignore[return-value]
    return _shown(key.old, key.kind), _shown(key.new, key.kind)


def _shown(value: Value | None, kind: str) -> str:
    if value is None:
        return "-"
    return f"{value} ({type(value).__name__})" if kind == "type" else str(value)


def _row(one: Comparison) -> str:
    statuses = "".join(f"<td>{side.status if side else '-'}</td>" for side in (one.old, one.new))
    name = escape(str(one.question))
    return f'<tr><td>{name}</td><td class="{_class(one)}">{escape(result(one))}</td>{statuses}</tr>'


def _detail(one: Comparison, show_secrets: bool) -> str:
    rows = []
    for key in one.keys:
        cells = (key.key, key.kind, *_values(key, show_secrets))
        rows.append("<tr>" + "".join(f"<td><code>{escape(cell)}</code></td>" for cell in cells) + "</tr>")
    head = "<tr><th>key</th><th></th><th>old</th><th>new</th></tr>"
    return (
        f"<details open><summary>{escape(str(one.question))}</summary>"
        f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table></details>"
    )
