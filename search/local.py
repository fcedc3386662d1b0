"""The engine over an index in a folder of this machine."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from whoosh import query as trees

from index import storage
from index.errors import IndexFault, NoIndex
from index.snapshot import Snapshot
from search import filters, highlight, order, spelling, variants
from search import suggest as completing
from search.budget import Budget
from search.engine import (
    BUDGET_MS,
    MAX_CONTEXT,
    Completion,
    DocumentList,
    DocumentView,
    Found,
    Group,
    Hit,
    Page,
    ParagraphView,
    Request,
    Similar,
    Span,
    Status,
    Suggestion,
)
from search.errors import Unavailable, Unusable
from search.execute import Answer, execute
from search.facets import facets
from search.filters import Filter
from search.query import Query, parse, unquoted
from search.similar import similar
from search.where import documents_of

REFRESH = 0.25
"""How often, in seconds, the folder is asked for a new generation."""


@dataclass(frozen=True, slots=True)
class _Result:
    query: Query
    answer: Answer
    relaxed: bool
    unnarrowed: trees.Query  # by filters
    tree: trees.Query
    left_out: int = 0  # documents that have no date

    @property
    def total(self) -> int:
        return self.answer.total or 0

    @property
    def warnings(self) -> tuple[str, ...]:
        relaxed = ("no paragraph has all of this: these have some of it",) if self.relaxed else ()
        undated = (_undated(self.left_out),) if self.left_out else ()
        return (*self.query.warnings, *relaxed, *undated, *self.answer.warnings)


class Local:
    """An `engine.Engine` over one index. It follows the commits; any thread may use it.

    Budgets of time are by a `clock` in seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
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
        narrowing = filters.read(request.filters)
        is_ranked = request.sort == "score" and request.group == "none"
        last = request.offset + request.limit if is_ranked else 0
        budget = Budget(request.budget_ms, self._clock)
        result = _search(
            snapshot, request.query, request.match, last, narrowing=narrowing, budget=budget
        )
        answer, total = result.answer, result.total
        groups = _groups(snapshot, result, request) if request.group == "document" else ()
        hits = () if request.group == "document" else _hits(snapshot, result, request)
        short = result.relaxed or not total
        suggestions = (
            _suggestions(snapshot, request.query, result, narrowing, budget) if short else ()
        )
        if not (request.offset or narrowing):
            suggestions += _respelt(snapshot, request.query, 0 if result.relaxed else total)
        caution = (snapshot.caution,) if snapshot.caution else ()
        return Page(
            query=request.query,
            interpreted=result.query.interpreted,
            warnings=result.warnings + caution,
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
            facets=facets(snapshot, result.unnarrowed, narrowing, answer, request.facets),
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
        budget = Budget(BUDGET_MS, self._clock)
        result = _search(snapshot, query, "auto", 0, budget=budget)
        first = segment.base + segment.data.span(number).start
        among = np.zeros(snapshot.ordinal_count, np.bool_)
        among[first : first + len(spans)] = True
        tree = result.query.tree
        found = execute(snapshot, tree, len(spans), count=False, among=among, budget=budget)
        for i in (found.ordinals - first).tolist():
            spans[i] = highlight.matches(result.query.tree, document.paragraphs[i].text)
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
        narrowing = filters.read(request.filters)
        budget = Budget(request.budget_ms, self._clock)
        result = _search(
            snapshot, request.query, request.match, snapshot.ordinal_count,
            narrowing=narrowing, budget=budget,
        )  # fmt: skip
        ordinals, scores = order.in_order(snapshot, result.answer, request.sort)
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


def _search(  # noqa: PLR0913  # what is asked for, and within what
    snapshot: Snapshot,
    text: str,
    match: str,
    k: int,
    *,
    narrowing: Sequence[Filter] = (),
    budget: Budget,
) -> _Result:
    result = _read(snapshot, text, k, narrowing, budget, relaxed=match == "any")
    nothing = not (result.total or result.answer.partial)
    if match == "auto" and result.query.relaxable and nothing:
        some = _read(snapshot, text, k, narrowing, budget, relaxed=True)
        if some.total:
            return replace(some, relaxed=True)
    return result


def _read(  # noqa: PLR0913  # what is asked for, and within what
    snapshot: Snapshot,
    text: str,
    k: int,
    narrowing: Sequence[Filter],
    budget: Budget,
    *,
    relaxed: bool,
) -> _Result:
    query = parse(text, relaxed=relaxed)
    unnarrowed = query.tree if text.strip() or not narrowing else trees.Every()
    tree = filters.narrowed(unnarrowed, narrowing)
    answer = execute(snapshot, tree, k, documents=True, budget=budget)
    left_out = _left_out(snapshot, tree)
    return _Result(
        query, answer, relaxed=False, unnarrowed=unnarrowed, tree=tree, left_out=left_out
    )


def _left_out(snapshot: Snapshot, tree: trees.Query) -> int:
    """Count the documents that a tree leaves out for having no date."""
    lacking = filters.undated(tree)
    if lacking is None or documents_of(snapshot).are_dated:
        return 0
    return execute(snapshot, lacking, 0, documents=True).documents or 0


def _undated(count: int) -> str:
    if count == 1:
        return "1 document that would match is left out, for it has no date"
    return f"{count:,} documents that would match are left out, for they have no date"


def _hits(snapshot: Snapshot, result: _Result, request: Request) -> tuple[Hit, ...]:
    return tuple(
        _hit(snapshot, result, rank, scored, request.context)
        for rank, scored in enumerate(_scored(snapshot, result, request), request.offset + 1)
    )


def _scored(snapshot: Snapshot, result: _Result, request: Request) -> order.Scored:
    """Give the ordinals that a page shows, with their scores."""
    answer = result.answer
    if request.sort != "score":
        return order.window(snapshot, result.tree, answer, request)
    shown = slice(request.offset, request.offset + request.limit)
    return list(zip(answer.ordinals[shown].tolist(), answer.scores[shown].tolist(), strict=True))


def _groups(snapshot: Snapshot, result: _Result, request: Request) -> tuple[Group, ...]:
    found = order.grouped(snapshot, result.tree, result.answer, request)
    documents = documents_of(snapshot)
    return tuple(
        Group(
            rank=rank,
            document=documents.info(each.document),
            total=each.total,
            hits=tuple(
                _hit(snapshot, result, i, scored, request.context)
                for i, scored in enumerate(each.best, 1)
            ),
        )
        for rank, each in enumerate(found, request.offset + 1)
    )


def _found(snapshot: Snapshot, rank: int, ordinal: int, score: float) -> Found:
    document, _, paragraph, _ = snapshot.paragraph(ordinal)
    return Found(rank, score, document, paragraph)


def _hit(
    snapshot: Snapshot, result: _Result, rank: int, scored: tuple[int, float], context: int
) -> Hit:
    ordinal, score = scored
    document, before, paragraph, after = snapshot.paragraph(ordinal, context)
    spans = highlight.matches(result.query.tree, paragraph.text)
    return Hit(
        rank=rank,
        score=score,
        document=document,
        paragraph=paragraph,
        matches=spans,
        snippet_html=highlight.snippet(paragraph.text, spans),
        before=before,
        after=after,
    )


def _suggestions(
    snapshot: Snapshot, text: str, result: _Result, narrowing: Sequence[Filter], budget: Budget
) -> tuple[Suggestion, ...]:
    """Offer, where words as typed find nothing, the same words in any of their forms."""
    words = unquoted(text)
    if words == text.strip() or not result.query.interpreted:
        return ()
    total = _search(snapshot, words, "all", 0, narrowing=narrowing, budget=budget).total
    return (Suggestion("stemmed", words, total),) if total else ()


def _respelt(snapshot: Snapshot, text: str, total: int) -> tuple[Suggestion, ...]:
    """Offer what may have been meant, and other spellings of the words that are here."""
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
