"""Every address of the site, a path on the server: answers name them, pages link to them."""

from urllib.parse import quote, urlencode

from index.model import Paragraph
from search.engine import Concordance, Request

HELP = "/help"


def search(query: str = "", page: int = 1, scope: str = "", explain: bool = False) -> str:
    """Give the page of results for a query; the start page without one."""
    scope = "" if scope == "paragraph" else scope
    return _with("/", q=query, page=page if page > 1 else 0, scope=scope, explain=int(explain))


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


def api_search(request: Request) -> str:
    """Give the JSON answer to a request."""
    return _with(
        "/api/search",
        q=request.query,
        limit=request.limit,
        offset=request.offset,
        match="" if request.match == "auto" else request.match,
        context=request.context,
        scope="" if request.scope == "paragraph" else request.scope,
        explain=int(request.explain),
    )


def concordance(query: str = "", sort: str = "document", page: int = 1) -> str:
    """Give the page with the occurrences of a query's words in their context."""
    return _with(
        "/concordance",
        q=query,
        sort="" if sort == "document" else sort,
        page=page if page > 1 else 0,
    )


def api_concordance(found: Concordance, offset: int) -> str:
    """Give another stretch of a JSON concordance."""
    return _with(
        "/api/concordance",
        q=found.query,
        width=found.width,
        sort="" if found.sort == "document" else found.sort,
        limit=found.limit,
        offset=offset,
    )


def api_documents(limit: int, offset: int) -> str:
    """Give the JSON list of documents."""
    return _with("/api/documents", limit=limit, offset=offset)


def _with(path: str, **parameters: str | int) -> str:
    """Put parameters behind a path; those that are empty or 0 say nothing and are left out."""
    said = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(said)}" if said else path
