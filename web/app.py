"""The web application: which address is answered by what, and how problems are answered."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from bottle import Bottle, HTTPError, HTTPResponse, request

from search import urls
from search.engine import Engine
from search.errors import Unavailable
from web import api, assets, pages, responses
from web.errors import Problem, internal, method_not_allowed, nothing_here, unavailable
from web.examples import remembered
from web.settings import Settings

Handler = Callable[..., HTTPResponse]


def create_app(engine: Engine, settings: Settings) -> Bottle:
    """Make the WSGI application (PEP 3333) that answers from an engine; any thread may call it."""
    app = Bottle()
    app.add_hook("before_request", _refuse_broken_path)
    app.install(_answering)
    for address, handler in _routes(engine, settings).items():
        app.route(address, callback=handler)
    for status, problem in _FAILURES.items():
        app.error(status, _failing(problem))
    return app


def _routes(engine: Engine, settings: Settings) -> dict[str, Handler]:
    html = pages.Pages(engine, settings, remembered(engine))
    json = api.Api(engine)
    return {
        "/": html.search,
        "/documents": html.documents,
        "/documents/<id>": html.document,
        "/documents/<id>/<anchor>": html.document,
        "/documents/<id>/<anchor>/similar": html.similar,
        urls.HELP: html.help,
        "/static/<key>": _static,
        "/api/search": json.search,
        "/api/export": json.export,
        "/search.csv": json.csv,
        "/api/suggest": json.suggest,
        "/api/documents": json.documents,
        "/api/documents/<id>": json.document,
        "/api/paragraphs/<id>": json.paragraph,
        "/api/paragraphs/<id>/similar": json.similar,
        "/health": json.health,
        "/concordance": html.concordance,
        "/api/concordance": json.concordance,
    }


def _static(key: str) -> HTTPResponse:
    asset = assets.find(key)
    if asset is None:
        raise nothing_here()
    return responses.asset(asset)


_FAILURES = {404: nothing_here, 405: method_not_allowed, 500: internal}
"""What Bottle finds wrong by itself; an unexpected exception (500) it has written to the log."""


def _failing(problem: Callable[[], Problem]) -> Callable[[HTTPError], HTTPResponse]:
    return lambda _: _answer(problem())


def _answering(handler: Handler) -> Handler:
    """Let a handler raise what stands in the way of its answer."""

    @wraps(handler)
    def answered(**arguments: Any) -> HTTPResponse:  # noqa: ANN401 - parts of the address
        try:
            return handler(**arguments)
        except Problem as problem:
            return _answer(problem)
        except Unavailable as error:
            return _answer(unavailable(error))

    return answered


def _answer(problem: Problem) -> HTTPResponse:
    """Answer programs with JSON, people with a page."""
    path = request.path
    for_programs = path in ("/health", "/search.csv") or path.startswith("/api/")
    return (api if for_programs else pages).problem(problem)


def _refuse_broken_path() -> None:
    """Bottle drops bytes of a path that are not UTF-8, so that another's address would be left."""
    try:
        request.environ["bottle.raw_path"].encode("latin-1").decode()
    except UnicodeDecodeError:
        raise HTTPError(404) from None
