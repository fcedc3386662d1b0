"""Queries worth trying, made of words that stand in the index and tried before they are shown."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice, permutations

from search.engine import Engine, Request

DOCUMENTS = 8
"""How many documents lend words, spread over the whole list."""

PLACES = 3
"""How many places of a document lend words, five paragraphs each."""

TRIES = 12
"""How many queries of one form are tried before the form goes without an example."""

WORD = re.compile(r"[^\W\d_]{4,}")
NAME = re.compile(r"(?<=[^\W\d_] )[^\W\d_]{4,}")
PAIR = re.compile(r"(?<![\w'’-])(?=([^\W\d_]{5,} [^\W\d_]{5,})(?![\w'’-]))")


@dataclass(frozen=True, slots=True)
class Example:
    """A query and the number of paragraphs that it finds, never 0."""

    query: str
    total: int


Examples = dict[str, Example]
"""An example of each form of query, by the form's name; a form may go without."""


def remembered(engine: Engine) -> Callable[[int], Examples]:
    """Give a function from a generation to its examples, which looks for them once."""

    @lru_cache(maxsize=1)
    def of(generation: int) -> Examples:
        return find(engine)

    return of


def find(engine: Engine) -> Examples:
    """Look for an example of each form."""
    texts = list(_sample(engine))
    found = {}
    for form, queries in (_forms(texts) | _fields(engine)).items():
        tried = (_try(engine, query) for query in islice(queries, TRIES))
        example = next((each for each in tried if each), None)
        if example:
            found[form] = example
    return found


def _sample(engine: Engine) -> Iterator[str]:
    """Give paragraphs from all over the index, a bounded number of them."""
    total = engine.documents(0, 0).total
    for offset in sorted({total * part // DOCUMENTS for part in range(DOCUMENTS)}):
        for info in engine.documents(1, offset).documents:
            numbers = {1 + info.paragraphs * part // PLACES for part in range(PLACES)}
            for number in sorted(numbers):
                view = engine.paragraph(f"{info.id}:{number}")
                if view:
                    yield from (each.text for each in (*view.before, view.paragraph, *view.after))


def _forms(texts: list[str]) -> dict[str, Iterator[str]]:
    """Give for each form of query some that may find something, the best first."""
    names = _frequent(NAME, texts, lambda name: not name.islower())
    names = list(dict.fromkeys(names + _frequent(WORD, texts)))
    words = _frequent(WORD, texts, lambda word: len(word) >= 8)
    pairs = _frequent(PAIR, texts, str.islower) or _frequent(PAIR, texts)
    return {
        "words": (f"{a} {b}" for a, b in combinations(names, 2)),
        "phrase": (f'"{pair}"' for pair in pairs),
        "or": (f"{a} OR {b}" for a, b in combinations(names[1:], 2)),
        "and": (f"{a} AND {b}" for a, b in combinations(names[1:], 2)),
        "not": (f"{a} NOT {b}" for a, b in combinations(names, 2)),
        "minus": (f"{a} -{b}" for a, b in combinations(names, 2)),
        "plus": (f"+{a} {b}" for a, b in permutations(names[:4], 2)),
        "group": (f"({a} OR {b}) {c}" for a, b, c in permutations(names[:5], 3)),
        "exact": (f"={word.lower()}" for word in words),
        "near": (f'"{" ".join(reversed(pair.split()))}"~3' for pair in pairs),
        "prefix": (f"{word[:6].lower()}*" for word in words),
        "wildcard": (f"{word[:2]}?{word[3:6]}*".lower() for word in words),
        "fuzzy": (f"{word[:3]}{word[4]}{word[3]}{word[5:]}~1".lower() for word in words),
        "regex": (f"/{word[:4]}.+{word[-2:]}/".lower() for word in words),
        "boost": (f"{a}^3 OR {b}" for a, b in combinations(names[1:], 2)),
    }


def _fields(engine: Engine) -> dict[str, Iterator[str]]:
    """Give for each field some queries of the documents at hand."""
    infos = engine.documents(DOCUMENTS, 0).documents
    titles = [word for info in infos for word in WORD.findall(info.title)]
    return {
        "title": (f"title:{word.lower()}" for word in titles),
        "date": (f"date:{info.date[:4]}" for info in infos if info.date),
        "document": (f"document:{info.id}" for info in infos if re.fullmatch(r"[\w.]+", info.id)),
    }


def _frequent(
    pattern: re.Pattern[str], texts: list[str], good: Callable[[str], bool] = bool
) -> list[str]:
    """Give the words that stand in most of the texts, the most frequent first."""
    counts = Counter(word for text in texts for word in set(pattern.findall(text)) if good(word))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:12]


def _try(engine: Engine, query: str) -> Example | None:
    """Give the query with its count where it finds something just as it stands."""
    page = engine.search(Request(query, limit=0))
    plain = not (page.relaxed or page.warnings)
    return Example(query, page.total) if plain and page.total else None
