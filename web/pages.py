"""The pages for people."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

from bottle import HTTPResponse, SimpleTemplate, request

from index.model import Paragraph
from search import urls
from search.engine import (
    FACETS,
    GROUPINGS,
    MATCHES,
    ORDERS,
    SCOPES,
    SORTS,
    ConcordanceRequest,
    DocumentView,
    Engine,
    Line,
    Page,
    Request,
)
from search.errors import BadFilter
from web import assets, permalinks, responses
from web.errors import Problem, nothing_here, short, unknown_document
from web.examples import Examples
from web.parameters import chosen, every, first, page_number
from web.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"

CONTEXT = 2
"""How many neighbours a hit brings along, to be shown on demand."""

TICKS = 200
"""Into how many places the strip of a document is parted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph of a document's page.

    `hit` counts the paragraphs that match from 1, None for those that do not; `previous` and
    `next` are the numbers of the matching paragraphs before and after a matching one.
    """

    paragraph: Paragraph
    html: str
    address: str
    hit: int | None
    previous: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the strip of a document: where (0 to 1), which paragraph, of how many matches."""

    position: float
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Pages:
    """The answers of an engine as pages; a parameter that makes no sense is left out.

    `examples` gives for a generation of the index some queries worth trying.
    """

    engine: Engine
    settings: Settings
    examples: Callable[[int], Examples]

    def search(self) -> HTTPResponse:
        """Answer `/`: results where there is a query, the start page where there is none."""
        question = _asked()
        if not (question.query.strip() or question.filters):
            return self._start()
        size = self.settings.results
        number = page_number(request.query_string, size)
        asked, page = self._results(question, number)
        if number > (last := _pages(_shown(page, asked), size)):
            number = last
            asked, page = self._results(question, number)
        examples = {} if page.total else self.examples(page.generation)
        wider = replace(asked, filters=())
        return _page(
            "search",
            query=asked.query,
            asked=asked,
            page=page,
            wider=wider,
            in_wider=0 if page.total or not asked.filters else self._count(wider),
            examples=examples,
            **_paging(number, _shown(page, asked), size),
        )

    def _count(self, asked: Request) -> int:
        plain = replace(asked, limit=0, offset=0, facets=(), group="none", explain=False)
        return self.engine.search(plain).total

    def concordance(self) -> HTTPResponse:
        """Answer `/concordance`: every occurrence of a query's words in its context."""
        query, size = first(request.query_string, "q"), self.settings.documents
        asked = ConcordanceRequest(
            query, sort=chosen(request.query_string, "sort", ORDERS), limit=size
        )
        number = page_number(request.query_string, size)
        found = self.engine.concordance(replace(asked, offset=(number - 1) * size))
        if number > (last := _pages(found.total, size)):
            number = last
            found = self.engine.concordance(replace(asked, offset=(number - 1) * size))
        paging = _paging(number, found.total, size)
        return _page(
            "concordance",
            query=query,
            found=found,
            orders=ORDERS,
            beside=_beside,
            direction=_direction(found.lines),
            **paging,
        )

    def documents(self) -> HTTPResponse:
        """Answer `/documents`: what is indexed."""
        size = self.settings.documents
        number = page_number(request.query_string, size)
        total = self.engine.documents(0, 0).total
        number = min(number, _pages(total, size))
        found = self.engine.documents(size, (number - 1) * size)
        return _page("documents", found=found, **_paging(number, found.total, size))

    def document(self, id: str, anchor: str | None = None) -> HTTPResponse:
        """Answer `/documents/<id>` and `/documents/<id>/<anchor>`: a document, hits marked."""
        query = first(request.query_string, "q")
        view = self.engine.document(id, query)
        if view is None:
            raise unknown_document(id)
        landing = None
        if anchor is not None:
            landing = permalinks.follow(anchor, view.paragraphs)
            if landing is None:
                raise nothing_here()
            if landing.paragraph and landing.state == "moved":
                return responses.redirect(urls.paragraph(landing.paragraph, query))
        rows = _rows(view)
        hits = sum(row.hit is not None for row in rows)
        return _page(
            "document",
            query=query,
            info=view.info,
            rows=rows,
            hits=hits,
            landing=landing,
            ticks=_ticks(view),
        )

    def similar(self, id: str, anchor: str) -> HTTPResponse:
        """Answer `/documents/<id>/<anchor>/similar`: what says the same, or is similar."""
        view = self.engine.document(id)
        if view is None:
            raise unknown_document(id)
        landing = permalinks.follow(anchor, view.paragraphs)
        if landing is None or landing.paragraph is None:
            raise nothing_here()
        if landing.state != "there":
            return responses.redirect(urls.similar(landing.paragraph))
        others = first(request.query_string, "other_documents") == "1"
        found = self.engine.similar(landing.paragraph.id, self.settings.results, others)
        if found is None:  # a commit came in between
            raise nothing_here()
        return _page("similar", found=found, others=others)

    def help(self) -> HTTPResponse:
        """Answer `/help`: the query language, with examples from the index."""
        return _page("help", examples=self.examples(self.engine.status().generation))

    def _start(self) -> HTTPResponse:
        status = self.engine.status()
        return _page("start", status=status, examples=self.examples(status.generation))

    def _results(self, asked: Request, number: int) -> tuple[Request, Page]:
        """Search without filters that are none; give what was asked then, and say what was not."""
        size = self.settings.results
        offset = (number - 1) * size
        asked = replace(asked, limit=size, offset=offset, context=CONTEXT, facets=FACETS)
        left_out = _no_order(first(request.query_string, "sort"))
        while True:
            try:
                page = self.engine.search(asked)
                return asked, replace(page, warnings=(*left_out, *page.warnings))
            except BadFilter as error:
                left_out.append(f"{error}; it is left out")
                kept = tuple(each for each in asked.filters if each != error.filter)
                asked = replace(asked, filters=kept)


def _asked() -> Request:
    """Read what a page was asked; what makes no sense is as if it were not said."""
    said = request.query_string
    return Request(
        first(said, "q"),
        filters=every(said, "filter"),
        sort=chosen(said, "sort", SORTS),
        group=chosen(said, "group", GROUPINGS),
        match=chosen(said, "match", MATCHES),
        scope=chosen(said, "scope", SCOPES),
        explain=first(said, "explain") == "1",
    )


def _no_order(sort: str) -> list[str]:
    """Say of an order that is none that it is left out."""
    if not sort or sort in SORTS:
        return []
    return [f"'{short(sort)}' is no order: it is none of {', '.join(SORTS)}; it is left out"]


def _shown(page: Page, asked: Request) -> int:
    """Count what pages show: paragraphs, or documents where they are grouped."""
    is_grouped = asked.group == "document" and asked.scope == "paragraph"
    return page.documents if is_grouped else page.total


def problem(problem: Problem) -> HTTPResponse:
    """Answer with a problem, as a page that offers the search."""
    text = render("problem", problem=problem)
    return responses.html(text, problem.status, problem.headers)


def render(name: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    """Fill in a template of templates/."""
    text: str = _template(name).render(
        {
            "query": "",
            "asset": assets.address,
            "urls": urls,
            "count": count,
            "when": when,
            "short": short,
        },
        **values,
    )
    return text


def count(number: int, noun: str) -> str:
    """Put a number and its noun in words: `1 paragraph`, `1,204 paragraphs`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def when(time: str) -> str:
    """Put an ISO 8601 time in UTC in words: `22 November 2026, 19:42 UTC`."""
    moment = datetime.fromisoformat(time)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


@cache
def _template(name: str) -> SimpleTemplate:
    return SimpleTemplate(name=name, lookup=[str(TEMPLATES)])


def _page(name: str, **values: Any) -> HTTPResponse:  # noqa: ANN401 - a template takes anything
    return responses.html(render(name, **values))


def _pages(total: int, size: int) -> int:
    return max(1, -(-total // size))


def _paging(number: int, total: int, size: int) -> dict[str, int]:
    """Give a page's number, the number of pages, and the ranks it shows."""
    return {
        "number": number,
        "pages": _pages(total, size),
        "start": (number - 1) * size + 1,
        "end": min(number * size, total),
    }


def _beside(line: Line) -> tuple[str, str, str, str]:
    """Part what stands beside a keyword: the text before, punctuation on either side, the rest."""
    opening = re.search(r"[^\w\s]*$", line.left)
    closing = re.match(r"[^\w\s]*", line.right)
    before, behind = opening[0] if opening else "", closing[0] if closing else ""
    return line.left[: len(line.left) - len(before)], before, behind, line.right[len(behind) :]


def _direction(lines: Sequence[Line]) -> str:
    """Tell which way most keywords are read, as HTML names it, by their first letters."""
    firsts = [next(filter(str.isalpha, line.keyword), "") for line in lines]
    leftward = sum(bidirectional(char) in ("R", "AL") for char in firsts if char)
    return "rtl" if 2 * leftward > len(lines) else "ltr"


def _rows(view: DocumentView) -> list[Row]:
    """Give the paragraphs of a document, those that match linked in a ring."""
    hits = [each.number for each, spans in zip(view.paragraphs, view.matches, strict=True) if spans]
    ring = {
        number: (place + 1, hits[place - 1], hits[(place + 1) % len(hits)])
        for place, number in enumerate(hits)
    }
    return [
        Row(each, html, urls.paragraph(each), *ring.get(each.number, (None, None, None)))
        for each, html in zip(view.paragraphs, view.html, strict=True)
    ]


def _ticks(view: DocumentView) -> list[Tick]:
    """Give the marks of a strip, at most TICKS; each leads to the first of its matches."""
    places: dict[int, list[int]] = {}
    for number, position in view.positions:
        places.setdefault(int(position * TICKS), []).append(number)
    return [Tick(at / TICKS, numbers[0], len(numbers)) for at, numbers in places.items()]
