"""Answers as a terminal shows them: text for people, and the objects of the JSON API."""

import json
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper

from rich.console import Console
from rich.text import Text

from index.model import Paragraph
from search import export
from search.engine import (
    Completion,
    Concordance,
    Explanation,
    Found,
    Hit,
    Line,
    Page,
    Similar,
    SimilarHit,
    Suggestion,
)
from search.objects import Object
from search.settings import Form

_CONTROLS = {
    code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
}
_MARK = "bold yellow"
_JOINED = {"sum": " = sum of", "best": " = best of", "product": " = product of"}


def console() -> Console:
    """Open the output; characters that it cannot show are written as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(emoji=False, highlight=False, markup=False, soft_wrap=True)


def hush() -> None:
    """Let what is still to be printed go nowhere: its reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def print_object(console: Console, answer: Object) -> None:
    """Print what the JSON API answers."""
    console.out(json.dumps(answer, ensure_ascii=_ascii_only(console), indent=2))


def print_page(console: Console, page: Page) -> None:
    """Print hits or groups with their words marked, counts, and what to try."""
    _print_warnings(console, page.warnings)
    _print_hits(console, page.hits)
    for group in page.groups:
        found = f"{group.rank}. {group.document.title} · {_count(group.total, 'paragraph')}"
        console.print(_shown(found), style="bold", end="\n\n")
        _print_hits(console, group.hits)
    for facet in page.facets:
        values = ", ".join(f"{each.label} ({each.count:,})" for each in facet.values)
        more = f" and {facet.more:,} more" if facet.more else ""
        console.print(_shown(f"{facet.name}: {values or 'none'}{more}"))
    console.print(_counts(page), style="dim")
    for suggestion in page.suggestions:
        console.print(_shown(_offer(suggestion)))


def print_every(console: Console, found: Iterator[Found], query: str, form: Form) -> None:
    """Print all that is found as it is read."""
    if form == "text":
        for each in found:
            console.print(_heading(each))
            console.print(Text(_shown(each.paragraph.text)), end="\n\n")
        return
    lines = (
        export.table(found, query)
        if form == "csv"
        else export.json_lines(found, query, _ascii_only(console))
    )
    for line in lines:
        print(line, end="")


def print_completions(console: Console, completions: tuple[Completion, ...]) -> None:
    """Print what a query may become, a line each."""
    for each in completions:
        console.print(_shown(f"{each.text} ({each.kind}, {_count(each.total, 'paragraph')})"))


def print_concordance(console: Console, found: Concordance) -> None:
    """Print occurrences with the keywords under each other."""
    _print_warnings(console, found.warnings)
    for line in found.lines:
        console.print(_in_context(line, found.request.width))
    console.print(f"{_count(found.total, 'occurrence')}, {found.took_ms:.1f} ms", style="dim")


def print_similar(console: Console, found: Similar) -> None:
    """Print a paragraph and what is like it."""
    console.print(_shown(found.paragraph.text), style="italic", end="\n\n")
    for each in found.hits:
        console.print(_heading(each.hit))
        if each.kind == "similar":
            console.print(_marked(each.hit), end="\n\n")
        else:
            _print_same(console, found.paragraph.text, each)
    if not found.hits:
        console.print("Nothing is like it.", style="dim")


def _print_same(console: Console, here: str, found: SimilarHit) -> None:
    """Print the passages of both texts, each with its differences marked."""
    console.print(f"the same, {found.hit.score:.0%} of the words in common", style="dim")
    ours, others = Text(_shown(here)), Text(_shown(found.hit.paragraph.text))
    for text, spans in ((ours, found.differences.here), (others, found.differences.there)):
        for span in spans:
            text.stylize(_MARK, span.start, span.end)
    for passage in found.passages:
        console.print(Text.assemble("  here: ", ours[passage.here.start : passage.here.end]))
        console.print(Text.assemble(" there: ", others[passage.there.start : passage.there.end]))
    console.print()


def _print_warnings(console: Console, warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        console.print(_shown(f"note: {warning}"), style="dim")


def _print_hits(console: Console, hits: tuple[Hit, ...]) -> None:
    for hit in hits:
        console.print(_heading(hit))
        _print_beside(console, hit.before)
        console.print(_marked(hit), end="\n\n")
        _print_beside(console, hit.after)
        if hit.explanation:
            console.print("\n".join(_parts(hit.explanation)), style="dim", end="\n\n")


def _print_beside(console: Console, paragraphs: tuple[Paragraph, ...]) -> None:
    for paragraph in paragraphs:
        console.print(Text(_shown(paragraph.text)), style="dim", end="\n\n")


def _parts(explanation: Explanation, depth: int = 1) -> list[str]:
    joined = _JOINED.get(explanation.how, "") if explanation.parts else ""
    line = f"{'  ' * depth}{explanation.value:.6g} {_shown(explanation.text)}{joined}"
    return [line, *(each for part in explanation.parts for each in _parts(part, depth + 1))]


def _in_context(line: Line, width: int) -> Text:
    left, keyword, right = (
        _shown(" ".join(part.split())) for part in (line.left, line.keyword, line.right)
    )
    space = " " if line.right[:1].isspace() else ""
    before = f"{left} " if line.left[-1:].isspace() else left
    return Text.assemble(
        before.rjust(width + 1),
        (keyword, _MARK),
        f"{space}{right}  ",
        (_shown(line.paragraph.id), "dim"),
    )


def _offer(suggestion: Suggestion) -> str:
    scope = " --scope document" if suggestion.scope == "document" else ""
    return f"try: {suggestion.text}{scope} ({suggestion.total})"


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
        text.stylize(_MARK, span.start, span.end)
    return text


def _counts(page: Page) -> str:
    if not page.total:
        return "No paragraph matches."
    found = f"{_count(page.total, 'paragraph')} in {_count(page.documents, 'document')}"
    return f"{found}, {page.took_ms:.1f} ms"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _ascii_only(console: Console) -> bool:
    return console.encoding != "utf-8"


def _shown(text: str) -> str:
    """Take the control characters out of a text, which would steer the terminal."""
    return text.translate(_CONTROLS)
