"""An engine of a few lines over texts in memory, for tests of what stands in front of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from index.model import DocumentInfo, Kind, Paragraph
from search.engine import (
    MAX_CONTEXT,
    MAX_LIMIT,
    WIDTH,
    Completion,
    Concordance,
    Differences,
    DocumentList,
    DocumentView,
    Explanation,
    Facet,
    Found,
    Group,
    Hit,
    Line,
    Order,
    Page,
    ParagraphView,
    Passage,
    Request,
    Similar,
    SimilarHit,
    Span,
    Status,
    Suggestion,
)
from search.errors import BadFilter

BUILT_AT = "2026-11-22T19:42:00Z"


@dataclass
class FakeEngine:
    """Finds the words of a query as they stand; a text is a title and its paragraphs.

    A paragraph that ends in a question mark is a heading. What an engine may say about a query
    is said of every query.
    """

    texts: Mapping[str, Sequence[str]]
    warnings: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    relaxed: bool = False
    partial: bool = False
    asked: list[Request] = field(default_factory=list)
    facets: tuple[Facet, ...] = ()

    def search(self, request: Request) -> Page:
        self.asked.append(request)
        _refuse_bad(request)
        words = re.findall(r"\w+", request.query.casefold())
        everything = [p for document in sorted(self.texts) for p in self._paragraphs(document)]
        found = [p for p in everything if words and all(_spans(p.text, [w]) for w in words)]
        window = found[request.offset : request.offset + request.limit]
        hits = [
            self._hit(p, words, rank, request.context)
            for rank, p in enumerate(window, request.offset + 1)
        ]
        if request.explain:
            hits = [
                replace(hit, explanation=Explanation(f"rank <{hit.rank}>", hit.score, "number", ()))
                for hit in hits
            ]
        return Page(
            query=request.query,
            interpreted=" AND ".join(request.query.split()),
            warnings=self.warnings,
            total=len(found),
            documents=len({p.document for p in found}),
            limit=request.limit,
            offset=request.offset,
            took_ms=0.1234,
            partial=self.partial,
            relaxed=self.relaxed,
            generation=7,
            built_at=BUILT_AT,
            suggestions=self.suggestions,
            hits=() if request.group == "document" else tuple(hits),
            facets=tuple(each for each in self.facets if each.name in request.facets),
            groups=self._groups(found, words)[request.offset : request.offset + request.limit]
            if request.group == "document"
            else (),
        )

    def export(self, request: Request) -> Iterator[Found]:
        page = self.search(replace(request, limit=MAX_LIMIT, offset=0, group="none"))
        return (Found(h.rank, h.score, h.document, h.paragraph) for h in page.hits)

    def _groups(self, found: list[Paragraph], words: list[str]) -> tuple[Group, ...]:
        own = {name: [p for p in found if p.document == name] for name in sorted(self.texts)}
        own = {name: paragraphs for name, paragraphs in own.items() if paragraphs}
        return tuple(
            Group(
                rank,
                self._info(name),
                len(paragraphs),
                tuple(self._hit(p, words, i, 0) for i, p in enumerate(paragraphs[:3], 1)),
            )
            for rank, (name, paragraphs) in enumerate(own.items(), 1)
        )

    def documents(self, limit: int, offset: int) -> DocumentList:
        ids = sorted(self.texts)[offset : offset + limit]
        return DocumentList(len(self.texts), tuple(map(self._info, ids)))

    def document(self, id: str, query: str = "") -> DocumentView | None:
        if id not in self.texts:
            return None
        words = re.findall(r"\w+", query.casefold())
        paragraphs = self._paragraphs(id)
        matches = tuple(_spans(p.text, words) for p in paragraphs)
        html = tuple(_mark(p.text, spans) for p, spans in zip(paragraphs, matches, strict=True))
        return DocumentView(self._info(id), tuple(paragraphs), matches, html)

    def paragraph(self, id: str, context: int = MAX_CONTEXT) -> ParagraphView | None:
        document, _, number = id.rpartition(":")
        if document not in self.texts or not number.isdecimal():
            return None
        paragraphs, n = self._paragraphs(document), int(number)
        if n >= len(paragraphs):
            return None
        before, after = _around(paragraphs, n, context)
        return ParagraphView(self._info(document), paragraphs[n], before, after)

    def similar(self, id: str, limit: int = 20, other_documents: bool = False) -> Similar | None:
        """Find the paragraphs that have a word of it; the same are those of the same text."""
        view = self.paragraph(id)
        if view is None:
            return None
        words = re.findall(r"\w+", view.paragraph.text.casefold())
        found = [
            p
            for document in sorted(self.texts)
            for p in self._paragraphs(document)
            if p.id != id and not (other_documents and document == view.paragraph.document)
            if _spans(p.text, words)
        ]
        found.sort(key=lambda p: p.text.casefold() != view.paragraph.text.casefold())
        hits = [
            self._similar_hit(view.paragraph, p, words, i) for i, p in enumerate(found[:limit], 1)
        ]
        return Similar(view.document, view.paragraph, tuple(hits))

    def _similar_hit(
        self, asked: Paragraph, found: Paragraph, words: list[str], rank: int
    ) -> SimilarHit:
        hit, none = self._hit(found, words, rank, 0), Differences((), ())
        if asked.text.casefold() != found.text.casefold():
            return SimilarHit(hit, "similar", (), none, "", "")
        whole = Span(0, len(found.text))
        texts = escape(asked.text), escape(found.text)
        return SimilarHit(hit, "same", (Passage(whole, whole),), none, *texts)

    def status(self) -> Status:
        paragraphs = sum(len(texts) for texts in self.texts.values())
        return Status(7, BUILT_AT, len(self.texts), paragraphs)

    def suggest(self, text: str, limit: int = 8) -> tuple[Completion, ...]:
        """Give every word of the texts that begins as the last one typed, and titles that do."""
        before, prefix = re.fullmatch(r"(.*?)(\w*)", text.casefold(), re.DOTALL).groups()
        everything = [p for document in sorted(self.texts) for p in self._paragraphs(document)]
        counts: dict[str, int] = {}
        for p in everything:
            for word in set(re.findall(r"\w+", p.text.casefold())):
                counts[word] = counts.get(word, 0) + word.startswith(prefix)
        words = [Completion(before + w, "word", n) for w, n in sorted(counts.items()) if n]
        titles = [
            Completion(p.text, "title", len(self.texts[p.document]) - 1, p)
            for p in everything
            if p.kind == "title" and p.text.casefold().startswith(prefix)
        ]
        return tuple((words + titles)[:limit]) if prefix else ()

    def concordance(
        self,
        query: str,
        width: int = WIDTH,
        sort: Order = "document",
        limit: int = 20,
        offset: int = 0,
    ) -> Concordance:
        words = re.findall(r"\w+", query.casefold())
        lines = [
            Line(
                p.text[max(0, s.start - width) : s.start],
                p.text[s.start : s.end],
                p.text[s.end : s.end + width],
                s,
                self._info(p.document),
                p,
            )
            for document in sorted(self.texts)
            for p in self._paragraphs(document)
            for s in _spans(p.text, words)
        ]
        if sort != "document":
            lines.sort(key=lambda line: line.left if sort.startswith("left") else line.right)
        shown = tuple(lines[offset : offset + limit])
        said = (query, query, self.warnings, len(lines), width, sort, limit, offset, 0.1234)
        return Concordance(*said, self.partial, 7, BUILT_AT, shown)

    def _info(self, id: str) -> DocumentInfo:
        texts = self.texts[id]
        words = sum(len(text.split()) for text in texts)
        return DocumentInfo(id, texts[0], None, None, "text", "en", id, len(texts) - 1, words)

    def _paragraphs(self, id: str) -> list[Paragraph]:
        section, paragraphs = None, []
        for number, text in enumerate(self.texts[id]):
            kind: Kind = "title" if number == 0 else "heading" if text.endswith("?") else "text"
            paragraphs.append(Paragraph(id, number, kind, text, section, 0, len(text)))
            section = text if kind == "heading" else section
        return paragraphs

    def _hit(self, found: Paragraph, words: list[str], rank: int, context: int) -> Hit:
        before, after = _around(self._paragraphs(found.document), found.number, context)
        spans = _spans(found.text, words)
        html = _mark(found.text, spans)
        return Hit(rank, 1 / rank, self._info(found.document), found, spans, html, before, after)


def _refuse_bad(request: Request) -> None:
    for each in request.filters:
        if ":" not in each:
            raise BadFilter(each, "it has no colon")


def _around(
    paragraphs: list[Paragraph], n: int, context: int
) -> tuple[tuple[Paragraph, ...], tuple[Paragraph, ...]]:
    return tuple(paragraphs[max(0, n - context) : n]), tuple(paragraphs[n + 1 : n + 1 + context])


def _spans(text: str, words: list[str]) -> tuple[Span, ...]:
    found = re.finditer(r"\w+", text)
    return tuple(Span(*m.span()) for m in found if m[0].casefold() in words)


def _mark(text: str, spans: tuple[Span, ...]) -> str:
    html, at = "", 0
    for span in spans:
        html += escape(text[at : span.start])
        html += f"<mark>{escape(text[span.start : span.end])}</mark>"
        at = span.end
    return html + escape(text[at:])
