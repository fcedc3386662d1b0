"""What the command line says to `python -m search`."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index.settings import add_folder_option
from index.version import VERSION
from search.engine import (
    BUDGET_MS,
    FACETS,
    GROUPINGS,
    MATCHES,
    MAX_BUDGET_MS,
    MAX_CONTEXT,
    MAX_LIMIT,
    MAX_OFFSET,
    MAX_WIDTH,
    ORDERS,
    SCOPES,
    SORTS,
    WIDTH,
    ConcordanceRequest,
    Request,
)

Form = Literal["text", "json", "csv"]

EXAMPLE = """\
example:
  python -m search '"frank and constructive" OR nato -putin' --limit 5
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of the index in `folder`, and in which form the answer is printed.

    A page of what `request` finds, unless `every` is set, which wants all that it finds,
    `suggest`, what its query may become, `concordance`, its words in context, or `similar`, the id
    of a paragraph, what is like that, with `other_documents` not in its own.
    """

    folder: Path
    request: Request
    form: Form
    every: bool = False
    suggest: bool = False
    concordance: ConcordanceRequest | None = None
    similar: str = ""
    other_documents: bool = False


def read(argv: Sequence[str] | None) -> Settings:
    """Read the arguments; those that mean nothing end the program with a line that says why."""
    parser = argparse.ArgumentParser(
        prog="python -m search",
        description="Find paragraphs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_request(parser)
    _add_answer(parser)
    add_folder_option(parser, "--index")
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    if bool(given.query) == bool(given.similar):
        parser.error("one is required: query, or --similar with the id of a paragraph")
    _refuse_what_would_be_ignored(parser, given)
    return Settings(
        given.index,
        _request(given),
        "csv" if given.csv else "json" if given.json else "text",
        every=given.all or given.csv,
        suggest=given.suggest,
        concordance=_concordance(given) if given.concordance else None,
        similar=_text(given.similar),
        other_documents=given.other_documents,
    )


_ANSWERS = ("suggest", "concordance", "similar", "csv", "all")
_OF_A_PAGE = ("explain", "facets", "group", "context")
_OF_A_SEARCH = ("filter", "sort", "scope", "match")


def _refuse_what_would_be_ignored(
    parser: argparse.ArgumentParser, given: argparse.Namespace
) -> None:
    def refuse(names: Sequence[str], reason: str) -> None:
        for name in names:
            if getattr(given, name) != parser.get_default(name):
                parser.error(f"--{name.replace('_', '-')} {reason}")

    if not given.similar:
        refuse(["other_documents"], "goes with --similar")
    if not given.concordance:
        refuse(["width"], "goes with --concordance")
    if given.csv:
        refuse(["json"], "does not go with --csv")
    chosen = next((name for name in _ANSWERS if getattr(given, name)), None)
    if chosen is None:
        return
    every = chosen in ("csv", "all")
    others = () if every else (name for name in _ANSWERS if name != chosen)
    ignored = (*others, *_OF_A_PAGE, *(() if every else _OF_A_SEARCH))
    refuse(ignored, f"does not go with --{chosen}")


def _request(given: argparse.Namespace) -> Request:
    return Request(
        _text(" ".join(given.query)),
        limit=given.limit,
        offset=given.offset,
        budget_ms=given.budget_ms,
        filters=tuple(map(_text, given.filter)),
        facets=given.facets,
        sort=given.sort,
        group=given.group,
        scope=given.scope,
        match=given.match,
        context=given.context,
        explain=given.explain,
    )


def _concordance(given: argparse.Namespace) -> ConcordanceRequest:
    return ConcordanceRequest(
        _text(" ".join(given.query)),
        width=given.width,
        sort=given.concordance,
        limit=given.limit,
        offset=given.offset,
        budget_ms=given.budget_ms,
    )


def _add_request(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("query", nargs="*", help="words, in quotes; behind -- where they begin with -")
    add(
        "--limit",
        type=_whole(0, MAX_LIMIT),
        default=10,
        metavar="N",
        help=f"how many to show, 0 to {MAX_LIMIT} (%(default)s)",
    )
    add(
        "--offset",
        type=_whole(0, MAX_OFFSET),
        default=0,
        metavar="N",
        help="how many to pass over (%(default)s)",
    )
    add(
        "--budget-ms",
        type=_whole(1, MAX_BUDGET_MS),
        default=BUDGET_MS,
        metavar="N",
        help="after how many milliseconds the search ends (%(default)s)",
    )
    add(
        "--filter",
        action="append",
        default=[],
        metavar="FIELD:VALUE",
        help="narrow the search, as type:text, year:2022 or -folder:old; may be repeated",
    )
    add(
        "--facets",
        type=_facets,
        default=(),
        metavar="NAMES",
        help=f"count what is found by some of {','.join(FACETS)}",
    )
    add("--sort", choices=SORTS, default="score", help="the order (%(default)s)")
    add("--group", choices=GROUPINGS, default="none", help="group by document (%(default)s)")
    add(
        "--scope",
        choices=SCOPES,
        default="paragraph",
        help="where all the words must stand: in one paragraph, or anywhere in a document",
    )
    add(
        "--match",
        choices=MATCHES,
        default="auto",
        help="whether all the words are wanted, any, or any where nothing has all (%(default)s)",
    )
    add(
        "--context",
        type=_whole(0, MAX_CONTEXT),
        default=0,
        metavar="N",
        help=f"how many paragraphs to show on either side, 0 to {MAX_CONTEXT} (%(default)s)",
    )
    add("--explain", action="store_true", help="show the parts of each score")


def _add_answer(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--json", action="store_true", help="print what the JSON API answers")
    add("--csv", action="store_true", help="all that is found, as a table")
    add("--all", action="store_true", help="all that is found, with --json by line")
    add("--suggest", action="store_true", help="what the words may become, not what they find")
    add(
        "--concordance",
        choices=ORDERS,
        metavar="ORDER",
        help=f"show each occurrence in its context, in this order: {', '.join(ORDERS)}",
    )
    add(
        "--width",
        type=_whole(0, MAX_WIDTH),
        default=WIDTH,
        metavar="N",
        help=f"characters on either side in a concordance, 0 to {MAX_WIDTH} (%(default)s)",
    )
    add(
        "--similar",
        default="",
        metavar="ID",
        help="find what says the same as a paragraph, or is similar",
    )
    add(
        "--other-documents",
        action="store_true",
        help="with --similar: not in its own document",
    )


def _text(argument: str) -> str:
    """Give an argument as text: bytes that are none become question marks."""
    return argument.encode(errors="replace").decode()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) <= 10 and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"a number from {low} to {high} is wanted, not {text!r}")

    return number


def _facets(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    if set(names) <= set(FACETS):
        return names
    raise argparse.ArgumentTypeError(f"some of {','.join(FACETS)} are wanted, not {text!r}")
