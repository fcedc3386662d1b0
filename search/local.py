"""The engine over an index in a folder of this machine."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from whoosh import query as trees

from index import storage
from index.errors import IndexFault, NoIndex
from index.snapshot import Snapshot
from search import filters, highlight, near, order, relax, spelling, variants
from search import suggest as completing
from search.across import across, shown
from search.budget import Budget
from search.concordance import concordance
from search.engine import (
    MAX_CONTEXT,
    Completion,
    Concordance,
    ConcordanceRequest,
    DocumentList,
    DocumentView,
    Facet,
    Found,
    Group,
    Hit,
    Page,
    ParagraphView,
    Request,
    Scope,
    Similar,
    Sort,
    Span,
    Status,
    Suggestion,
)
from search.errors import Unavailable, Unusable
from search.execute import Answer, execute
from search.explain import Explainer
from search.facets import facets
from search.filters import Filter
from search.query import Query, parse, unquoted
from search.similar import similar
from search.where import documents_of

REFRESH = 0.25
"""How often, in seconds, the folder is asked for a new generation."""


@dataclass(frozen=True, slots=True)
class _Result:
    """An answer; its paragraphs are scored and marked by the tree of `shown`.

    `missed` is the query of which nothing had all.
    """

    query: Query
    answer: Answer
    shown: Query
    scope: Scope
    unnarrowed: trees.Query  # by filters
    tree: trees.Query
    left_out: int = 0  # documents that have no date
    missed: Query | None = None

    @property
    def relaxed(self) -> bool:
        return self.missed is not None

    @property
    def total(self) -> int:
        return self.answer.total or 0

    @property
    def warnings(self) -> tuple[str, ...]:
        relaxed = (relax.said(self.missed.tree, self.scope),) if self.missed else ()
        undated = (_undated(self.left_out),) if self.left_out else ()
        return (*self.query.warnings, *relaxed, *undated, *self.answer.warnings)


class Local:
    """An `engine.Engine` over one index. It follows the commits; any thread may use it.

    Budgets of time are by a `clock` in seconds.
    """

    def __init__(
        self, folder: str | PathLike[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = Path(folder)
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._seen: tuple[int, ...] = ()
        self._fault = ""
        self._checked = float("-inf")
        self._refreshing = threading.Lock()

    # The methods of Engine, which documents them.

    def search(self, request: Request) -> Page:  # noqa: D102
        began = time.perf_counter()
        snapshot = self._current()
        asked = _Asked.of(request, self._clock)
        is_ranked = _is_ranked(request) or asked.scope == "document"
        last = request.offset + request.limit if is_ranked and request.limit else 0
        result = _search(snapshot, asked, request.match, last)
        answer, total = result.answer, result.total
        is_grouped = request.group == "document" and asked.scope == "paragraph"
        # To mark may take as long again: what was found late is marked all the same.
        layout = _Hits(snapshot, result, request, Budget(request.budget_ms, self._clock))
        groups = _groups(snapshot, result, request, layout) if is_grouped else ()
        scored = [] if is_grouped else _scored(snapshot, result, request)
        hits = layout.ranked(scored, request.offset + 1)
        suggestions = _suggestions(snapshot, asked, result, request.offset)
        counted = _facets(snapshot, asked, result, request)
        caution = (snapshot.caution,) if snapshot.caution else ()
        return Page(
            query=request.query,
            interpreted=result.query.interpreted,
            warnings=(*result.warnings, *layout.warnings, *caution),
            total=total,
            documents=answer.documents or 0,
            limit=request.limit,
            offset=request.offset,
            took_ms=(time.perf_counter() - began) * 1000,
            partial=answer.partial,
            relaxed=result.relaxed,
            generation=snapshot.generation,
            built_at=snapshot.built_at,
            suggestions=suggestions,
            hits=hits,
            facets=counted,
            groups=groups,
        )

    def documents(self, limit: int, offset: int) -> DocumentList:  # noqa: D102
        snapshot = self._current()
        return DocumentList(snapshot.document_count, tuple(snapshot.infos(limit, offset)))

    def document(self, id: str, query: str = "") -> DocumentView | None:  # noqa: D102
        snapshot = self._current()
        place = snapshot.find(id)
        if place is None:
            return None
        segment, number = place
        document = segment.data.stored(number)
        spans: list[tuple[Span, ...]] = [()] * len(document.paragraphs)
        asked = _Asked.of(Request(query), self._clock)
        result = _search(snapshot, asked, "auto", 0)
        first = segment.base + segment.data.span(number).start
        among = np.zeros(snapshot.ordinal_count, np.bool_)
        among[first : first + len(spans)] = True
        tree, marker = result.query.tree, highlight.Marker(result.query.tree)
        found = execute(snapshot, tree, len(spans), count=False, among=among, budget=asked.budget)
        for i in (found.ordinals - first).tolist():
            spans[i] = marker.matches(document.paragraphs[i].text)
        return DocumentView(
            info=document.info,
            paragraphs=document.paragraphs,
            matches=tuple(spans),
            html=tuple(
                highlight.marked(paragraph.text, marks)
                for paragraph, marks in zip(document.paragraphs, spans, strict=True)
            ),
        )

    def paragraph(self, id: str, context: int = MAX_CONTEXT) -> ParagraphView | None:  # noqa: D102
        snapshot = self._current()
        ordinal = _ordinal(snapshot, id)
        if ordinal is None:
            return None
        info, before, paragraph, after = snapshot.paragraph(ordinal, context)
        return ParagraphView(info, paragraph, before, after)

    def status(self) -> Status:  # noqa: D102
        snapshot = self._current()
        return Status(
            generation=snapshot.generation,
            built_at=snapshot.built_at,
            documents=snapshot.document_count,
            paragraphs=snapshot.paragraph_count,
        )

    def export(self, request: Request) -> Iterator[Found]:  # noqa: D102
        snapshot = self._current()
        asked = _Asked.of(request, self._clock)
        result = _search(snapshot, asked, request.match, snapshot.ordinal_count)
        by = request.sort if asked.scope == "paragraph" else "score"  # as pages have it
        ordinals, scores = order.in_order(snapshot, result.answer, by)
        return (
            _found(snapshot, rank, int(ordinal), float(score))
            for rank, (ordinal, score) in enumerate(zip(ordinals, scores, strict=True), 1)
        )

    def suggest(self, text: str, limit: int = 8) -> tuple[Completion, ...]:  # noqa: D102
        return completing.suggest(self._current(), text, limit)

    def similar(  # noqa: D102
        self, id: str, limit: int = 20, other_documents: bool = False
    ) -> Similar | None:
        snapshot = self._current()
        ordinal = _ordinal(snapshot, id)
        if ordinal is None:
            return None
        document, _, paragraph, _ = snapshot.paragraph(ordinal)
        return Similar(document, paragraph, similar(snapshot, ordinal, limit, other_documents))

    def concordance(self, request: ConcordanceRequest) -> Concordance:  # noqa: D102
        began = time.perf_counter()
        snapshot, parsed = self._current(), parse(request.query)
        budget = Budget(request.budget_ms, self._clock)
        found = concordance(snapshot, parsed.tree, request, budget)
        return Concordance(
            request=request,
            interpreted=parsed.interpreted,
            warnings=(*parsed.warnings, *found.warnings),
            total=found.total,
            took_ms=(time.perf_counter() - began) * 1000,
            partial=found.partial,
            generation=snapshot.generation,
            built_at=snapshot.built_at,
            lines=tuple(found.lines),
        )

    # Following the commits.

    def _current(self) -> Snapshot:
        """Give the newest generation. One thread looks for it, the others go on meanwhile."""
        snapshot = self._snapshot
        if snapshot and time.monotonic() - self._checked < REFRESH:
            return snapshot
        if not self._refreshing.acquire(blocking=snapshot is None):
            return snapshot  # type: ignore[return-value]  # it blocks where there is none
        try:
            return self._refreshed()
        except IndexFault as error:
            self._snapshot = None
            unavailable = Unavailable if isinstance(error, NoIndex) else Unusable
            raise unavailable(str(error)) from error
        finally:
            self._checked = time.monotonic()
            self._refreshing.release()

    def _refreshed(self) -> Snapshot:
        try:
            seen = storage.fingerprint(self._folder)
            if self._snapshot is None or seen != self._seen:
                self._snapshot = Snapshot.open(self._folder, self._snapshot)
                self._seen = seen
        except NoIndex:
            raise
        except IndexFault as error:
            if self._snapshot is None:
                raise
            if self._fault != str(error):  # it is tried again, and told once
                print(f"search: still serving the older index: {error}", file=sys.stderr)
            self._fault = str(error)
        return self._snapshot


class _Asked(NamedTuple):
    """A question but for what is to be matched of it."""

    text: str
    scope: Scope
    sort: Sort
    narrowing: Sequence[Filter]
    budget: Budget

    @classmethod
    def of(cls, request: Request, clock: Callable[[], float]) -> "_Asked":
        """Read the filters of a request, and begin to count its time. Raises BadFilter."""
        narrowing = filters.read(request.filters)
        budget = Budget(request.budget_ms, clock)
        return cls(request.query, request.scope, request.sort, narrowing, budget)


def _search(snapshot: Snapshot, asked: _Asked, match: str, k: int) -> _Result:
    result = _read(snapshot, asked, k, relaxed=match == "any")
    nothing = not (result.total or result.answer.partial)
    if match == "auto" and result.query.relaxable and nothing:
        some = _read(snapshot, asked, k, relaxed=True)
        if some.total:
            return replace(some, missed=result.query)
    return result


def _read(snapshot: Snapshot, asked: _Asked, k: int, *, relaxed: bool) -> _Result:
    query = parse(asked.text, relaxed=relaxed)
    unnarrowed = query.tree if asked.text.strip() or not asked.narrowing else trees.Every()
    marked = query._replace(tree=unnarrowed)
    tree = filters.narrowed(unnarrowed, asked.narrowing)
    if asked.scope == "document":
        answer, marked = across(snapshot, tree, k, asked.budget), query._replace(tree=shown(tree))
    elif asked.sort == "score":
        answer = near.ranked(snapshot, tree, k, asked.budget)
    else:
        answer = execute(snapshot, tree, k, documents=True, budget=asked.budget)
    left_out = _left_out(snapshot, tree)
    return _Result(query, answer, marked, asked.scope, unnarrowed, tree, left_out)


def _facets(
    snapshot: Snapshot, asked: _Asked, result: _Result, request: Request
) -> tuple[Facet, ...]:
    if asked.scope == "document":
        return ()
    return facets(snapshot, result.unnarrowed, asked.narrowing, result.answer, request.facets)


def _left_out(snapshot: Snapshot, tree: trees.Query) -> int:
    """Count the documents that a tree leaves out for having no date."""
    lacking = filters.undated(tree)
    if lacking is None or documents_of(snapshot).are_dated:
        return 0
    return execute(snapshot, lacking, 0, documents=True).documents or 0


def _is_ranked(request: Request) -> bool:
    """Tell whether it asks for paragraphs by their scores."""
    asked = request.sort, request.group, request.scope
    return asked == ("score", "none", "paragraph")


def _undated(count: int) -> str:
    if count == 1:
        return "1 document that would match is left out, for it has no date"
    return f"{count:,} documents that would match are left out, for they have no date"


class _Hits:
    """Lays out the hits of an answer, as a request wants them."""

    def __init__(
        self, snapshot: Snapshot, result: _Result, request: Request, budget: Budget
    ) -> None:
        self._snapshot = snapshot
        self._context = request.context
        self._budget = budget
        self._marker = highlight.Marker(result.shown.tree, budget)
        self._explainer = None
        if request.explain:
            of_documents = result.scope == "document"
            self._explainer = Explainer(snapshot, result.shown.tree, of_documents)
        self._rescored = near.RESCORED if _is_ranked(request) else 0

    @property
    def warnings(self) -> tuple[str, ...]:
        if not self._marker.is_cut:
            return ()
        told = "what made them match is not marked everywhere"
        return (f"{self._budget.over()} at marking: {told}",)

    def ranked(self, found: order.Scored, first: int) -> tuple[Hit, ...]:
        """Give the hits of paragraphs in their order, ranked from `first` on."""
        return tuple(self._hit(rank, *each) for rank, each in enumerate(found, first))

    def _hit(self, rank: int, ordinal: int, score: float) -> Hit:
        document, before, paragraph, after = self._snapshot.paragraph(ordinal, self._context)
        spans = self._marker.matches(paragraph.text)
        explanation = None
        if self._explainer:
            explanation = self._explainer.explain(ordinal, rank <= self._rescored)
        return Hit(
            rank=rank,
            score=score,
            document=document,
            paragraph=paragraph,
            matches=spans,
            snippet_html=highlight.snippet(paragraph.text, spans),
            before=before,
            after=after,
            explanation=explanation,
        )


def _scored(snapshot: Snapshot, result: _Result, request: Request) -> order.Scored:
    """Give the ordinals that a page shows, with their scores."""
    answer = result.answer
    if request.sort != "score" and result.scope == "paragraph":
        return order.window(snapshot, result.tree, answer, request)
    shown = slice(request.offset, request.offset + request.limit)
    return list(zip(answer.ordinals[shown].tolist(), answer.scores[shown].tolist(), strict=True))


def _groups(
    snapshot: Snapshot, result: _Result, request: Request, layout: _Hits
) -> tuple[Group, ...]:
    found = order.grouped(snapshot, result.tree, result.answer, request)
    documents = documents_of(snapshot)
    return tuple(
        Group(rank, documents.info(each.document), each.total, layout.ranked(each.best, 1))
        for rank, each in enumerate(found, request.offset + 1)
    )


def _found(snapshot: Snapshot, rank: int, ordinal: int, score: float) -> Found:
    document, _, paragraph, _ = snapshot.paragraph(ordinal)
    return Found(rank, score, document, paragraph)


def _suggestions(
    snapshot: Snapshot, asked: _Asked, result: _Result, offset: int
) -> tuple[Suggestion, ...]:
    """Offer what else to try.

    Where nothing has all that was asked for, the same words in any form come before other words,
    and behind them the documents that have all the words, and the best some of the words.
    """
    respelt = () if offset or asked.narrowing else _respelt(snapshot, asked.text, result)
    if result.total and not result.relaxed:
        return respelt
    stemmed = _stemmed(snapshot, asked, result)
    some = (*_scattered(snapshot, asked, result), *_relaxed(snapshot, asked, result))
    # Totals that the end of the time cut short are too low.
    return respelt if asked.budget.cut else (*stemmed, *respelt, *some)


def _stemmed(snapshot: Snapshot, asked: _Asked, result: _Result) -> tuple[Suggestion, ...]:
    """Offer the same words in any of their forms."""
    words = unquoted(asked.text)
    if words == asked.text.strip() or not result.query.interpreted:
        return ()
    total = _search(snapshot, asked._replace(text=words), "all", 0).total
    return (Suggestion("stemmed", words, total, asked.scope),) if total else ()


def _scattered(snapshot: Snapshot, asked: _Asked, result: _Result) -> tuple[Suggestion, ...]:
    """Offer the documents that have all the words in different paragraphs."""
    tree = (result.missed or result.query).tree
    if asked.scope == "document" or len(relax.parts(tree).wanted) < 2:
        return ()
    narrowed = filters.narrowed(tree, asked.narrowing)
    total = across(snapshot, narrowed, 0, asked.budget).total
    return (Suggestion("relaxed", asked.text, total, "document"),) if total else ()


def _relaxed(snapshot: Snapshot, asked: _Asked, result: _Result) -> tuple[Suggestion, ...]:
    """Offer as many of the words as stand together, where nothing narrows."""
    query = result.missed or result.query
    if asked.scope == "document" or not query.relaxable or asked.narrowing:
        return ()
    found = relax.combinations(snapshot, query.tree, asked.budget)
    return tuple(Suggestion("relaxed", text, total) for text, total in found)


def _respelt(snapshot: Snapshot, text: str, result: _Result) -> tuple[Suggestion, ...]:
    """Offer what may have been meant, and other spellings of the words that are here."""
    total = 0 if result.relaxed else result.total
    corrected = spelling.corrected(snapshot, text, total)
    return (*((corrected,) if corrected else ()), *variants.offered(snapshot, text, total))


def _ordinal(snapshot: Snapshot, id: str) -> int | None:
    """Give the ordinal of the paragraph with that id."""
    document, _, number = id.rpartition(":")
    place = snapshot.find(document)
    if place is None or not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    segment, found = place
    span = segment.data.span(found)
    if int(number) >= len(span) or number != str(int(number)):
        return None
    return segment.base + span[int(number)]
