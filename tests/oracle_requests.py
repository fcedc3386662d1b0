"""The oracle's answer to a request: filters, facets, orders, groups, words in any paragraph.

All paragraphs that match are listed, and counted one by one. Queries are read by the parser, or
come with their meaning; everything else is worked out here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations, product
from typing import NamedTuple

import oracle
from oracle_collection import Collection, Matches, grained
from oracle_fields import days, folders
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import analyze, stem
from index.model import DocumentInfo
from search.engine import Request
from search.query import parse

MOST_VALUES = 20
"""How many values of a facet are given, besides those in filters."""

MOST_IN_GROUP = 3

RESCORED = 100
"""How many of the best are raised by words that stand near each other."""

MOST_WORDS = 16
"""How many words of a query take part in that."""


class Meaning(NamedTuple):
    """What a query means: all of its words, and any of them where that can be asked."""

    all: query.Query
    any: query.Query | None = None


class Scored(NamedTuple):
    """A paragraph that is shown."""

    ordinal: int
    score: float


class Group(NamedTuple):
    """A document's number, how many of its paragraphs match, and the best."""

    document: int
    total: int
    best: list[Scored]


class Value(NamedTuple):
    """A value of a facet."""

    value: str
    label: str
    count: int
    selected: bool
    excluded: bool


class Facet(NamedTuple):
    """A facet's values, and how many more there are."""

    values: list[Value]
    more: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole answer, of which a page shows a part."""

    hits: list[Scored]
    documents: int
    relaxed: bool
    groups: list[Group] = field(default_factory=list)
    facets: dict[str, Facet] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many paragraphs are found."""
        return len(self.hits)


def answer(collection: Collection, request: Request, meaning: Meaning | None = None) -> Whole:
    """Answer a request, of whose `limit` and `offset` nothing is known here."""
    meaning = meaning or _read(request.query)
    tree = meaning.any if request.match == "any" and meaning.any else meaning.all
    if not request.query.strip() and request.filters:
        tree = query.Every()
    hits = _hits(collection, request, tree)
    relaxed = False
    if request.match == "auto" and meaning.any and not hits:
        hits = _hits(collection, request, meaning.any)
        relaxed = bool(hits)
        tree = meaning.any if relaxed else tree
    documents = len({collection.documents[hit.ordinal] for hit in hits})
    if request.scope == "document":
        return Whole(hits, documents, relaxed)
    return Whole(
        _sorted(collection, tree, hits, request.sort),
        documents,
        relaxed,
        _groups(collection, hits, request.sort),
        {name: _facet(collection, request, tree, name) for name in request.facets},
    )


def _read(text: str) -> Meaning:
    asked = parse(text)
    return Meaning(asked.tree, parse(text, relaxed=True).tree if asked.relaxable else None)


def _hits(collection: Collection, request: Request, tree: query.Query) -> list[Scored]:
    tree = narrowed(tree, request.filters)
    if request.scope == "document":
        return across(collection, tree)
    found = oracle.evaluate(collection, tree)
    return [Scored(*each) for each in zip(found.ordinals, found.scores, strict=True)]


# Filters.


def narrowed(tree: query.Query, filters: Sequence[str]) -> query.Query:
    """Narrow a tree: several values of one field widen, different ones narrow, `-` excludes."""
    wanted = defaultdict(list)
    unwanted = []
    for text in filters:
        name, _, value = text.partition(":")
        if name.startswith("-"):
            unwanted.append(query.Not(_filter(name[1:], value)))
        else:
            wanted[name].append(_filter(name, value))
    return query.And([tree, *map(query.Or, wanted.values()), *unwanted])


def _filter(name: str, value: str) -> query.Query:
    if name in ("title", "section"):
        forms = [token.form for token in analyze(value)]
        if value[0] == '"':
            return query.Phrase(name, forms)
        return query.And([query.Term(name, form) for form in forms])
    if name == "author":
        return query.TermRange(name, value, value)
    if name in ("path", "folder"):
        return query.Prefix("path", value.removeprefix("./").strip("/"))
    if name in ("date", "year", "month"):
        return query.TermRange("date", *dates(value))
    return query.Term(name, value if name == "document" else value.lower())


def dates(text: str) -> tuple[str | None, str | None]:
    """Read a date, a range or a comparison; give the first and the last day, None for no end."""
    if text == "*":
        return None, None
    if text[0] == "[":
        start, end = text[1:-1].split(" TO ")
        return dates(start)[0], dates(end)[1]
    bare = text.lstrip("<>=")
    first, last = days(bare.replace("/", "-"))
    one = timedelta(days=1)
    between: dict[str, tuple[date | None, date | None]] = {
        "": (first, last),
        ">": (last + one, None),
        ">=": (first, None),
        "<": (None, first - one),
        "<=": (None, last),
    }
    start, end = between[text.removesuffix(bare)]
    return start and start.isoformat(), end and end.isoformat()


# Facets.


def _facet(collection: Collection, request: Request, tree: query.Query, name: str) -> Facet:
    """Count the values of a facet under the query and the filters of all others."""
    own = {_value(text): text[0] == "-" for text in request.filters if _field(text) == name}
    others = tuple(text for text in request.filters if _field(text) != name)
    counts: Counter[str] = Counter()
    for hit in _hits(collection, replace(request, filters=others), tree):
        counts.update(VALUES[name](collection.infos[collection.documents[hit.ordinal]]))
    best = sorted(counts, key=lambda value: (-counts[value], value))
    present = {value for info in _known(collection, name) for value in VALUES[name](info)}
    chosen = [value for value in own if value in present]
    values = [
        Value(
            value,
            _label(collection, name, value),
            counts[value],
            own.get(value) is False,
            own.get(value) is True,
        )
        for value in dict.fromkeys(best[:MOST_VALUES] + chosen)
    ]
    return Facet(values, max(0, len(best) - MOST_VALUES))


def _field(filter: str) -> str:
    return filter.partition(":")[0].removeprefix("-")


def _value(filter: str) -> str:
    name, value = _field(filter), filter.partition(":")[2]
    if name == "folder":
        return value.removeprefix("./").strip("/")
    return value.lower() if name in ("type", "language") else value


def _known(collection: Collection, name: str) -> Iterator[DocumentInfo]:
    """Give the documents whose values are known: what is deleted goes later, its id at once."""
    ordinals = collection.live if name == "document" else range(len(collection.documents))
    for number in {collection.documents[ordinal] for ordinal in ordinals}:
        yield collection.infos[number]


def _label(collection: Collection, name: str, value: str) -> str:
    if name != "document":
        return value
    return next(info.title for info in collection.infos if info.id == value)


VALUES: dict[str, Callable[[DocumentInfo], Sequence[str]]] = {
    "type": lambda info: [info.type.lower()],
    "language": lambda info: [info.language.lower()] if info.language else [],
    "author": lambda info: [info.author] if info.author else [],
    "year": lambda info: [info.date[:4]] if info.date else [],
    "month": lambda info: [info.date[:7]] if info.date and len(info.date) > 4 else [],
    "folder": folders,
    "document": lambda info: [info.id],
}
"""The values of a document in each facet."""

# Orders and groups.


def _sorted(
    collection: Collection, tree: query.Query, hits: list[Scored], sort: str
) -> list[Scored]:
    if sort == "score":
        return _raised(collection, tree, hits)
    rank = {number: place for place, number in enumerate(_order(collection, hits, sort))}
    return sorted(hits, key=lambda hit: (rank[collection.documents[hit.ordinal]], hit.ordinal))


def _order(collection: Collection, hits: list[Scored], sort: str) -> list[int]:
    """Give the documents of hits in order, those without a date last, else as indexed."""
    numbers = list(dict.fromkeys(collection.documents[hit.ordinal] for hit in hits))
    if sort == "score":
        return numbers
    numbers.sort()
    if sort == "document":
        return sorted(numbers, key=lambda number: collection.infos[number].id)
    numbers.sort(key=lambda n: collection.infos[n].date or "", reverse=sort == "date:desc")
    return sorted(numbers, key=lambda number: not collection.infos[number].date)


def _groups(collection: Collection, hits: list[Scored], sort: str) -> list[Group]:
    of = defaultdict(list)
    for hit in hits:
        of[collection.documents[hit.ordinal]].append(hit)
    return [
        Group(number, len(of[number]), of[number][:MOST_IN_GROUP])
        for number in _order(collection, hits, sort)
    ]


# Words near each other.


def _raised(collection: Collection, tree: query.Query, hits: list[Scored]) -> list[Scored]:
    """Add to the best what each two words that stand in a paragraph add; sort those anew."""
    weights: dict[str, float] = {}
    for word, boost in _plain_words(tree, 1.0):
        own = stem(word)
        if df := len(collection.places("text", own)):
            weights[own] = max(weights.get(own, 0.0), boost * collection.idf(df))
    heaviest = sorted(weights, key=lambda own: weights[own], reverse=True)[:MOST_WORDS]
    best = []
    for ordinal, score in hits[:RESCORED]:
        raised = score
        for one, other in combinations(heaviest, 2):
            near = _distance(collection, one, other, ordinal)
            if near is not None:
                lower = min(weights[one], weights[other])
                raised += grained(0.2 * lower * (1 / max(near, 1) ** 2))
        best.append(Scored(ordinal, raised))
    best.sort(key=lambda hit: (-hit.score, hit.ordinal))
    return best + hits[RESCORED:]


def _distance(collection: Collection, one: str, other: str, ordinal: int) -> int | None:
    places = [collection.places("text", word).get(ordinal, []) for word in (one, other)]
    return min((abs(a - b) for a, b in product(*places)), default=None)


def _plain_words(node: query.Query, boost: float) -> Iterator[tuple[str, float]]:
    """Give the words that are wanted by stem, but for those of phrases and alternatives."""
    boost *= getattr(node, "boost", 1.0)
    if isinstance(node, query.And | query.Or | query.AndMaybe):
        for child in node.children():
            yield from _plain_words(child, boost)
    elif isinstance(node, query.Term) and node.fieldname == "text":
        yield node.text, boost


# Words in any paragraph of a document.


def across(collection: Collection, tree: query.Query) -> list[Scored]:
    """Show of each document that matches the best paragraph for each of the words, or its title."""
    by_text = {(repr(leaf), getattr(leaf, "boost", 1.0)): leaf for leaf in wanted(tree, 1.0)}
    leaves = list(by_text.values()) or [query.Every()]
    best: defaultdict[int, list[Scored]] = defaultdict(list)
    for leaf in leaves:
        own: dict[int, Scored] = {}
        for ordinal, score in sorted(_matches(collection, leaf).items()):
            known = own.setdefault(collection.documents[ordinal], Scored(ordinal, score))
            if score > known.score:
                own[collection.documents[ordinal]] = Scored(ordinal, score)
        for number, found in own.items():
            best[number].append(found)
    scores = oracle.evaluate(collection, query.Or(leaves))
    score_of = dict(zip(scores.ordinals, scores.scores, strict=True))
    matching = _matching(collection, tree)
    for number in matching - best.keys():
        best[number] = [Scored(collection.documents.index(number), 0.0)]
    ranked = sorted(matching, key=lambda n: (-sum(hit.score for hit in best[n]), n))
    return [
        Scored(ordinal, score_of.get(ordinal, 0.0))
        for number in ranked
        for ordinal in sorted({hit.ordinal for hit in best[number]})
    ]


def wanted(node: query.Query, boost: float) -> Iterator[query.Query]:
    """Give the leaves of words that are wanted, each with the boosts above it."""
    boost *= getattr(node, "boost", 1.0)
    if isinstance(node, query.And | query.Or | query.DisjunctionMax | query.AndMaybe):
        for child in node.children():
            yield from wanted(child, boost)
    elif isinstance(node, SpanNear2) or getattr(node, "fieldname", None) in ("text", "form"):
        yield node.with_boost(boost)


def _matching(collection: Collection, node: query.Query) -> set[int]:
    """Give the documents that match; a leaf stands in one if it does in one of its paragraphs."""
    match node:
        case query.And():
            return set.intersection(*(_matching(collection, child) for child in node))
        case query.Or() | query.DisjunctionMax():
            return set().union(*(_matching(collection, child) for child in node))
        case query.AndMaybe():
            return _matching(collection, node.a)
        case query.Not():
            every = {collection.documents[ordinal] for ordinal in collection.live}
            return every - _matching(collection, node.query)
    return {collection.documents[ordinal] for ordinal in _matches(collection, node)}


def _matches(collection: Collection, leaf: query.Query) -> Matches:
    found = oracle.evaluate(collection, leaf, context=False)
    return dict(zip(found.ordinals, found.scores, strict=True))
