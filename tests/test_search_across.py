"""Documents with all the words in different paragraphs, against sets of words by document."""

import random

import pytest
from against_oracle import Case, Pair
from collections_on_disk import texts, write
from oracle_requests import across as brute
from oracle_requests import wanted
from strategies import ALL_LEAVES, places, random_documents, random_segments, random_tree

from search.across import MAX_SHOWN, across
from search.budget import Budget
from search.engine import Request
from search.local import Local


@pytest.mark.parametrize("seed", range(10))
def test_documents_and_their_paragraphs(tmp_path, seed):
    rng = random.Random(seed)
    documents = random_documents(rng, most=12)
    deleted = frozenset(d[0].document for d in documents[1:] if rng.randrange(4) == 0)
    pair = Pair(tmp_path, Case(tuple(random_segments(rng, documents, most=3)), deleted))
    present = places(documents)
    for _ in range(40):
        tree = random_tree(rng, present, leaves=ALL_LEAVES)
        if len(list(wanted(tree, 1.0))) > MAX_SHOWN:
            continue
        hits = brute(pair.collection, tree)
        ordinals = [hit.ordinal for hit in hits]
        count = len({pair.collection.documents[ordinal] for ordinal in ordinals})
        found = across(pair.snapshot, tree, len(pair.paragraphs), Budget())
        assert found.ordinals.tolist() == ordinals, tree
        assert found.scores.tolist() == [hit.score for hit in hits]
        assert (found.total, found.documents) == (len(ordinals), count)
        some = across(pair.snapshot, tree, 2, Budget())
        assert some.ordinals.tolist() == ordinals[:2]
        assert some.total == len(ordinals)


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


def test_a_document_that_matches_without_any_of_the_words_shows_its_title(engine):
    assert ids(engine, "moon OR -nato") == (["d.txt:0"], 1, 1)


def test_an_export_is_by_score_as_the_pages_are(engine):
    asked = Request("nato OR treaty", scope="document", sort="document", limit=100)
    found = [each.paragraph.id for each in engine.export(asked)]
    assert found == [hit.paragraph.id for hit in engine.search(asked).hits]
    assert found != sorted(found)


def test_other_forms_are_offered_in_the_same_scope(engine):
    (offered,) = engine.search(Request('"treaties" nato', scope="document")).suggestions
    assert (offered.kind, offered.scope, offered.total) == ("stemmed", "document", 3)


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
