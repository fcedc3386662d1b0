"""Documents with all the words in different paragraphs, against sets of words by document."""

import random
from collections import defaultdict

import pytest
from against_oracle import Case, Pair
from collections_on_disk import texts, write
from oracle import evaluate
from strategies import ALL_LEAVES, places, random_documents, random_segments, random_tree
from whoosh import query
from whoosh.query.spans import SpanNear2

from search.across import MAX_SHOWN, across, shown
from search.budget import Budget
from search.engine import Request
from search.local import Local

JOINED = (query.And, query.Or, query.DisjunctionMax)


class Brute:
    """The documents that match, and of each the best paragraphs, worked out one by one."""

    def __init__(self, pair):
        self.pair = pair
        live = pair.collection.live
        self.documents = {pair.collection.documents[ordinal] for ordinal in live}

    def leaf(self, node):
        answer = evaluate(self.pair.collection, node, context=False)
        return dict(zip(answer.ordinals, answer.scores, strict=True))

    def matching(self, node):
        if isinstance(node, query.And):
            return set.intersection(*map(self.matching, node.subqueries))
        if isinstance(node, query.Or | query.DisjunctionMax):
            return set().union(*map(self.matching, node.subqueries))
        if isinstance(node, query.AndMaybe):
            return self.matching(node.a)
        if isinstance(node, query.Not):
            return self.documents - self.matching(node.query)
        return {self.pair.collection.documents[ordinal] for ordinal in self.leaf(node)}

    def wanted(self, node, boost=1.0):
        boost *= getattr(node, "boost", 1.0)
        if isinstance(node, query.Not | query.Every) or node is query.NullQuery:
            return []
        if isinstance(node, JOINED):
            return [leaf for each in node.subqueries for leaf in self.wanted(each, boost)]
        if isinstance(node, query.AndMaybe):
            return self.wanted(node.a, boost) + self.wanted(node.b, boost)
        return [node.with_boost(boost)]

    def answer(self, tree):
        leaves = []
        for leaf in self.wanted(tree):
            if leaf not in leaves:
                leaves.append(leaf)
        by_document = defaultdict(list)
        for leaf in leaves or [query.Every()]:
            best = {}
            for ordinal, score in sorted(self.leaf(leaf).items()):
                document = self.pair.collection.documents[ordinal]
                if document not in best or score > best[document][0]:
                    best[document] = (score, ordinal)
            for document, found in best.items():
                by_document[document].append(found)
        matching = sorted(
            self.matching(tree), key=lambda d: (-sum(s for s, _ in by_document[d]), d)
        )
        return [
            ordinal
            for document in matching
            for ordinal in sorted({ordinal for _, ordinal in by_document[document]})
        ], len(matching)


@pytest.mark.parametrize("seed", range(10))
def test_documents_and_their_paragraphs(tmp_path, seed):
    rng = random.Random(seed)
    documents = random_documents(rng, most=12)
    deleted = frozenset(d[0].document for d in documents[1:] if rng.randrange(4) == 0)
    pair = Pair(tmp_path, Case(tuple(random_segments(rng, documents, most=3)), deleted))
    brute, present = Brute(pair), places(documents)
    for _ in range(40):
        tree = random_tree(rng, present, leaves=ALL_LEAVES)
        if len(brute.wanted(tree)) > MAX_SHOWN or _is_boosted_near(tree):
            continue
        ordinals, count = brute.answer(tree)
        found = across(pair.snapshot, tree, len(pair.paragraphs), Budget())
        assert found.ordinals.tolist() == ordinals, tree
        assert (found.total, found.documents) == (len(ordinals), count)
        some = across(pair.snapshot, tree, 2, Budget())
        assert some.ordinals.tolist() == ordinals[:2]
        assert some.total == len(ordinals)
        scores = evaluate(pair.collection, shown(tree))
        by_ordinal = dict(zip(scores.ordinals, scores.scores, strict=True))
        assert found.scores.tolist() == [by_ordinal[ordinal] for ordinal in ordinals]


def _is_boosted_near(tree):
    """The oracle's proximities have no boost of their own."""
    return any(isinstance(leaf, SpanNear2) for leaf in tree.leaves())


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    documents = [
        texts("a.txt", "One", "nato met", "the treaty", "nothing", "nato again and again"),
        texts("b.txt", "Two", "nato met", "nothing"),
        texts("c.txt", "Three", "the treaty of nato"),
        texts("d.txt", "Four", "the treaty"),
    ]
    return Local(write(tmp_path_factory.mktemp("scattered"), documents).folder)


def ids(engine, text, **asked):
    page = engine.search(Request(text, scope="document", **asked))
    return [hit.paragraph.id for hit in page.hits], page.total, page.documents


def test_a_document_shows_the_paragraphs_that_together_have_all(engine):
    assert ids(engine, "nato treaty") == (["a.txt:1", "a.txt:2", "c.txt:1"], 3, 2)
    assert ids(engine, "nato -treaty") == (["b.txt:1"], 1, 1)
    assert ids(engine, "met treaty") == (["a.txt:1", "a.txt:2"], 2, 1)


def test_pages_of_it(engine):
    assert ids(engine, "nato treaty", limit=2, offset=1) == (["a.txt:2", "c.txt:1"], 3, 2)
    assert ids(engine, "nato treaty", offset=9) == ([], 3, 2)


def test_where_no_document_has_all_some_have_some(engine):
    page = engine.search(Request("nato moon", scope="document"))
    assert page.relaxed
    assert page.documents == 3
    assert "no document has all of nato and moon: these have some" in page.warnings


def test_exclusions_alone_show_the_titles(engine):
    assert ids(engine, "-nato") == (["d.txt:0"], 1, 1)


def test_it_is_offered_where_no_paragraph_has_all(engine):
    page = engine.search(Request("met treaty"))
    assert page.relaxed
    offered = [each for each in page.suggestions if each.scope == "document"]
    assert [(each.kind, each.text, each.total) for each in offered] == [
        ("relaxed", "met treaty", 2)
    ]
    assert not engine.search(Request("nato treaty")).suggestions


def test_nothing_matches_nothing(engine, tmp_path):
    assert ids(engine, "") == ([], 0, 0)
    assert ids(Local(write(tmp_path, [texts("a.txt", "x")]).folder), "y") == ([], 0, 0)
