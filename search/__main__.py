"""`python -m search`: ask an index on the command line."""

import gc

gc.disable()  # modules are a hundred thousand objects that stay: looking through them takes 0.1 s

# ruff: noqa: E402  # they are what the collector is kept from
import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper

from rich.console import Console
from rich.text import Text

from index.settings import add_folder_option
from index.version import VERSION
from search import export, objects
from search.engine import (
    BUDGET_MS,
    FACETS,
    GROUPINGS,
    MAX_BUDGET_MS,
    MAX_LIMIT,
    MAX_SUGGESTIONS,
    SORTS,
    Found,
    Hit,
    Page,
    Request,
)
from search.errors import SearchError
from search.local import Local
from search.ready import make_ready
from search.settings import Settings

_CONTROLS = {
    code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
}

EXAMPLE = """\
example:
  python -m search '"frank and constructive" OR nato -putin' --limit 5
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code: 0 also where nothing is found."""
    settings = _settings(argv)
    request = Request(
        settings.query,
        limit=settings.limit,
        offset=settings.offset,
        budget_ms=settings.budget_ms,
        filters=settings.filters,
        facets=settings.facets,
        sort=settings.sort,
        group=settings.group,
    )
    make_ready()
    if settings.suggest:
        return _suggest(settings)
    engine, console = Local(settings.folder), _console()
    try:
        if settings.all or settings.csv:
            return _print_all(console, engine.export(request), settings)
        page = engine.search(request)
    except SearchError as error:
        print(f"search: {error}", file=sys.stderr)
        return 1
    if settings.json:
        _print_object(console, objects.page(page, request))
    else:
        _print(console, page)
    return 0


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m search",
        description="Find paragraphs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "query", nargs="+", help="words, in quotes; behind -- where they begin with -"
    )
    parser.add_argument(
        "--limit",
        type=_whole(0, MAX_LIMIT),
        default=10,
        metavar="N",
        help=f"how many paragraphs to show, 0 to {MAX_LIMIT} (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print what /api/search answers")
    parser.add_argument(
        "--budget-ms",
        type=_whole(1, MAX_BUDGET_MS),
        default=BUDGET_MS,
        metavar="N",
        help="after how many milliseconds the search ends (%(default)s)",
    )
    parser.add_argument(
        "--offset", type=_offset, default=0, metavar="N", help="how many to pass over (%(default)s)"
    )
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="FIELD:VALUE",
        help="narrow the search, as type:text, year:2022 or -folder:old; may be repeated",
    )
    parser.add_argument(
        "--facets",
        type=_facets,
        default=(),
        metavar="NAMES",
        help=f"count what is found by some of {','.join(FACETS)}",
    )
    parser.add_argument("--sort", choices=SORTS, default="score", help="the order (%(default)s)")
    parser.add_argument(
        "--group", choices=GROUPINGS, default="none", help="group by document (%(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="all that is found, with --json by line")
    parser.add_argument("--csv", action="store_true", help="all that is found, as a table")
    parser.add_argument(
        "--suggest", action="store_true", help="print what the words may become, not what they find"
    )
    add_folder_option(parser, "--index")
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    # Bytes that are no text become question marks.
    query = " ".join(given.query).encode(errors="replace").decode()
    return Settings(
        query,
        given.index,
        given.limit,
        given.json,
        given.budget_ms,
        tuple(text.encode(errors="replace").decode() for text in given.filter),
        given.facets,
        given.sort,
        given.group,
        given.offset,
        given.all,
        given.csv,
        given.suggest,
    )


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"a number from {low} to {high} is wanted, not {text!r}")

    return read


def _offset(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise argparse.ArgumentTypeError(f"a number is wanted, not {text!r}")


def _facets(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    if set(names) <= set(FACETS):
        return names
    raise argparse.ArgumentTypeError(f"some of {','.join(FACETS)} are wanted, not {text!r}")


def _console() -> Console:
    """Open the output; characters that it cannot show are written as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(emoji=False, highlight=False, markup=False, soft_wrap=True)


def _suggest(settings: Settings) -> int:
    """Print what a query may become, as `/api/suggest` has it."""
    try:
        limit = min(settings.limit, MAX_SUGGESTIONS)
        found = Local(settings.folder).suggest(settings.query, limit)
    except SearchError as error:
        print(f"search: {error}", file=sys.stderr)
        return 1
    console = _console()
    if settings.json:
        _print_object(console, objects.suggestions(settings.query, found))
    else:
        for each in found:
            total = _count(each.total, "paragraph")
            console.print(_shown(f"{each.text} ({each.kind}, {total})"))
    return 0


def _print_object(console: Console, answer: objects.Object) -> None:
    ascii_only = console.encoding != "utf-8"
    console.out(json.dumps(answer, ensure_ascii=ascii_only, indent=2))


def _print(console: Console, page: Page) -> None:
    for warning in page.warnings:
        console.print(_shown(f"note: {warning}"), style="dim")
    for hit in page.hits:
        console.print(_heading(hit))
        console.print(_marked(hit), end="\n\n")
    for group in page.groups:
        found = f"{group.rank}. {group.document.title} · {_count(group.total, 'paragraph')}"
        console.print(_shown(found), style="bold", end="\n\n")
        for hit in group.hits:
            console.print(_heading(hit))
            console.print(_marked(hit), end="\n\n")
    for facet in page.facets:
        values = ", ".join(f"{each.label} ({each.count:,})" for each in facet.values)
        more = f" and {facet.more:,} more" if facet.more else ""
        console.print(_shown(f"{facet.name}: {values or 'none'}{more}"))
    console.print(_counts(page), style="dim")
    for suggestion in page.suggestions:
        console.print(_shown(f"try: {suggestion.text} ({suggestion.total})"))


def _print_all(console: Console, found: Iterator[Found], settings: Settings) -> int:
    """Print all that is found as it is read."""
    if settings.csv or settings.json:
        ascii_only = console.encoding != "utf-8"
        lines = (
            export.table(found, settings.query)
            if settings.csv
            else export.json_lines(found, settings.query, ascii_only)
        )
        for line in lines:
            print(line, end="")
        return 0
    for each in found:
        console.print(_heading(each))
        console.print(Text(_shown(each.paragraph.text)), end="\n\n")
    return 0


def _heading(hit: Hit | Found) -> Text:
    paragraph = hit.paragraph
    place = f"paragraph {paragraph.number} of {hit.document.paragraphs}"
    section = f" · {paragraph.section}" if paragraph.section else ""
    return Text.assemble(
        f"{hit.rank}. ",
        (_shown(hit.document.title), "bold"),
        _shown(f"{section} · {place} · {paragraph.id}"),
    )


def _marked(hit: Hit) -> Text:
    text = Text(_shown(hit.paragraph.text))
    for span in hit.matches:
        text.stylize("bold yellow", span.start, span.end)
    return text


def _counts(page: Page) -> str:
    if not page.total:
        return "No paragraph matches."
    found = f"{_count(page.total, 'paragraph')} in {_count(page.documents, 'document')}"
    return f"{found}, {page.took_ms:.1f} ms"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _shown(text: str) -> str:
    """Take the control characters out of a text, which would steer the terminal."""
    return text.translate(_CONTROLS)


if __name__ == "__main__":
    sys.exit(main())
