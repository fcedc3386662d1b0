"""The engine over an index in a folder of this machine."""

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index import storage
from index.errors import IndexFault, NoIndex
from index.snapshot import Snapshot
from search import highlight, relax
from search.across import across, shown
from search.concordance import concordance
from search.engine import (
    MAX_CONTEXT,
    WIDTH,
    Concordance,
    DocumentList,
    DocumentView,
    Hit,
    Order,
    Page,
    ParagraphView,
    Request,
    Scope,
    Span,
    Status,
    Suggestion,
)
from search.errors import Unavailable, Unusable
from search.execute import Answer, execute
from search.explain import Explainer
from search.query import Query, parse, unquoted

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
        return (*self.query.warnings, *relaxed, *self.answer.warnings)


class Local:
    """An `engine.Engine` over one index. It follows the commits; any thread may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._snapshot: Snapshot | None = None
        self._seen: tuple[int, ...] = ()
        self._fault = ""
        self._checked = float("-inf")
        self._refreshing = threading.Lock()

    # The methods of Engine, which documents them.

    def search(self, request: Request) -> Page:  # noqa: D102
        began = time.perf_counter()
        snapshot = self._current()
        last = request.offset + request.limit
        result = _search(snapshot, request.query, request.match, last, request.scope)
        answer, total = result.answer, result.total
        ranks = range(min(request.offset, total), min(last, total))
        explainer = Explainer(snapshot, result.shown.tree) if request.explain else None
        hits = tuple(_hit(snapshot, result, rank, request.context, explainer) for rank in ranks)
        short = result.relaxed or not total
        suggestions = _suggestions(snapshot, request, result) if short else ()
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
            partial=False,
            relaxed=result.relaxed,
            generation=snapshot.generation,
            built_at=snapshot.built_at,
            suggestions=suggestions,
            hits=hits,
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
        result = _search(snapshot, query, "auto", 0)
        first = segment.base + segment.data.span(number).start
        among = np.zeros(snapshot.ordinal_count, np.bool_)
        among[first : first + len(spans)] = True
        tree = result.query.tree
        inside = execute(snapshot, tree, len(spans), count=False, among=among).ordinals - first
        for i in inside.tolist():
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
        document, _, number = id.rpartition(":")
        place = snapshot.find(document)
        if place is None or not (number.isascii() and number.isdecimal() and len(number) < 10):
            return None
        segment, found = place
        span = segment.data.span(found)
        if int(number) >= len(span) or number != str(int(number)):
            return None
        info, before, paragraph, after = snapshot.paragraph(
            segment.base + span[int(number)], context
        )
        return ParagraphView(info, paragraph, before, after)

    def status(self) -> Status:  # noqa: D102
        snapshot = self._current()
        return Status(
            generation=snapshot.generation,
            built_at=snapshot.built_at,
            documents=snapshot.document_count,
            paragraphs=snapshot.paragraph_count,
        )

    def concordance(  # noqa: D102  # Engine documents it
        self,
        query: str,
        width: int = WIDTH,
        sort: Order = "document",
        limit: int = 20,
        offset: int = 0,
    ) -> Concordance:
        began = time.perf_counter()
        snapshot, parsed = self._current(), parse(query)
        found = concordance(
            snapshot, parsed.tree, width=width, sort=sort, limit=limit, offset=offset
        )
        return Concordance(
            query=query,
            interpreted=parsed.interpreted,
            warnings=(*parsed.warnings, *found.warnings),
            total=found.total,
            width=width,
            sort=sort,
            limit=limit,
            offset=offset,
            took_ms=(time.perf_counter() - began) * 1000,
            partial=found.partial,
            generation=snapshot.generation,
            built_at=snapshot.built_at,
            lines=tuple(found.lines),
        )

    def all(self, request: Request) -> Iterator[Hit]:
        """Give every hit of a request, `limit` and `offset` aside, one after the other.

        All are of the generation that is there when the first is asked for. Between two of them
        nothing is kept but the ordinals and scores: 16 bytes a hit.
        """
        snapshot = self._current()
        everything = snapshot.ordinal_count
        result = _search(snapshot, request.query, request.match, everything, request.scope)
        explainer = Explainer(snapshot, result.shown.tree) if request.explain else None
        for rank in range(result.total):
            yield _hit(snapshot, result, rank, request.context, explainer)

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


def _search(
    snapshot: Snapshot, text: str, match: str, k: int, scope: Scope = "paragraph"
) -> _Result:
    query = parse(text, relaxed=match == "any")
    result = _answered(snapshot, query, k, scope)
    if match == "auto" and query.relaxable and not result.total:
        some = _answered(snapshot, parse(text, relaxed=True), k, scope)
        if some.total:
            return replace(some, missed=query)
    return result


def _answered(snapshot: Snapshot, query: Query, k: int, scope: Scope) -> _Result:
    if scope == "document":
        marked = query._replace(tree=shown(query.tree))
        return _Result(query, across(snapshot, query.tree, k), marked, scope)
    return _Result(query, execute(snapshot, query.tree, k, documents=True), query, scope)


def _hit(
    snapshot: Snapshot, result: _Result, index: int, context: int, explainer: Explainer | None
) -> Hit:
    ordinal = int(result.answer.ordinals[index])
    document, before, paragraph, after = snapshot.paragraph(ordinal, context)
    spans = highlight.matches(result.shown.tree, paragraph.text)
    return Hit(
        rank=index + 1,
        score=float(result.answer.scores[index]),
        document=document,
        paragraph=paragraph,
        matches=spans,
        snippet_html=highlight.snippet(paragraph.text, spans),
        before=before,
        after=after,
        explanation=explainer.explain(ordinal) if explainer else None,
    )


def _suggestions(snapshot: Snapshot, request: Request, result: _Result) -> tuple[Suggestion, ...]:
    """Offer, where words as typed find nothing, what finds some of them or in other forms."""
    return (
        *_stemmed(snapshot, request.query, result),
        *_scattered(snapshot, request, result),
        *_relaxed(snapshot, request, result),
    )


def _stemmed(snapshot: Snapshot, text: str, result: _Result) -> tuple[Suggestion, ...]:
    """Offer the same words in any of their forms."""
    words = unquoted(text)
    if words == text.strip() or not result.query.interpreted:
        return ()
    total = _search(snapshot, words, "all", 0).total
    return (Suggestion("stemmed", words, total),) if total else ()


def _scattered(snapshot: Snapshot, request: Request, result: _Result) -> tuple[Suggestion, ...]:
    """Offer the documents that have all the words in different paragraphs."""
    tree = (result.missed or result.query).tree
    if request.scope == "document" or len(relax.parts(tree).wanted) < 2:
        return ()
    total = across(snapshot, tree, 0).total
    return (Suggestion("relaxed", request.query, total, "document"),) if total else ()


def _relaxed(snapshot: Snapshot, request: Request, result: _Result) -> tuple[Suggestion, ...]:
    """Offer as many of the words as stand together."""
    query = result.missed or result.query
    if request.scope == "document" or not query.relaxable:
        return ()
    found = relax.combinations(snapshot, query.tree)
    return tuple(Suggestion("relaxed", text, total) for text, total in found)
