"""The engine over an index in a folder of this machine."""

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import storage
from index.errors import IndexFault, NoIndex
from index.snapshot import Snapshot
from search import highlight
from search.engine import (
    MAX_CONTEXT,
    DocumentList,
    DocumentView,
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
from search.query import Query, parse, unquoted
from search.similar import similar

REFRESH = 0.25
"""How often, in seconds, the folder is asked for a new generation."""


@dataclass(frozen=True, slots=True)
class _Result:
    query: Query
    answer: Answer
    relaxed: bool

    @property
    def total(self) -> int:
        return self.answer.total or 0

    @property
    def warnings(self) -> tuple[str, ...]:
        relaxed = ("no paragraph has all of this: these have some of it",) if self.relaxed else ()
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
        result = _search(snapshot, request.query, request.match, last)
        answer, total = result.answer, result.total
        shown = range(min(request.offset, total), min(last, total))
        hits = tuple(_hit(snapshot, result, rank, request.context) for rank in shown)
        short = result.relaxed or not total
        suggestions = _suggestions(snapshot, request.query, result) if short else ()
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


def _search(snapshot: Snapshot, text: str, match: str, k: int) -> _Result:
    query = parse(text, relaxed=match == "any")
    answer = execute(snapshot, query.tree, k, documents=True)
    if match == "auto" and query.relaxable and not answer.total:
        relaxed = parse(text, relaxed=True)
        some = execute(snapshot, relaxed.tree, k, documents=True)
        if some.total:
            return _Result(relaxed, some, relaxed=True)
    return _Result(query, answer, relaxed=False)


def _hit(snapshot: Snapshot, result: _Result, index: int, context: int) -> Hit:
    document, before, paragraph, after = snapshot.paragraph(
        int(result.answer.ordinals[index]), context
    )
    spans = highlight.matches(result.query.tree, paragraph.text)
    return Hit(
        rank=index + 1,
        score=float(result.answer.scores[index]),
        document=document,
        paragraph=paragraph,
        matches=spans,
        snippet_html=highlight.snippet(paragraph.text, spans),
        before=before,
        after=after,
    )


def _suggestions(snapshot: Snapshot, text: str, result: _Result) -> tuple[Suggestion, ...]:
    """Offer, where words as typed find nothing, the same words in any of their forms."""
    words = unquoted(text)
    if words == text.strip() or not result.query.interpreted:
        return ()
    total = _search(snapshot, words, "all", 0).total
    return (Suggestion("stemmed", words, total),) if total else ()


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
