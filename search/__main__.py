"""`python -m search`: ask an index on the command line."""

import gc

gc.disable()  # modules are a hundred thousand objects that stay: looking through them takes 0.1 s

# ruff: noqa: E402  # they are what the collector is kept from
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from rich.console import Console

from search import objects, settings, terminal
from search.engine import MAX_SUGGESTIONS
from search.errors import SearchError
from search.local import Local
from search.ready import make_ready

T = TypeVar("T")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code: 0 also where nothing is found."""
    asked = settings.read(argv)
    make_ready()
    try:
        code = _answer(Local(asked.folder), asked)
        print(end="", flush=True)  # while it can be told that nobody reads
    except SearchError as error:
        return _failed(str(error))
    except BrokenPipeError:  # as behind `| head`
        terminal.hush()
        return 1
    return code


def _failed(what: str) -> int:
    print(f"search: {what}", file=sys.stderr)
    return 1


def _answer(engine: Local, asked: settings.Settings) -> int:
    """Print what was asked for."""
    request = asked.request
    if asked.similar:
        similar = engine.similar(asked.similar, request.limit, asked.other_documents)
        if similar is None:
            return _failed(f"the index has no paragraph {asked.similar}")
        _print(asked, similar, objects.similar, terminal.print_similar)
    elif asked.suggest:
        completions = engine.suggest(request.query, min(request.limit, MAX_SUGGESTIONS))
        as_object = partial(objects.suggestions, request.query)
        _print(asked, completions, as_object, terminal.print_completions)
    elif asked.concordance:
        found = engine.concordance(asked.concordance)
        _print(asked, found, objects.concordance, terminal.print_concordance)
    elif asked.every:
        every = engine.export(request)
        terminal.print_every(terminal.console(), every, request.query, asked.form)
    else:
        page = engine.search(request)
        _print(asked, page, partial(objects.page, request=request), terminal.print_page)
    return 0


def _print(
    asked: settings.Settings,
    answer: T,
    as_object: Callable[[T], objects.Object],
    as_text: Callable[[Console, T], None],
) -> None:
    console = terminal.console()
    if asked.form == "json":
        terminal.print_object(console, as_object(answer))
    else:
        as_text(console, answer)


if __name__ == "__main__":
    sys.exit(main())
