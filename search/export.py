"""All that is found, as lines of JSON or as a table (CSV), made one paragraph at a time."""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO

from search import objects, urls
from search.engine import Found

COLUMNS = (
    "rank", "score", "id", "title", "author", "date", "type", "path", "number", "section", "text",
    "url",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would take for a formula (OWASP, "CSV Injection")."""


def json_lines(found: Iterable[Found], query: str, ascii_only: bool = False) -> Iterator[str]:
    """Give a JSON object a line: those of `/api/search`, but for what is marked in the text."""
    for each in found:
        yield json.dumps(objects.found(each, query), ensure_ascii=ascii_only) + "\n"


def table(found: Iterable[Found], query: str) -> Iterator[str]:
    """Give the lines of a table (RFC 4180), the names of its columns first.

    It begins with a byte order mark, by which spreadsheets know UTF-8. An apostrophe stands before
    what would be taken for a formula.
    """
    yield "\ufeff" + _line(COLUMNS)
    for each in found:
        info, paragraph = each.document, each.paragraph
        yield _line(
            (
                str(each.rank), str(each.score), paragraph.id, info.title, info.author or "",
                info.date or "", info.type, info.path, str(paragraph.number),
                paragraph.section or "", paragraph.text, urls.paragraph(paragraph, query),
            )
        )  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow([f"'{c}" if c.lstrip(" ").startswith(_FORMULA) else c for c in cells])
    return line.getvalue()
