"""What is typed behind `date:` -> the first and the last day that are meant.

A date is a year, a month or a day as ISO 8601 writes them (`2022`, `2022-02`, `2022-02-10`; a
slash may part them), a period one of those, `[A TO B]` with `*` for an open end, or a date behind
`>`, `>=`, `<` or `<=`.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

_DATE = re.compile(r"(\d{4})(?:([-/])(\d\d?)(?:\2(\d\d?))?)?", re.ASCII)
_RANGE = re.compile(r"\[\s*(\S+)\s+(?:TO|to)\s+(\S+)\s*\]")
_BOUND = re.compile(r"([<>]=?)\s*(\S+)")
_DAY = timedelta(days=1)


class Period(NamedTuple):
    """The first and the last day of a period, as ISO 8601 writes them, None where it is open.

    `turned` tells that its end was typed first.
    """

    first: str | None
    last: str | None
    turned: bool = False


def period(text: str) -> Period | None:
    """Read a period; None for what is none."""
    try:
        return _period(text)
    except (ValueError, OverflowError):  # a month 13, or days beyond the calendar
        return None


def _period(text: str) -> Period | None:
    if text == "*":
        return Period(None, None)
    if found := _RANGE.fullmatch(text):
        return _range(*found.groups())
    if found := _BOUND.fullmatch(text):
        return _bounded(*found.groups())
    first, last = _days(text)
    return Period(first.isoformat(), last.isoformat())


def _range(start: str, end: str) -> Period:
    first = None if start == "*" else _days(start)
    last = None if end == "*" else _days(end)
    turned = bool(first and last and first[0] > last[1])
    if turned:
        first, last = last, first
    return Period(first and first[0].isoformat(), last and last[1].isoformat(), turned)


def _bounded(sign: str, text: str) -> Period:
    first, last = _days(text)
    match sign:
        case ">":
            return Period((last + _DAY).isoformat(), None)
        case ">=":
            return Period(first.isoformat(), None)
        case "<":
            return Period(None, (first - _DAY).isoformat())
    return Period(None, last.isoformat())


def _days(text: str) -> tuple[date, date]:
    """Give the first and the last day of a year, a month or a day; ValueError for other text."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day = int(found[1]), int(found[3] or 0), int(found[4] or 0)
    if found[4]:
        return date(year, month, day), date(year, month, day)
    if found[3]:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)


def written(first: str | None, last: str | None) -> str:
    """Write a period as it is typed, in the shortest way."""
    if first is None or last is None:
        return f">={first}" if first else f"<={last}" if last else "*"
    for part in (first[:4], first[:7], first):
        if period(part) == (first, last, False):
            return part
    return f"[{first} TO {last}]"
