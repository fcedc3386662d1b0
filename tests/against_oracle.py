"""The engine beside the oracle: a collection on disk and in brute force, asked the same."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from operator import itemgetter
from pathlib import Path

import numpy as np
import oracle
import oracle_requests
import strategies
from collections_on_disk import Documents, as_document, commit
from random_requests import Asked, Facts, known
from whoosh import query

from index.model import Document, Paragraph
from index.snapshot import Snapshot
from search.engine import Hit, Page
from search.execute import execute
from search.local import Local
from search.query import parse

KS = (1, 3, 10, 10, 100, 1000, None)
DENSITIES = (0.0, 0.001, 0.03, 0.5, 0.97, 1.0)


@dataclass(frozen=True, slots=True)
class Case:
    """Documents by the segment they are written to, and the ids of those deleted afterwards.

    `facts` has what is known of a document beside its text.
    """

    segments: tuple[Documents, ...]
    deleted: frozenset[str] = frozenset()
    facts: Mapping[str, Facts] = field(default_factory=dict)

    def document(self, paragraphs: tuple[Paragraph, ...]) -> Document:
        """Give a document with what is known of it."""
        plain = as_document(paragraphs)
        return replace(plain, info=replace(plain.info, **self.facts.get(plain.info.id, {})))


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, as `execute` takes it; `among` holds the ids of paragraphs, or is None."""

    tree: query.Query
    k: int | None = None
    count: bool = True
    documents: bool = True
    among: frozenset[str] | None = None
    context: bool = True

    def __str__(self) -> str:
        some = "all" if self.among is None else f"{len(self.among)}: {sorted(self.among)[:20]}"
        return (
            f"{self.tree!r}, k={self.k}, count={self.count}, documents={self.documents}, "
            f"context={self.context}, of {some}"
        )


Question = Ask | Asked
"""What the engine is asked inside, by a tree, or at its door, by a request."""

Failure = tuple[Case, Question, Exception]
"""What differs, and what was said of it."""


class Pair:
    """A case written to a folder, opened by the engine and read by the oracle.

    Deleted documents are in the statistics as long as they are in a segment, so the segments say
    which documents the oracle gets.
    """

    def __init__(self, folder: Path, case: Case):
        documents = {d[0].document: d for segment in case.segments for d in segment}
        for segment in case.segments:
            self.snapshot = commit(folder, [case.document(paragraphs) for paragraphs in segment])
        if case.deleted:
            self.snapshot = commit(folder, [], sorted(case.deleted))
        kept = [documents[name] for name in _names(self.snapshot)]
        self.paragraphs = [paragraph for document in kept for paragraph in document]
        deleted = {o for o, p in enumerate(self.paragraphs) if p.document in case.deleted}
        infos = [case.document(paragraphs).info for paragraphs in kept]
        self.collection = oracle.Collection(kept, deleted, infos)
        self.engine = Local(folder, clock=lambda: 0.0)  # no budget is ever over
        live = {p.document for p in self.paragraphs} - case.deleted
        assert live == documents.keys() - case.deleted, "a document is missing"

    def check(self, ask: Question) -> oracle.Answer | oracle_requests.Whole:
        """Ask both; give the oracle's whole answer. Raises AssertionError where they differ."""
        if isinstance(ask, Asked):
            return self._check_request(ask)
        wanted = oracle.evaluate(
            self.collection, ask.tree, among=self._filter(ask.among), context=ask.context
        )
        self.compare(ask, wanted)
        return wanted

    def compare(self, ask: Ask, wanted: oracle.Answer) -> None:
        """Hold the engine's answer to the oracle's whole one."""
        among = self._filter(ask.among)
        found = execute(
            self.snapshot,
            ask.tree,
            ask.k,
            count=ask.count,
            documents=ask.documents,
            among=among,
            context=ask.context,
        )
        assert found.ordinals.dtype == np.int64
        assert found.scores.dtype == np.float64
        difference = _difference(
            (found.ordinals.tolist(), wanted.ordinals[: ask.k], "ordinal"),
            (found.scores.tolist(), wanted.scores[: ask.k], "score"),
            ([found.total], [wanted.total if ask.count else None], "total"),
            ([found.documents], [wanted.documents if ask.documents else None], "documents"),
            (sorted(found.warnings), sorted(wanted.warnings), "warnings"),
        )
        assert not difference, f"{difference}, for {ask}"

    def _check_request(self, asked: Asked) -> oracle_requests.Whole:
        request = asked.request
        page = self.engine.search(request)
        assert not page.partial
        wanted = oracle_requests.answer(self.collection, request, asked.meaning)
        part = slice(request.offset, request.offset + request.limit)
        is_grouped = request.group == "document" and request.scope == "paragraph"
        difference = _difference(
            ([page.total], [wanted.total], "total"),
            ([page.documents], [wanted.documents], "documents"),
            ([page.relaxed], [wanted.relaxed], "relaxed"),
            (_shown(page.hits), [] if is_grouped else self._named(wanted.hits[part]), "hit"),
            (_groups(page), self._grouped(wanted.groups[part]) if is_grouped else [], "group"),
            (_facets(page), list(wanted.facets.items()), "facet"),
            (_totals(page), self._totals(page, asked), "suggestion"),
            (self._exported(asked), self._named(wanted.hits), "exported"),
        )
        assert not difference, f"{difference}, for {asked}"
        return wanted

    def _named(self, hits: list[oracle_requests.Scored]) -> list[tuple[str, float]]:
        return [(self.paragraphs[hit.ordinal].id, hit.score) for hit in hits]

    def _grouped(self, groups: list[oracle_requests.Group]) -> list[tuple]:
        infos = self.collection.infos
        return [(infos[each.document].id, each.total, self._named(each.best)) for each in groups]

    def _totals(self, page: Page, asked: Asked) -> list[tuple[str, str, int]]:
        """Count what is found by the queries that the engine suggests."""
        found = []
        for each in page.suggestions:
            request = replace(asked.request, query=each.text, scope=each.scope, match="all")
            plain = replace(request, facets=(), sort="score")
            total = len(oracle_requests.answer(self.collection, plain).hits)
            found.append((each.kind, each.text, total))
        return found

    def _exported(self, asked: Asked) -> list[tuple[str, float]]:
        return [(each.paragraph.id, each.score) for each in self.engine.export(asked.request)]

    def _filter(self, among: frozenset[str] | None) -> np.ndarray | None:
        return None if among is None else np.array([p.id in among for p in self.paragraphs], bool)


def _shown(hits: tuple[Hit, ...]) -> list[tuple[str, float]]:
    return [(hit.paragraph.id, hit.score) for hit in hits]


def _groups(page: Page) -> list[tuple]:
    return [(each.document.id, each.total, _shown(each.hits)) for each in page.groups]


def _facets(page: Page) -> list[tuple]:
    return [
        (
            facet.name,
            oracle_requests.Facet(
                [
                    oracle_requests.Value(v.value, v.label, v.count, v.selected, v.excluded)
                    for v in facet.values
                ],
                facet.more,
            ),
        )
        for facet in page.facets
    ]


def _totals(page: Page) -> list[tuple[str, str, int]]:
    return [(each.kind, each.text, each.total) for each in page.suggestions]


def _names(snapshot: Snapshot) -> list[str]:
    """Give the ids of all documents in the segments, in the order of their paragraphs."""
    found = []
    for segment in snapshot.segments:
        by_number = sorted(segment.data.document_ids(), key=itemgetter(1))
        found += [name for name, _ in by_number]
    return found


def _difference(*answers: tuple[list, list, str]) -> str:
    """Say where the first of the answers differs: the engine's is first, the oracle's second."""
    for found, wanted, name in answers:
        for rank, (a, b) in enumerate(zip_longest(found, wanted, fillvalue="nothing")):
            if a != b:
                lengths = f"of {len(found)} and {len(wanted)}"
                return f"{name} {rank}: the engine has {a!r}, the oracle {b!r}, {lengths}"
    return ""


# Random ones.


def random_case(rng: random.Random, size: int | None = None) -> Case:
    """Give a collection in one to eight segments; of `size` short paragraphs, or a small one."""
    documents = (
        strategies.random_crowd(rng, size, longest=40 if size < 10_000 else 4)
        if size
        else strategies.random_documents(rng, most=16)
    )
    segments = strategies.random_segments(rng, documents)
    share = rng.choice((0.0, 0.0, 0.1, 0.5, 0.9))
    deleted = frozenset(d[0].document for d in documents if rng.random() < share)
    return Case(tuple(segments), deleted)


def random_known_case(rng: random.Random, size: int | None = None) -> Case:
    """Give such a collection, of whose documents something is known."""
    plain = strategies.random_crowd(rng, size) if size else strategies.random_documents(rng, 16)
    documents, facts = known(rng, plain)
    segments = strategies.random_segments(rng, documents)
    share = rng.choice((0.0, 0.0, 0.1, 0.5, 0.9))
    deleted = frozenset(name for name in facts if rng.random() < share)
    return Case(tuple(segments), deleted, facts)


def random_asks(rng: random.Random, case: Case) -> Iterator[Ask]:
    """Ask a collection, for ever: a large one flat queries, a small one nested ones."""
    documents = [document for segment in case.segments for document in segment]
    present = strategies.places(documents)
    paragraphs = [paragraph.id for document in documents for paragraph in document]
    while True:
        among = None
        if rng.randrange(4) == 0:
            density = rng.choice(DENSITIES)
            among = frozenset(p for p in paragraphs if rng.random() < density)
        yield Ask(
            _tree(rng, present, is_crowd=len(paragraphs) > 256),
            k=rng.choice(KS),
            count=rng.randrange(2) == 0,
            documents=rng.randrange(3) == 0,
            among=among,
            context=rng.randrange(4) > 0,
        )


def _tree(rng: random.Random, present: strategies.Places, is_crowd: bool) -> query.Query:
    """Give a tree, or what the query language makes of a string."""
    if present and rng.randrange(10) < (8 if is_crowd else 1):
        return strategies.random_flat(rng, present)
    if rng.randrange(5) == 0:
        return parse(strategies.random_query(rng), relaxed=rng.randrange(2) == 0).tree
    return strategies.random_tree(rng, present, leaves=strategies.ALL_LEAVES)
