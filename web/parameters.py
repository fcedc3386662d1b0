"""The query string: read strictly for programs, kindly for pages."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from search.engine import MAX_OFFSET
from web.errors import bad_parameter, short

T = TypeVar("T", bound=str)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parameter: what it may be, in words, and how its text is read (or ValueError).

    One that `repeats` may be given several times, and becomes a tuple.
    """

    allowed: str
    read: Callable[[str], Any]
    repeats: bool = False


def whole(low: int, high: int) -> Kind:
    """Take a whole number in decimal digits."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Kind(f"a whole number from {low} to {high}", read)


def one_of(values: tuple[str, ...]) -> Kind:
    """Take one of a few words."""

    def read(text: str) -> str:
        if text not in values:
            raise ValueError
        return text

    return Kind(f"one of {', '.join(values)}", read)


def some_of(values: tuple[str, ...]) -> Kind:
    """Take some of a few words, with commas between them."""

    def read(text: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        if not set(found) <= set(values):
            raise ValueError
        return found

    return Kind(f"some of {', '.join(values)}, with commas between them", read)


TEXT = Kind("text", str)
TEXTS = Kind("text", str, repeats=True)


def pairs(query_string: str) -> list[tuple[str, str]]:
    """Split a WSGI query string (bytes as Latin-1); what is not UTF-8 becomes U+FFFD."""
    text = query_string.encode("latin-1").decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def strict(query_string: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Read the parameters of the API; those not given are left out.

    Raises Problem (400) for one that is unknown, given twice, or not of its kind.
    """
    values: dict[str, Any] = {}
    for name, text in pairs(query_string):
        if name not in kinds:
            allowed = ", ".join(kinds) or "none"
            raise bad_parameter(f"Unknown parameter '{short(name)}'. Allowed here: {allowed}.")
        if name in values and not kinds[name].repeats:
            raise bad_parameter(f"The parameter '{name}' is given twice.")
        try:
            value = kinds[name].read(text)
            values[name] = (*values.get(name, ()), value) if kinds[name].repeats else value
        except ValueError:
            raise bad_parameter(
                f"The parameter '{name}' must be {kinds[name].allowed}, not '{short(text)}'."
            ) from None
    return values


def first(query_string: str, name: str) -> str:
    """Give the first value of a page's parameter, or the empty string."""
    return next((text for key, text in pairs(query_string) if key == name), "")


def every(query_string: str, name: str) -> tuple[str, ...]:
    """Give all values of a page's parameter."""
    return tuple(text for key, text in pairs(query_string) if key == name)


def chosen(query_string: str, name: str, values: tuple[T, ...]) -> T:
    """Give the value of a page's parameter that is one of a few words; else the first of them."""
    text = first(query_string, name)
    return next((value for value in values if value == text), values[0])


def page_number(query_string: str, size: int) -> int:
    """Give the page asked for, counting from 1, of pages of `size`; 1 where it makes no sense."""
    text = first(query_string, "page")
    number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else 1
    return min(max(1, number), MAX_OFFSET // size)
