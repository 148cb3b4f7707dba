"""A value with some of its fields changed: ``replace(value, field=...)`` is another one of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # For type checkers only: of this one, which does the same, they know what each class's fields may become.
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace
