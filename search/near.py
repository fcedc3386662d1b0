"""The best paragraphs by BM25, scored again: words that stand near each other raise them.

Each two words of a query that are wanted add a share of the lower weight of the two, over the
square of the smallest distance between them. No paragraph loses by it, so those behind the best
follow as they were. `docs/relevance.md` has what it was measured against.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from whoosh import query

from index.analysis import stem
from index.errors import Damaged
from index.snapshot import Snapshot
from search import score
from search.budget import Budget
from search.execute import Answer, execute
from search.kernels.near import FAR, ROWS, distances
from search.score import F64
from search.statistics import Ordinals, Word
from search.where import Where, everywhere

RESCORED = 100
"""How many of the best are scored again."""

MAX_WORDS = 16
"""How many words of a query take part, those of the highest weight."""


class Wanted(NamedTuple):
    """A word that is wanted, in any form, and where it is in each segment."""

    text: str
    boost: float
    idf: float
    here: tuple[Word | None, ...]

    @property
    def weight(self) -> float:
        """The boost times the idf."""
        return self.boost * self.idf


def ranked(snapshot: Snapshot, tree: query.Query, k: int, budget: Budget) -> Answer:
    """Give the best k at least, and all counts, as `execute` does; RESCORED of them scored again.

    Raises Damaged.
    """
    words = wanted(snapshot, tree) if k else []
    if len(words) < 2:
        return execute(snapshot, tree, k, documents=True, budget=budget)
    answer = execute(snapshot, tree, max(k, RESCORED), documents=True, budget=budget)
    best = answer.ordinals[:RESCORED]
    scores = answer.scores[:RESCORED] + added(words, apart(snapshot, words, best)).sum(axis=1)
    order = np.lexsort((best, -scores))
    return answer._replace(
        ordinals=np.concatenate([best[order], answer.ordinals[RESCORED:]]),
        scores=np.concatenate([scores[order], answer.scores[RESCORED:]]),
    )


def wanted(snapshot: Snapshot, tree: query.Query) -> Sequence[Wanted]:
    """Give the words that take part, of each stem one, the highest weight first.

    Those of phrases and patterns do not, nor do alternatives, and what the index has not.
    """
    places = everywhere(snapshot)
    found: dict[str, Wanted] = {}
    for text, boost in _words(tree, 1.0) if places else ():
        _, here, idf = places[0].statistics.word("text", text)
        known = found.get(own := stem(text))
        if any(here) and (known is None or known.boost < boost):
            found[own] = Wanted(text, boost, idf, here)
    return sorted(found.values(), key=lambda word: -word.weight)[:MAX_WORDS]


def _words(node: query.Query, boost: float) -> Iterator[tuple[str, float]]:
    boost *= getattr(node, "boost", 1.0)
    match node:
        case query.Term(fieldname="text"):
            yield node.text, boost
        case query.And() | query.Or():
            for each in node.subqueries:
                yield from _words(each, boost)
        case query.AndMaybe():
            yield from _words(node.a, boost)
            yield from _words(node.b, boost)


def apart(snapshot: Snapshot, words: Sequence[Wanted], ordinals: Ordinals) -> Ordinals:
    """Give how far each two words stand apart: a row a paragraph, FAR where they are not in it.

    Pairs are in the order of the first word, then of the second. Raises Damaged.
    """
    found = np.full((len(ordinals), len(words) * (len(words) - 1) // 2), FAR)
    for where in everywhere(snapshot):
        first = where.segment.base
        inside = (first <= ordinals) & (ordinals < first + where.segment.data.paragraph_count)
        if inside.any():
            found[inside] = _apart_in(where, words, ordinals[inside] - first, found[inside])
    return found


def _apart_in(where: Where, words: Sequence[Wanted], ordinals: Ordinals, out: Ordinals) -> Ordinals:
    here = [word.here[where.place] for word in words]
    terms = np.array([word.place.term if word else -1 for word in here], np.int64)
    room = np.empty(ROWS * len(words), np.int64)
    try:
        distances(where.segment.data.table, terms, ordinals, room, out.reshape(-1))
    except (ValueError, IndexError) as error:
        raise Damaged(f"{where.segment.data.path}: {error}") from error
    return out


def added(words: Sequence[Wanted], apart: Ordinals) -> F64:
    """Give what each two words add, by how far they stand apart."""
    lower = np.array([word.weight for i in range(len(words)) for word in words[i + 1 :]])
    return score.near(lower, apart.astype(np.float64))
