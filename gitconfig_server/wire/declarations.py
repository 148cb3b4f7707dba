"""What declarations can do: be made of nouns and become them, be told as members, and describe themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import NoneType
from typing import Annotated, Any, Generic, Self, TypeVar, get_args, get_origin

import msgspec
from msgspec import UNSET

from gitconfig_server.wire.json import render

N = TypeVar("N")

_REFERENCE = "#/components/schemas/{name}"
"""Where the OpenAPI document keeps schemas."""


class Declaration(msgspec.Struct, Generic[N], kw_only=True):
    """What is sent about one noun, member by member in this order.

    Members that are ``UNSET`` are left out. What is read may have members that are not declared: newer servers know
    more than older clients.
    """

    @classmethod
    def of(cls, noun: N) -> Self:
        """Made of a noun by the names of its attributes, and what is declared within of the nouns within."""
        return cls(**{name: make(getattr(noun, name)) for name, make in _makers(cls)})

    def noun(self) -> N:
        """The noun again, by the names of the members."""
        kind: Callable[..., N] = _noun_of(type(self))
        return kind(**{name: _within(getattr(self, name), _noun_within) for name in self.__struct_fields__})

    def members(self) -> dict[str, Any]:
        """As an object of JSON has them; what is in them is not looked at: times and properties stay what they are."""
        names = zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True)
        found = {sent: _within(getattr(self, name), _members_of) for sent, name in names}
        return {sent: value for sent, value in found.items() if self._says(value)}

    def _says(self, value: Any) -> bool:
        return value is not UNSET


class Body(Declaration[N], kw_only=True, forbid_unknown_fields=True):
    """What a client may send; a member that is not declared is refused. Members that are None are not sent."""

    def _says(self, value: Any) -> bool:
        return value is not None


def encode(declared: Declaration[Any]) -> bytes:
    """As a line of JSON: what a terminal shows after it begins in a line of its own."""
    return render(declared.members()) + b"\n"


def describe(kinds: Iterable[type]) -> dict[str, Any]:
    """The schemas of ``kinds`` and of all they are made of, by name."""
    _, found = msgspec.json.schema_components(sorted(kinds, key=str), ref_template=_REFERENCE)
    return found


def reference(kind: type) -> dict[str, str]:
    """What stands for the schema of ``kind`` elsewhere in the document."""
    return {"$ref": _REFERENCE.format(name=kind.__name__)}


def list_declarations() -> list[type[Declaration[Any]]]:
    """Every declaration that has been imported."""
    return _family(Declaration)


def prepare_declarations() -> None:
    """Find out now what is found out when a declaration is first made: it takes milliseconds for each."""
    for kind in list_declarations():
        _makers(kind)


def _family(kind: type[Declaration[Any]]) -> list[type[Declaration[Any]]]:
    return [one for child in kind.__subclasses__() for one in (child, *_family(child))]


def _within(value: Any, change: Callable[[Declaration[Any]], Any]) -> Any:
    """``value`` with every declaration in it changed; maps and lists that hold none are not walked through."""
    if isinstance(value, Declaration):
        return change(value)
    if isinstance(value, tuple | list) and value and isinstance(value[0], Declaration):
        return tuple(map(change, value))
    if isinstance(value, dict) and isinstance(next(iter(value.values()), None), Declaration):
        return {name: change(one) for name, one in value.items()}
    return value


def _members_of(declared: Declaration[Any]) -> dict[str, Any]:
    return declared.members()


def _noun_within(declared: Declaration[N]) -> N:
    return declared.noun()


@cache
def _makers(kind: type[Declaration[Any]]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((field.name, _maker(field.type)) for field in msgspec.structs.fields(kind))


def _maker(hint: Any) -> Callable[[Any], Any]:
    """What makes a member of this type out of a noun's attribute."""
    if isinstance(hint, type) and issubclass(hint, Declaration):
        return hint.of
    if get_origin(hint) is Annotated:
        return _maker(get_args(hint)[0])
    item = next(iter(get_args(hint)), None)
    if isinstance(item, type) and issubclass(item, Declaration):
        if NoneType in get_args(hint):
            return lambda noun: None if noun is None else item.of(noun)
        return lambda nouns: tuple(map(item.of, nouns))
    return lambda value: value


@cache
def _noun_of(kind: type) -> Any:
    # types.get_original_bases, which type checkers know, comes with Python 3.12 alone.
    return next(get_args(base)[0] for base in kind.__orig_bases__ if get_args(base))  # type: ignore[attr-defined]
