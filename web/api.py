"""The JSON API."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bottle import HTTPResponse, request

from search import export, objects
from search.engine import (
    FACETS,
    GROUPINGS,
    MATCHES,
    MAX_BUDGET_MS,
    MAX_CONTEXT,
    MAX_LIMIT,
    MAX_OFFSET,
    MAX_SUGGESTIONS,
    MAX_WIDTH,
    ORDERS,
    SCOPES,
    SORTS,
    ConcordanceRequest,
    Engine,
    Found,
    Request,
)
from search.errors import BadFilter
from web import responses
from web.errors import Problem, bad_parameter, unknown_document, unknown_paragraph
from web.parameters import TEXT, TEXTS, one_of, some_of, strict, whole

PAGING = {"limit": whole(0, MAX_LIMIT), "offset": whole(0, MAX_OFFSET)}

SEARCH = {
    "q": TEXT,
    **PAGING,
    "match": one_of(MATCHES),
    "context": whole(0, MAX_CONTEXT),
    "budget_ms": whole(1, MAX_BUDGET_MS),
    "filter": TEXTS,
    "facets": some_of(FACETS),
    "sort": one_of(SORTS),
    "group": one_of(GROUPINGS),
    "scope": one_of(SCOPES),
    "explain": whole(0, 1),
}

EXPORT = {name: SEARCH[name] for name in ("q", "match", "filter", "sort", "scope")}
SUGGEST = {"q": TEXT, "limit": whole(0, MAX_SUGGESTIONS)}
SIMILAR = {"limit": whole(0, MAX_LIMIT), "other_documents": whole(0, 1)}
CONCORDANCE = {
    "q": TEXT,
    **PAGING,
    "width": whole(0, MAX_WIDTH),
    "sort": one_of(ORDERS),
    "budget_ms": whole(1, MAX_BUDGET_MS),
}


@dataclass(frozen=True, slots=True)
class Api:
    """The answers of an engine as JSON objects; a parameter that is not known is refused."""

    engine: Engine

    def search(self) -> HTTPResponse:
        """Answer `/api/search`."""
        asked = strict(request.query_string, SEARCH)
        question = _question(asked)
        try:
            return responses.json(objects.page(self.engine.search(question), question))
        except BadFilter as error:
            raise bad_parameter(f"The parameter 'filter': {error}.") from error

    def export(self) -> HTTPResponse:
        """Answer `/api/export`: all that is found, a JSON object a line, as it is read."""
        query, found = self._exported()
        return responses.stream(export.json_lines(found, query), "application/x-ndjson")

    def csv(self) -> HTTPResponse:
        """Answer `/search.csv`: the same as a table."""
        query, found = self._exported()
        lines = export.table(found, query)
        return responses.stream(lines, "text/csv; charset=utf-8", "passage.csv")

    def _exported(self) -> tuple[str, Iterator[Found]]:
        question = _question(strict(request.query_string, EXPORT))
        try:
            return question.query, self.engine.export(question)
        except BadFilter as error:
            raise bad_parameter(f"The parameter 'filter': {error}.") from error

    def documents(self) -> HTTPResponse:
        """Answer `/api/documents`."""
        asked = {"limit": 20, "offset": 0} | strict(request.query_string, PAGING)
        return responses.json(objects.documents(self.engine.documents(**asked), **asked))

    def document(self, id: str) -> HTTPResponse:
        """Answer `/api/documents/<id>`."""
        asked = strict(request.query_string, {"q": TEXT})
        view = self.engine.document(id, asked.get("q", ""))
        if view is None:
            raise unknown_document(id)
        return responses.json(objects.document(view))

    def paragraph(self, id: str) -> HTTPResponse:
        """Answer `/api/paragraphs/<id>`."""
        strict(request.query_string, {})
        view = self.engine.paragraph(id)
        if view is None:
            raise unknown_paragraph(id)
        return responses.json(objects.paragraph(view))

    def suggest(self) -> HTTPResponse:
        """Answer `/api/suggest`."""
        asked = strict(request.query_string, SUGGEST)
        text = asked.pop("q", "")
        return responses.json(objects.suggestions(text, self.engine.suggest(text, **asked)))

    def similar(self, id: str) -> HTTPResponse:
        """Answer `/api/paragraphs/<id>/similar`."""
        asked = {"limit": 20, "other_documents": 0} | strict(request.query_string, SIMILAR)
        found = self.engine.similar(id, asked["limit"], bool(asked["other_documents"]))
        if found is None:
            raise unknown_paragraph(id)
        return responses.json(objects.similar(found))

    def concordance(self) -> HTTPResponse:
        """Answer `/api/concordance`."""
        asked = strict(request.query_string, CONCORDANCE)
        question = ConcordanceRequest(asked.pop("q", ""), **asked)
        return responses.json(objects.concordance(self.engine.concordance(question)))

    def health(self) -> HTTPResponse:
        """Answer `/health`; parameters mean nothing there."""
        return responses.json(objects.health(self.engine.status()))


def _question(asked: dict[str, Any]) -> Request:
    query, filters = asked.pop("q", ""), asked.pop("filter", ())
    return Request(query, filters=filters, **asked)


def problem(problem: Problem) -> HTTPResponse:
    """Answer with a problem."""
    return responses.json(
        _problem(problem), problem.status, problem.headers, "application/problem+json"
    )


def _problem(problem: Problem) -> dict[str, object]:
    """Give a problem as RFC 9457 has it; without a type of its own its title is the status."""
    return {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
