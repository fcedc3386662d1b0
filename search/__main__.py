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
from search.engine import MAX_LIMIT, Hit, Page, Request, SimilarHit
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
    request = Request(settings.query, limit=settings.limit)
    make_ready()
    if settings.similar:
        return _similar(settings)
    try:
        page = Local(settings.folder).search(request)
    except SearchError as error:
        print(f"search: {error}", file=sys.stderr)
        return 1
    console = _console()
    if settings.json:
        ascii_only = console.encoding != "utf-8"
        answer = json.dumps(objects.page(page, request), ensure_ascii=ascii_only, indent=2)
        console.out(answer)
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
        "query", nargs="*", help="words, in quotes; behind -- where they begin with -"
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        default=10,
        metavar="N",
        help=f"how many paragraphs to show, 0 to {MAX_LIMIT} (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print what /api/search answers")
    parser.add_argument(
        "--similar", metavar="ID", help="find what says the same as a paragraph, or is similar"
    )
    parser.add_argument(
        "--other-documents", action="store_true", help="with --similar: not in its own document"
    )
    add_folder_option(parser, "--index")
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    if bool(given.query) == bool(given.similar):
        parser.error("one is required: query, or --similar with the id of a paragraph")
    if given.other_documents and not given.similar:
        parser.error("--other-documents goes with --similar")
    query, similar = _text(" ".join(given.query)), _text(given.similar or "")
    return Settings(query, given.index, given.limit, given.json, similar, given.other_documents)


def _text(argument: str) -> str:
    """Give an argument as text: bytes that are none become question marks."""
    return argument.encode(errors="replace").decode()


def _limit(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MAX_LIMIT:
        return int(text)
    raise argparse.ArgumentTypeError(f"a number from 0 to {MAX_LIMIT} is wanted, not {text!r}")


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
    console.print(_counts(page), style="dim")
    for suggestion in page.suggestions:
        console.print(_shown(f"try: {suggestion.text} ({suggestion.total})"))


def _similar(settings: Settings) -> int:
    """Print what is like a paragraph."""
    try:
        found = Local(settings.folder).similar(
            settings.similar, settings.limit, settings.other_documents
        )
    except SearchError as error:
        print(f"search: {error}", file=sys.stderr)
        return 1
    if found is None:
        print(f"search: the index has no paragraph {settings.similar}", file=sys.stderr)
        return 1
    console = _console()
    if settings.json:
        ascii_only = console.encoding != "utf-8"
        console.out(json.dumps(objects.similar(found), ensure_ascii=ascii_only, indent=2))
        return 0
    console.print(_shown(found.paragraph.text), style="italic", end="\n\n")
    for each in found.hits:
        console.print(_heading(each.hit))
        _print_like(console, found.paragraph.text, each)
    if not found.hits:
        console.print("Nothing is like it.", style="dim")
    return 0


def _print_like(console: Console, here: str, found: SimilarHit) -> None:
    """Print of what says the same the passages of both texts, each with its differences marked."""
    if found.kind == "similar":
        console.print(_marked(found.hit), end="\n\n")
        return
    console.print(f"the same, {found.hit.score:.0%} of the words in common", style="dim")
    ours, others = Text(_shown(here)), Text(_shown(found.hit.paragraph.text))
    for text, spans in ((ours, found.differences.here), (others, found.differences.there)):
        for span in spans:
            text.stylize("bold yellow", span.start, span.end)
    for passage in found.passages:
        console.print(Text.assemble("  here: ", ours[passage.here.start : passage.here.end]))
        console.print(Text.assemble(" there: ", others[passage.there.start : passage.there.end]))
    console.print()


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
