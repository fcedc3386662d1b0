"""`python -m search`: ask an index on the command line."""

import gc

gc.disable()  # modules are a hundred thousand objects that stay: looking through them takes 0.1 s

# ruff: noqa: E402  # they are what the collector is kept from
import argparse
import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from rich.console import Console
from rich.text import Text

from index.settings import add_folder_option
from index.version import VERSION
from search import objects
from search.engine import (
    MAX_LIMIT,
    MAX_WIDTH,
    ORDERS,
    SCOPES,
    WIDTH,
    Concordance,
    Engine,
    Explanation,
    Hit,
    Line,
    Page,
    Request,
    Suggestion,
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
    make_ready()
    try:
        answer = _ask(Local(settings.folder), settings)
    except SearchError as error:
        print(f"search: {error}", file=sys.stderr)
        return 1
    console = _console()
    if settings.json:
        ascii_only = console.encoding != "utf-8"
        console.out(json.dumps(_object(answer, settings), ensure_ascii=ascii_only, indent=2))
    elif isinstance(answer, Concordance):
        _print_lines(console, answer)
    else:
        _print(console, answer)
    return 0


def _ask(engine: Engine, settings: Settings) -> Page | Concordance:
    if settings.concordance:
        return engine.concordance(
            settings.query, settings.width, settings.concordance, settings.limit
        )
    return engine.search(_request(settings))


def _request(settings: Settings) -> Request:
    return Request(
        settings.query, limit=settings.limit, scope=settings.scope, explain=settings.explain
    )


def _object(answer: Page | Concordance, settings: Settings) -> objects.Object:
    if isinstance(answer, Concordance):
        return objects.concordance(answer)
    return objects.page(answer, _request(settings))


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
        type=_limit,
        default=10,
        metavar="N",
        help=f"how many paragraphs to show, 0 to {MAX_LIMIT} (%(default)s)",
    )
    parser.add_argument(
        "--scope",
        choices=SCOPES,
        default="paragraph",
        help="where all the words must stand: in one paragraph, or anywhere in a document",
    )
    parser.add_argument("--explain", action="store_true", help="show the parts of each score")
    parser.add_argument(
        "--concordance",
        choices=ORDERS,
        metavar="ORDER",
        help=f"show each occurrence in its context, in this order: {', '.join(ORDERS)}",
    )
    parser.add_argument(
        "--width",
        type=_width,
        default=WIDTH,
        metavar="N",
        help=f"characters on either side in a concordance, 0 to {MAX_WIDTH} (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print what /api/search answers")
    add_folder_option(parser, "--index")
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    # Bytes that are no text become question marks.
    query = " ".join(given.query).encode(errors="replace").decode()
    return Settings(
        query=query,
        folder=given.index,
        limit=given.limit,
        json=given.json,
        scope=given.scope,
        explain=given.explain,
        concordance=given.concordance,
        width=given.width,
    )


def _limit(text: str) -> int:
    return _number(text, MAX_LIMIT)


def _width(text: str) -> int:
    return _number(text, MAX_WIDTH)


def _number(text: str, most: int) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"a number from 0 to {most} is wanted, not {text!r}")


def _console() -> Console:
    """Open the output; characters that it cannot show are written as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(emoji=False, highlight=False, markup=False, soft_wrap=True)


def _print(console: Console, page: Page) -> None:
    for warning in page.warnings:
        console.print(_shown(f"note: {warning}"), style="dim")
    for hit in page.hits:
        console.print(_heading(hit))
        console.print(_marked(hit), end="\n\n")
        if hit.explanation:
            console.print("\n".join(_parts(hit.explanation)), style="dim", end="\n\n")
    console.print(_counts(page), style="dim")
    for suggestion in page.suggestions:
        console.print(_shown(_offer(suggestion)))


def _offer(suggestion: Suggestion) -> str:
    scope = " --scope document" if suggestion.scope == "document" else ""
    return f"try: {suggestion.text}{scope} ({suggestion.total})"


def _parts(explanation: Explanation, depth: int = 1) -> list[str]:
    joined = {"sum": " = sum of", "best": " = best of", "product": " = product of"}
    behind = joined.get(explanation.how, "") if explanation.parts else ""
    line = f"{'  ' * depth}{explanation.value:.6g} {_shown(explanation.text)}{behind}"
    return [line, *(each for part in explanation.parts for each in _parts(part, depth + 1))]


def _print_lines(console: Console, found: Concordance) -> None:
    for warning in found.warnings:
        console.print(_shown(f"note: {warning}"), style="dim")
    for line in found.lines:
        console.print(_in_context(line, found.width))
    console.print(f"{_count(found.total, 'occurrence')}, {found.took_ms:.1f} ms", style="dim")


def _in_context(line: Line, width: int) -> Text:
    left, keyword, right = (
        _shown(" ".join(part.split())) for part in (line.left, line.keyword, line.right)
    )
    space = " " if line.right[:1].isspace() else ""
    before = f"{left} " if line.left[-1:].isspace() else left
    return Text.assemble(
        before.rjust(width + 1),
        (keyword, "bold yellow"),
        f"{space}{right}  ",
        (_shown(line.paragraph.id), "dim"),
    )


def _heading(hit: Hit) -> Text:
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
