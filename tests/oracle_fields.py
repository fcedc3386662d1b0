"""What the oracle knows of fields: whether a paragraph is what `field:value` asks for.

Titles and sections are compared by the stems of their words, authors by the words as typed, dates
by days, a path by folders, all else whole.
"""

from collections.abc import Callable
from datetime import date, timedelta

from oracle_collection import Collection
from whoosh import query

from index.analysis import analyze, stem
from index.model import DocumentInfo

FIELDS = ("title", "section", "author", "document", "type", "language", "path", "date")


def passes(collection: Collection, node: query.Query, ordinal: int) -> bool:
    """Tell whether a leaf of a field holds for a paragraph."""
    if node.fieldname in ("title", "section"):
        above = collection.titles if node.fieldname == "title" else collection.headings
        headline = above[ordinal]
        return headline is not None and _stands_in(collection, node, headline)
    return _TELLS[node.fieldname](node, collection.infos[collection.documents[ordinal]])


def days(text: str) -> tuple[date, date]:
    """Give the first and the last day of a date: of a year, a month or a day in ISO 8601."""
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    if day:
        return first, first
    after = date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
    return first, after - timedelta(days=1)


def folder(info: DocumentInfo) -> str:
    """Give the folder of a file, or the file that a record is of."""
    return info.path if info.type == "record" else info.path.rpartition("/")[0]


def folders(info: DocumentInfo) -> list[str]:
    """Give the folder with all that it is in."""
    parts = folder(info).split("/") if folder(info) else []
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _stands_in(collection: Collection, node: query.Query, ordinal: int) -> bool:
    words = [stem(form) for form in _forms(node)]
    return _in_a_row([collection.places("text", word).get(ordinal, []) for word in words])


def _forms(node: query.Query) -> list[str]:
    return list(node.words) if isinstance(node, query.Phrase) else [node.text]


def _in_a_row(places: list[list[int]]) -> bool:
    return any(all(first + i in own for i, own in enumerate(places)) for first in places[0])


def _author(node: query.Query, info: DocumentInfo) -> bool:
    author = info.author or ""
    if isinstance(node, query.TermRange):
        return author == node.start
    tokens = analyze(author)
    if isinstance(node, query.Prefix):
        return any(token.form.startswith(node.text) for token in tokens)
    return _in_a_row([[t.position for t in tokens if t.form == form] for form in _forms(node)])


def _path(node: query.Query, info: DocumentInfo) -> bool:
    return node.text in ("", info.path, *folders(info))


def _date(node: query.Query, info: DocumentInfo) -> bool:
    if not info.date:
        return False
    first, last = (day.isoformat() for day in days(info.date))
    return (node.start or first) <= first and last <= (node.end or last)


def _whole(value: Callable[[DocumentInfo], str]) -> Callable[[query.Query, DocumentInfo], bool]:
    def tells(node: query.Query, info: DocumentInfo) -> bool:
        if isinstance(node, query.Prefix):
            return value(info) != "" and value(info).startswith(node.text)
        return value(info) == node.text

    return tells


_TELLS: dict[str, Callable[[query.Query, DocumentInfo], bool]] = {
    "author": _author,
    "document": _whole(lambda info: info.id),
    "type": _whole(lambda info: info.type.lower()),
    "language": _whole(lambda info: (info.language or "").lower()),
    "path": _path,
    "date": _date,
}
