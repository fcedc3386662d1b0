"""`python -m search`: ask an index on the command line."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from index.settings import default_folder
from index.version import VERSION
from search import objects
from search.engine import MAX_LIMIT, Hit, Page, Request
from search.errors import SearchError
from search.local import Local
from search.settings import Settings

EXAMPLE = """\
example:
  python -m search '"frank and constructive" OR nato -putin' --limit 5
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code: 0 also where nothing is found."""
    settings = _settings(argv)
    request = Request(settings.query, limit=settings.limit)
    try:
        page = Local(settings.folder).search(request)
    except SearchError as error:
        print(f"search: {error}", file=sys.stderr)
        return 1
    if settings.json:
        print(json.dumps(objects.page(page, request), ensure_ascii=False, indent=2))
    else:
        _print(page)
    return 0


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m search",
        description="Find paragraphs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("query", help="words; the page's /help explains the query language")
    parser.add_argument(
        "--limit",
        type=_limit,
        default=10,
        metavar="N",
        help=f"how many paragraphs to show, 0 to {MAX_LIMIT} (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print what /api/search answers")
    parser.add_argument(
        "--index",
        type=Path,
        default=default_folder(),
        metavar="DIR",
        help="the folder of the index ($PASSAGE_INDEX, or %(default)s)",
    )
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    return Settings(given.query, given.index, given.limit, given.json)


def _limit(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MAX_LIMIT:
        return int(text)
    raise argparse.ArgumentTypeError(f"a number from 0 to {MAX_LIMIT} is wanted, not {text!r}")


def _print(page: Page) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for warning in page.warnings:
        console.print(f"note: {warning}", style="dim", markup=False)
    for hit in page.hits:
        console.print(_heading(hit))
        console.print(_marked(hit), end="\n\n")
    console.print(_counts(page), style="dim", markup=False)
    for suggestion in page.suggestions:
        console.print(f"try: {suggestion.text} ({suggestion.total})", markup=False)


def _heading(hit: Hit) -> Text:
    paragraph = hit.paragraph
    place = f"paragraph {paragraph.number} of {hit.document.paragraphs}"
    section = f" · {paragraph.section}" if paragraph.section else ""
    return Text.assemble(
        f"{hit.rank}. ", (hit.document.title, "bold"), f"{section} · {place} · {paragraph.id}"
    )


def _marked(hit: Hit) -> Text:
    text = Text(hit.paragraph.text)
    for span in hit.matches:
        text.stylize("bold yellow", span.start, span.end)
    return text


def _counts(page: Page) -> str:
    if not page.total:
        return "No paragraph matches."
    return (
        f"{page.total} paragraphs in {page.documents} documents, {page.took_ms:.1f} ms"
        if page.total != 1
        else f"1 paragraph, {page.took_ms:.1f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
