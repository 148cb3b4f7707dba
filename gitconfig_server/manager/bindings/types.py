"""Between a service's values and plain data: types by annotation.

From JSON types are strict (``true`` is no integer); text from people, the environment or a properties file may mean
any type. Bytes, times, Decimal, Path and sets become the text or list of pydantic's JSON mode.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_type_hints

from gitconfig_server.manager.errors import CannotBeSaved, Misfit, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import Data, Secret, checked

if TYPE_CHECKING:
    from gitconfig_server.manager.bindings.adapters import TypedAdapter

log = logging.getLogger(__name__)

_SCALARS = (int, str, bool, float)
_PLAIN = (*_SCALARS, dict, list, tuple, type(None))


class Adapter:
    """Checks and dumps values of one type. Those of ``scalar`` are right as they are.

    All others are pydantic's business, which is loaded for the first of them: a sixth of a start.
    """

    __slots__ = ("_made", "scalar")

    def __init__(self, scalar: type | None, made: TypedAdapter | None = None) -> None:
        self.scalar = scalar
        self._made = made

    @property
    def typed(self) -> TypedAdapter:
        """What checks and dumps any value of the type."""
        if self._made is None:
            from gitconfig_server.manager.bindings.adapters import TypedAdapter

            self._made = TypedAdapter(self.scalar)
        return self._made


def adapter_of(annotation: Any) -> Adapter | None:
    """What checks and dumps values of a type; None where pydantic has no idea of it."""
    if annotation is None:
        return None
    if any(annotation is one for one in _SCALARS):
        return Adapter(annotation)
    from gitconfig_server.manager.bindings.adapters import make_typed

    made = make_typed(annotation)
    return None if made is None else Adapter(made.scalar, made)


def annotation_of(function: Callable[..., Any], parameter: str) -> Any:
    """The type of a parameter, or of ``return``; None where nothing, or nothing that can be resolved, is said."""
    try:
        return get_type_hints(function, include_extras=True).get(parameter)
    except Exception as error:  # any code may stand in an annotation
        log.warning("the types of %s cannot be resolved, its values are not checked: %s", function.__qualname__, error)
        return None


def to_value(data: Data, adapter: Adapter | None, path: Segments, *, text: bool = False) -> Any:
    """``data`` as the type wants it. ``text``: a text may mean any type. Raises Misfit with the places."""
    if adapter is not None and type(data) is adapter.scalar:
        return data
    plain = _revealed(data)
    return plain if adapter is None else adapter.typed.load(plain, path, text=text)


def to_plain(value: Any, adapter: Adapter | None, path: Segments = ()) -> Data:
    """A service's value as plain data. Raises Misfit where it has no such form."""
    if adapter is None:
        if isinstance(value, _PLAIN):
            return checked(value, path)
        from gitconfig_server.manager.bindings.adapters import plain_value

        return plain_value(value, path)
    if type(value) is adapter.scalar:
        return checked(value, path)
    return adapter.typed.dump(value, path)


def check_reads_back(value: Any, data: Data, adapter: Adapter | None, path: Segments) -> None:
    """Refuse a value whose saved form means another one: CannotBeSaved."""
    if adapter is None:
        return
    try:
        again = to_value(data, adapter, path)
    except Misfit as error:
        raise CannotBeSaved(
            [Problem(one.path, f"its saved form is refused: {one.reason}") for one in error.problems]
        ) from error
    if type(again) is not type(value) or again != value:
        raise CannotBeSaved(
            [Problem(join_path(path), f"its saved form would read back as {type(again).__name__}, not equal")]
        )


@lru_cache
def scalar_adapter(kind: type) -> Adapter | None:
    """What checks values that are to stay text, a number or a boolean; None for all other kinds."""
    return adapter_of(kind) if kind in _SCALARS else None


def _revealed(data: Data) -> Data:
    if isinstance(data, dict):
        return {name: _revealed(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_revealed(value) for value in data]
    return data.reveal() if isinstance(data, Secret) else data
