"""What a comparison of two servers found: tables for the terminal, and a page to hand around.

Environments that differ in the same way stand together: one wrong shared file is one entry, not one for each service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gitconfig_server.commands.spring.compare import KeyDifference, ServerComparison, show_value
from gitconfig_server.model.environments import Value

_SHOWN = 20
"""Keys, and environments, of one entry in the terminal; the page holds them all."""

VALUE = 100
"""Characters of one value in the terminal."""

WIDE = 4 * VALUE + 20
"""Columns of a console that is no terminal: no line is broken there."""

_SECRET = re.compile(r"passw|secret|token|credential|private|apikey|api[-_.]key|\bkey$", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STYLES = {"same": "green", "differs": "red", "error": "red bold", "order": "yellow"}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8886; --good: light-dark(#17703a, #6fcf97);
  --bad: light-dark(#b3261e, #ff8a80); --odd: light-dark(#8a5a00, #e0b050) }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }}
th, td {{ text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }}
td {{ overflow-wrap: anywhere; min-width: 4.5rem }} td:first-child {{ min-width: 12rem }}
.kind {{ white-space: nowrap }} code {{ font: 13px ui-monospace, monospace; white-space: pre-wrap }}
.same {{ color: var(--good) }} .differs, .error {{ color: var(--bad); font-weight: 600 }} .order {{ color: var(--odd) }}
summary {{ cursor: pointer; font-weight: 600 }}
</style></head><body>
<h1>{title}</h1><p>old: <code>{old}</code><br>new: <code>{new}</code></p>
<p class="{verdict}">{summary}</p>
{details}
<details><summary>all environments</summary>
<table><thead><tr><th>environment</th><th>result</th><th>old</th><th>new</th></tr></thead><tbody>
{rows}
</tbody></table></details>
</body></html>
"""


class _Entry(Struct, frozen=True):
    """Environments of which the same is to be said."""

    result: str
    style: str
    keys: tuple[KeyDifference, ...]
    names: tuple[str, ...]


def print_report(console: Console, found: Sequence[ServerComparison], *, show_secrets: bool) -> None:
    """What differs, with the environments that it concerns; nothing is cut off but long values."""
    for entry in _entries(found):
        console.print(Text(_plain(entry.result), style=_STYLES[entry.style]))
        console.print(Text(_few(entry.names)), soft_wrap=True)
        if entry.keys:
            console.print(_table(entry.keys, show_secrets))
        console.print()
    console.print(Text(_write_summary(found)), soft_wrap=True)


def write_page(old: str, new: str, found: Sequence[ServerComparison], *, show_secrets: bool) -> str:
    """The whole comparison as one HTML page that needs nothing else."""
    return _PAGE.format(
        title="Two configuration servers compared",
        old=escape(old),
        new=escape(new),
        verdict="same" if all(one.same for one in found) else "differs",
        summary=escape(_write_summary(found)),
        details="\n".join(_detail(entry, show_secrets) for entry in _entries(found)),
        rows="\n".join(_row(one) for one in found),
    )


def _write_summary(found: Sequence[ServerComparison]) -> str:
    """The count of environments that are the same, and of what is not."""
    same = sum(one.same for one in found)
    keys = len({difference.key for one in found for difference in one.keys})
    told = [f"{keys} keys differ"] if keys else []
    statuses, errors = sum(one.status_differs for one in found), sum(bool(one.error) for one in found)
    told += [f"{statuses} have another status"] if statuses else []
    told += [f"{errors} could not be compared"] if errors else []
    return "; ".join([f"{same} of {len(found)} environments are the same", *told])


def _entries(found: Iterable[ServerComparison]) -> list[_Entry]:
    """What is not the same, in the order of its first environment."""
    grouped: dict[tuple[str, str, str], list[ServerComparison]] = {}
    for one in found:
        if not one.same or one.order_differs:
            grouped.setdefault((_result(one), _style(one), repr(one.keys)), []).append(one)
    return [
        _Entry(result, style, several[0].keys, tuple(str(one.question) for one in several))
        for (result, style, _), several in grouped.items()
    ]


def _result(one: ServerComparison) -> str:
    """What came of one environment, in a few words."""
    if one.error:
        return one.error
    if one.statuses and one.status_differs:
        said = one.messages[1] or one.messages[0]
        return f"status {one.statuses[0]} became {one.statuses[1]}" + (f": {said}" if said else "")
    if one.keys:
        return f"{len(one.keys)} {'keys differ' if len(one.keys) > 1 else 'key differs'}"
    return "same values from other sources" if one.order_differs else "same"


def _style(one: ServerComparison) -> str:
    if one.error:
        return "error"
    return ("order" if one.order_differs else "same") if one.same else "differs"


def _few(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"  in {', '.join(map(_plain, names[:_SHOWN]))}{rest}"


def _table(keys: Sequence[KeyDifference], show_secrets: bool) -> Table:
    table = Table("key", "", "old", "new", box=None, padding=(0, 2))
    for column in table.columns:
        column.overflow = "fold"
    for key in keys[:_SHOWN]:
        table.add_row(*(Text(_plain(cell)) for cell in (key.key, key.kind, *_values(key, show_secrets))))
    if len(keys) > _SHOWN:
        table.add_row(f"and {len(keys) - _SHOWN} more")
    return table


def _values(key: KeyDifference, show_secrets: bool) -> tuple[str, ...]:
    if not show_secrets and _SECRET.search(key.key):
        return tuple("-" if value is None else "(secret)" for value in (key.old, key.new))
    return tuple(_value(value, key.kind, show_secrets) for value in (key.old, key.new))


def _value(value: Value | None, kind: str, show_secrets: bool) -> str:
    if value is None:
        return "-"
    text = f"{show_value(value)} ({type(value).__name__})" if kind == "type" else show_value(value)
    return text if show_secrets else _PASSWORD.sub(r"\1:(secret)@", text)


def _plain(text: str) -> str:
    """For a terminal: one line of bounded length, in which nothing moves the cursor."""
    line = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", "\\n").replace("\t", "\\t"))
    return line if len(line) <= VALUE else f"{line[:VALUE]}… ({len(text)} characters)"


def _row(one: ServerComparison) -> str:
    statuses = "".join(f"<td>{status}</td>" for status in one.statuses or ("-", "-"))
    name = escape(str(one.question))
    return f'<tr><td>{name}</td><td class="{_style(one)}">{escape(_result(one))}</td>{statuses}</tr>'


def _detail(entry: _Entry, show_secrets: bool) -> str:
    rows = []
    for key in entry.keys:
        cells = "".join(f"<td><code>{escape(cell)}</code></td>" for cell in _values(key, show_secrets))
        rows.append(f'<tr><td><code>{escape(key.key)}</code></td><td class="kind">{key.kind}</td>{cells}</tr>')
    head = "<tr><th>key</th><th></th><th>old</th><th>new</th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    title = f'<span class="{entry.style}">{escape(entry.result)}</span>'
    return f"<details open><summary>{title}</summary><p>{escape(', '.join(entry.names))}</p>{table}</details>"
