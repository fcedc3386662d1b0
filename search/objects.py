"""Answers as the JSON objects of the API, whoever prints them: the server or the command line."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from index.model import DocumentInfo, Paragraph
from search import urls
from search.engine import (
    Completion,
    Concordance,
    DocumentList,
    DocumentView,
    Explanation,
    Facet,
    Found,
    Group,
    Hit,
    Line,
    Page,
    ParagraphView,
    Request,
    Similar,
    SimilarHit,
    Span,
    Status,
    Suggestion,
)

Object = dict[str, Any]


def page(page: Page, request: Request) -> Object:
    """Give the answer to a search."""
    count = page.total if request.group == "none" else page.documents
    before, after = _neighbours(count, request.limit, request.offset)
    return {
        "query": page.query,
        "interpreted": page.interpreted,
        "warnings": list(page.warnings),
        "total": page.total,
        "documents": page.documents,
        "limit": page.limit,
        "offset": page.offset,
        "next": None if after is None else urls.api_search(replace(request, offset=after)),
        "previous": None if before is None else urls.api_search(replace(request, offset=before)),
        "took_ms": round(page.took_ms, 3),
        "partial": page.partial,
        "relaxed": page.relaxed,
        "index": {"generation": page.generation, "built_at": page.built_at},
        "suggestions": [_suggestion(each) for each in page.suggestions],
        "facets": {each.name: _facet(each, request) for each in page.facets},
        "hits": [_hit(each, page.query) for each in page.hits],
        "filters": list(request.filters),
        "sort": request.sort,
        "group": request.group,
        "groups": [_group(each, page.query) for each in page.groups],
        "facets_more": {each.name: each.more for each in page.facets},
    }


def documents(found: DocumentList, limit: int, offset: int) -> Object:
    """Give a stretch of the list of documents."""
    before, after = _neighbours(found.total, limit, offset)
    return {
        "total": found.total,
        "limit": limit,
        "offset": offset,
        "next": None if after is None else urls.api_documents(limit, after),
        "previous": None if before is None else urls.api_documents(limit, before),
        "documents": [_document(each) for each in found.documents],
    }


def document(view: DocumentView) -> Object:
    """Give a document with its sections, its whole text, and where in it the matches stand."""
    of = view.info.paragraphs
    return {
        **_document(view.info),
        "sections": _sections(view.paragraphs),
        "text": [_paragraph(each, of) for each in view.paragraphs],
        "matches": [
            {"number": number, "position": position} for number, position in view.positions
        ],
    }


def paragraph(view: ParagraphView) -> Object:
    """Give a paragraph with its document and its neighbours."""
    of = view.document.paragraphs
    return {
        **_paragraph(view.paragraph, of),
        "document": _document(view.document),
        "before": [_paragraph(each, of) for each in view.before],
        "after": [_paragraph(each, of) for each in view.after],
    }


def similar(found: Similar) -> Object:
    """Give what says the same as a paragraph, or is similar to it."""
    return {"id": found.paragraph.id, "hits": [_similar_hit(each) for each in found.hits]}


def concordance(found: Concordance) -> Object:
    """Give a stretch of a concordance."""
    request = found.request
    before, after = _neighbours(found.total, request.limit, request.offset)
    address = urls.api_concordance
    return {
        "query": request.query,
        "interpreted": found.interpreted,
        "warnings": list(found.warnings),
        "total": found.total,
        "width": request.width,
        "sort": request.sort,
        "limit": request.limit,
        "offset": request.offset,
        "next": None if after is None else address(replace(request, offset=after)),
        "previous": None if before is None else address(replace(request, offset=before)),
        "took_ms": round(found.took_ms, 3),
        "partial": found.partial,
        "index": {"generation": found.generation, "built_at": found.built_at},
        "lines": [_line(each, request.query) for each in found.lines],
    }


def health(status: Status) -> Object:
    """Tell what is served."""
    return {
        "status": "ok",
        "generation": status.generation,
        "documents": status.documents,
        "paragraphs": status.paragraphs,
    }


def _hit(hit: Hit, query: str) -> Object:
    return {
        **found(hit, query),
        "snippet_html": hit.snippet_html,
        "matches": [{"start": each.start, "end": each.end} for each in hit.matches],
        "context": {"before": _texts(hit.before), "after": _texts(hit.after)},
        **({"explanation": _explanation(hit.explanation)} if hit.explanation else {}),
    }


def _explanation(explanation: Explanation) -> Object:
    return {
        "text": explanation.text,
        "value": explanation.value,
        "how": explanation.how,
        "parts": [_explanation(each) for each in explanation.parts],
    }


def _line(line: Line, query: str) -> Object:
    return {
        "left": line.left,
        "keyword": line.keyword,
        "right": line.right,
        "start": line.span.start,
        "end": line.span.end,
        "id": line.paragraph.id,
        **_where(line.document, line.paragraph, query),
    }


def _where(info: DocumentInfo, paragraph: Paragraph, query: str) -> Object:
    """Tell where a paragraph stands, and how to get there."""
    return {
        "url": urls.paragraph(paragraph, query),
        "document": {"id": info.id, "title": info.title, "date": info.date, "type": info.type},
        "paragraph": _place(paragraph, info.paragraphs),
    }


def _facet(facet: Facet, request: Request) -> list[Object]:
    return [
        {
            "value": each.value,
            "label": each.label,
            "count": each.count,
            "selected": each.selected,
            "excluded": each.excluded,
            "toggle_url": urls.api_search(urls.toggled(request, facet.name, each.value)),
            "exclude_url": urls.api_search(urls.toggled(request, f"-{facet.name}", each.value)),
        }
        for each in facet.values
    ]


def _group(group: Group, query: str) -> Object:
    return {
        "rank": group.rank,
        "document": _document(group.document),
        "total": group.total,
        "hits": [_hit(each, query) for each in group.hits],
    }


def found(found: Found | Hit, query: str) -> Object:
    """Give a paragraph of an answer."""
    return {
        "id": found.paragraph.id,
        "rank": found.rank,
        "score": found.score,
        **_where(found.document, found.paragraph, query),
        "text": found.paragraph.text,
    }


def _similar_hit(found: SimilarHit) -> Object:
    return {
        **_hit(found.hit, ""),
        "kind": found.kind,
        "passages": [
            {"here": _span(each.here), "there": _span(each.there)} for each in found.passages
        ],
        "differences": {
            "here": [_span(each) for each in found.differences.here],
            "there": [_span(each) for each in found.differences.there],
        },
        "here_html": found.here_html,
        "there_html": found.there_html,
    }


def _span(span: Span) -> Object:
    return {"start": span.start, "end": span.end}


def _document(info: DocumentInfo) -> Object:
    return {
        "id": info.id,
        "title": info.title,
        "author": info.author,
        "date": info.date,
        "type": info.type,
        "language": info.language,
        "path": info.path,
        "paragraphs": info.paragraphs,
        "words": info.words,
        "source": info.source,
        "url": urls.document(info.id),
    }


def _paragraph(paragraph: Paragraph, of: int) -> Object:
    return {
        "id": paragraph.id,
        **_place(paragraph, of),
        "text": paragraph.text,
        "url": urls.paragraph(paragraph),
    }


def _place(paragraph: Paragraph, of: int) -> Object:
    return {
        "number": paragraph.number,
        "of": of,
        "kind": paragraph.kind,
        "section": paragraph.section,
        "anchor": paragraph.anchor,
        "page": paragraph.page,
    }


def _suggestion(suggestion: Suggestion) -> Object:
    return {
        "kind": suggestion.kind,
        "text": suggestion.text,
        "total": suggestion.total,
        "scope": suggestion.scope,
        "url": urls.search(suggestion.text, scope=suggestion.scope),
    }


def _texts(paragraphs: Sequence[Paragraph]) -> list[Object]:
    return [{"number": each.number, "text": each.text} for each in paragraphs]


def _sections(paragraphs: Sequence[Paragraph]) -> list[Object]:
    """Give each heading with its own number and that of the last paragraph under it."""
    sections: list[Object] = []
    for each in paragraphs:
        if each.kind == "heading":
            sections.append({"heading": each.text, "first": each.number, "last": each.number})
        elif sections:
            sections[-1]["last"] = each.number
    return sections


def _neighbours(total: int, limit: int, offset: int) -> tuple[int | None, int | None]:
    """Give the offsets of the page before and the page after, None where there is none."""
    if not limit:
        return None, None
    before = max(0, min(offset, total) - limit) if offset and total else None
    after = offset + limit if offset + limit < total else None
    return before, after


def suggestions(text: str, found: Sequence[Completion]) -> Object:
    """Give what a query may become."""
    return {"query": text, "suggestions": [_completion(each) for each in found]}


def _completion(completion: Completion) -> Object:
    return {
        "text": completion.text,
        "kind": completion.kind,
        "total": completion.total,
        "url": _address(completion),
    }


def _address(completion: Completion) -> str:
    place = completion.paragraph
    if place is None:
        return urls.search(completion.text)
    return urls.document(place.document) if completion.kind == "title" else urls.paragraph(place)
