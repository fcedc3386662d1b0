"""The date of a document: what it says of itself, else its file's name, else its first lines.

Dates are those of the Gregorian calendar, in ISO 8601: a day (`2022-02-10`), or where no more is
known a month (`2022-02`) or a year (`2022`). What is ambiguous (`02/03/2022`) or impossible (31
February) is no date.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from index.model import Paragraph

FIRST_LINES = 6
"""How many paragraphs, the title among them, are looked at for a date."""

SHORT_LINE = 120
"""Up to how many code points a paragraph is looked at whole; of a longer one, its dateline."""

DATELINE = 60

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>[12]\d{3})(?![\d])"
_DAY = r"(?<![\d.,:/-])(?P<day>[0-3]?\d)"
_TH = r"(?:st|nd|rd|th)?"
_NOT_IN_NUMBER = r"(?!\d|[.,]\d)"

_EITHER_WAY = re.compile(
    rf"{_DAY}(?P<between>[/-])(?P<month>\d\d?)(?P=between){_YEAR}{_NOT_IN_NUMBER}"
)
_DAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d.,:/-]){_YEAR}(?P<between>[-/.])(?P<month>\d\d?)(?P=between)(?P<day>\d\d?)"
        + _NOT_IN_NUMBER,
        rf"{_DAY}\. ?(?P<month>\d\d?)\. ?{_YEAR}{_NOT_IN_NUMBER}",
        rf"{_DAY}{_TH}(?: of)?[ -]{_MONTH},?[ -]{_YEAR}",
        rf"\b{_MONTH} (?P<day>[0-3]?\d){_TH},? {_YEAR}",
    )
)
_COMPACT = re.compile(r"(?<![0-9a-z])(?P<year>[12]\d{3})(?P<month>\d\d)(?P<day>\d\d)(?![0-9a-z])")
_FOLDERS = re.compile(
    rf"(?<![^/]){_YEAR}(?P<between>[-/])(?P<month>\d\d)(?P=between)(?P<day>\d\d)/"
)
_BEFORE_A_DATE = re.compile(
    r"(?<![-._])(?:(?<!\d)[-._]++(?=\d)"
    r"|(?<!\d[-._ ]\d)(?<!\d[-._ ]\d\d)[-._]++(?=[12]\d{3}([-._])\d\d\1\d\d(?!\d)))"
)
"""What parts the words of a name: before a number not behind another, or a year, month and day."""

_OF_A_MONTH = re.compile(rf"(?<!\d){_YEAR}-(?P<month>\d\d)(?!-?\d)")
_STATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rf"{_YEAR}[-/](?P<month>\d\d?)", rf"{_MONTH},? {_YEAR}", _YEAR)
)


def date_of(stated: str | None, name: str, paragraphs: Iterable[Paragraph]) -> str | None:
    """Give the date of a document: that stated, else that in its name, else in its first lines."""
    return stated or named(name) or written(paragraphs)


def stated(text: str) -> str | None:
    """Read a date that is said to be one: a day anywhere in the text, or a month or a year alone.

    Times behind it are passed over, and so are the weekday and the time of RFC 822.
    """
    if found := _day(text) or _first(_COMPACT.finditer(text)):
        return found
    return _first(match for form in _STATED if (match := form.fullmatch(text.strip())))


def named(path: str) -> str | None:
    """Read the date in a file's name, or a day that its folders give (`2022/02/10/text.txt`)."""
    folders, _, file = path.rpartition("/")
    name = file.rpartition(".")[0] or file
    dashed = re.sub(r"[_ +]+", "-", name)
    return (
        _day(re.sub(r"[_ +]+", " ", _BEFORE_A_DATE.sub(" ", name)))
        or _day(_BEFORE_A_DATE.sub(" ", dashed))
        or _day(dashed.replace("-", " "))
        or _first(_COMPACT.finditer(dashed.lower()))
        or _first(_OF_A_MONTH.finditer(dashed))
        or _first(_FOLDERS.finditer(f"{folders}/"))
    )


def written(paragraphs: Iterable[Paragraph]) -> str | None:
    """Read the day that stands in a short line of the first ones, or begins a longer one."""
    for paragraph in islice(paragraphs, FIRST_LINES):
        text = paragraph.text
        if found := _day(text if len(text) <= SHORT_LINE else text[:DATELINE]):
            return found
    return None


def _day(text: str) -> str | None:
    """Give the first day that a text names, whatever the form."""
    found = [match for form in (*_DAYS, _EITHER_WAY) for match in form.finditer(text)]
    return _first(iter(sorted(found, key=lambda match: match.start())))


def _first(matches: Iterator[re.Match[str]]) -> str | None:
    return next((found for match in matches if (found := _iso(match))), None)


def _iso(match: re.Match[str]) -> str | None:
    """Put a match in ISO 8601; None for what no calendar has, or what may be two days."""
    said = match.groupdict()
    year, month, day = int(said["year"]), _month(said), said.get("day")
    if month is None:
        return f"{year}"
    if day is None:
        return f"{year}-{month:02}" if 1 <= month <= len(_MONTHS) else None
    if match.re is not _EITHER_WAY:
        return _valid(year, month, int(day))
    low, high = sorted((month, int(day)))
    return None if low < high <= len(_MONTHS) else _valid(year, low, high)


def _month(said: dict[str, str | None]) -> int | None:
    if name := said.get("name"):
        return _MONTHS.index(name[:3].lower()) + 1
    return int(month) if (month := said.get("month")) else None


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
