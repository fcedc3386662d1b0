"""Every address of the site, a path on the server: answers name them, pages link to them."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from index.model import Paragraph
from search.engine import BUDGET_MS, ConcordanceRequest, Request

HELP = "/help"


def search(query: str = "", scope: str = "") -> str:
    """Give the page of results for a query; the start page without one."""
    return _with("/", q=query, scope="" if scope == "paragraph" else scope)


def documents(page: int = 1) -> str:
    """Give the list of documents."""
    return _with("/documents", page=page if page > 1 else 0)


def document(id: str, query: str = "") -> str:
    """Give a document, its hits marked where there is a query."""
    return _with(f"/documents/{quote(id, safe='')}", q=query)


def paragraph(paragraph: Paragraph, query: str = "") -> str:
    """Give the permalink of a paragraph; its path says which, its fragment scrolls there."""
    path = f"/documents/{quote(paragraph.document, safe='')}/{paragraph.anchor}"
    return _with(path, q=query) + f"#p{paragraph.number}"


def similar(paragraph: Paragraph, other_documents: bool = False) -> str:
    """Give the page of what says the same as a paragraph, or is similar to it."""
    path = f"/documents/{quote(paragraph.document, safe='')}/{paragraph.anchor}/similar"
    return _with(path, other_documents=int(other_documents))


def api_search(request: Request) -> str:
    """Give the JSON answer to a request."""
    return _with(
        "/api/search",
        q=request.query,
        limit=request.limit,
        offset=request.offset,
        match="" if request.match == "auto" else request.match,
        context=request.context,
        budget_ms="" if request.budget_ms == BUDGET_MS else request.budget_ms,
        scope="" if request.scope == "paragraph" else request.scope,
        explain=int(request.explain),
        facets=",".join(request.facets),
        **_narrowed(request),
    )


def concordance(query: str = "", sort: str = "document", page: int = 1) -> str:
    """Give the page with the occurrences of a query's words in their context."""
    return _with(
        "/concordance",
        q=query,
        sort="" if sort == "document" else sort,
        page=page if page > 1 else 0,
    )


def api_concordance(request: ConcordanceRequest) -> str:
    """Give the JSON answer to a request for a concordance."""
    return _with(
        "/api/concordance",
        q=request.query,
        width=request.width,
        sort="" if request.sort == "document" else request.sort,
        limit=request.limit,
        offset=request.offset,
        budget_ms="" if request.budget_ms == BUDGET_MS else request.budget_ms,
    )


def results(request: Request, page: int = 1) -> str:
    """Give the page of results for a request, with its filters, its order and its grouping."""
    return _with("/", **_asked(request), page=page if page > 1 else 0)


def within(request: Request, document: str) -> Request:
    """Give the request narrowed to one document, its paragraphs not grouped."""
    return replace(request, filters=(*request.filters, f"document:{document}"), group="none")


def explained(request: Request, page: int) -> str:
    """Give the same page of results with the parts of its scores, or without them again."""
    return results(replace(request, explain=not request.explain), page)


def export(request: Request) -> str:
    """Give all that a request finds as JSON lines."""
    return _with("/api/export", **_exported(request))


def csv(request: Request) -> str:
    """Give the table of all that a request finds."""
    return _with("/search.csv", **_exported(request))


def _exported(request: Request) -> dict[str, Any]:
    return _asked(replace(request, group="none", explain=False))


def toggled(request: Request, field: str, value: str) -> Request:
    """Give the request with a filter more, or without it where it was there; from the first on.

    One and the same value is not wanted and excluded at once.
    """
    added = f"{field}:{value}"
    opposite = added.removeprefix("-") if added.startswith("-") else f"-{added}"
    kept = tuple(each for each in request.filters if each not in (added, opposite))
    filters = kept if added in request.filters else (*kept, added)
    return replace(request, filters=filters, offset=0)


def _asked(request: Request) -> dict[str, Any]:
    match = "" if request.match == "auto" else request.match
    scope = "" if request.scope == "paragraph" else request.scope
    explain = int(request.explain)
    return {
        "q": request.query,
        "match": match,
        "scope": scope,
        "explain": explain,
        **_narrowed(request),
    }


def _narrowed(request: Request) -> dict[str, Any]:
    return {
        "filter": request.filters,
        "sort": "" if request.sort == "score" else request.sort,
        "group": "" if request.group == "none" else request.group,
    }


def api_documents(limit: int, offset: int) -> str:
    """Give the JSON list of documents."""
    return _with("/api/documents", limit=limit, offset=offset)


def _with(path: str, **parameters: Any) -> str:  # noqa: ANN401 - a text, a number or several
    """Put parameters behind a path; those that are empty or 0 say nothing and are left out."""
    said = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(said, doseq=True)}" if said else path
