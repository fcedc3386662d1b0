import random

import oracle
import pytest
import strategies
from collections_on_disk import commit, texts, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query

from index.snapshot import Snapshot
from search import execute as module
from search.execute import execute
from search.query import parse


def same(snapshot: Snapshot, collection: oracle.Collection, tree: query.Query) -> int:
    """Hold the engine to the oracle, bit for bit; give how many paragraphs match."""
    found, wanted = execute(snapshot, tree), oracle.evaluate(collection, tree)
    assert found.ordinals.tolist() == wanted.ordinals, tree
    assert found.scores.tolist() == wanted.scores, tree
    return wanted.total


@pytest.mark.parametrize("seed", range(4))
def test_generated_trees_over_several_segments(tmp_path, seed):
    documents, matching = None, 0
    for number, case in enumerate(strategies.seeded(1000, seed, most=8)):
        if case[0] is not documents:
            documents = case[0]
            segments = random.Random(number).randint(1, 4)
            snapshot = write(tmp_path / str(number), documents, segments)
            collection = oracle.Collection(documents, set())
        matching += same(snapshot, collection, case[1]) > 0
    assert matching > 500


@pytest.mark.parametrize("seed", range(2))
def test_generated_trees_with_deletions(tmp_path, seed, monkeypatch):
    """Deleted paragraphs count in the statistics until their segment is written anew."""
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    rng, deletions = random.Random(seed), 0
    for number in range(15):
        documents = strategies.random_documents(rng, most=8)
        folder = tmp_path / f"{number}"
        write(folder, documents, segments=rng.randint(1, 3))
        deleted = strategies.random_deletions(rng, documents)
        # A segment that has nothing left goes at once: one document stays in each.
        names = {p.document for i, p in enumerate(p for d in documents for p in d) if i in deleted}
        sizes = [s.data for s in Snapshot.open(folder).segments]
        for data in sizes:
            names.discard(data.info(0).id)
        ordinals = {i for i, p in enumerate(p for d in documents for p in d) if p.document in names}
        snapshot = commit(folder, [], names) if names else Snapshot.open(folder)
        collection, present = oracle.Collection(documents, ordinals), strategies.places(documents)
        deletions += len(ordinals)
        for _ in range(30):
            same(snapshot, collection, strategies.random_tree(rng, present))
    assert deletions > 50


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(strategies.cases)
def test_hypothesis_finds_no_difference(tmp_path_factory, case):
    documents, tree = case
    same(write(tmp_path_factory.mktemp("i"), documents), oracle.Collection(documents, set()), tree)


def test_generated_query_strings(tmp_path):
    rng = random.Random(7)
    documents = strategies.random_documents(rng, most=8)
    snapshot, collection = write(tmp_path, documents, 2), oracle.Collection(documents, set())
    for _ in range(1500):
        text = strategies.random_query(rng)
        for relaxed in (False, True):
            same(snapshot, collection, parse(text, relaxed).tree)


def test_a_prefix_of_too_many_forms_finds_all_of_them_without_a_score(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_FORMS", 2)
    monkeypatch.setattr(oracle, "MAX_FORMS", 2)
    documents = [texts("a", "title", "war wars warring", "wares", "peace", "warden war")]
    snapshot, collection = write(tmp_path, documents), oracle.Collection(documents, set())
    assert same(snapshot, collection, query.Prefix("form", "war")) == 3
    answer = execute(snapshot, query.Prefix("form", "war"))
    assert set(answer.scores.tolist()) == {0.0}
    assert answer.warnings == ("war* stands for 5 words: all are found, without a score",)
    assert set(execute(snapshot, query.Prefix("form", "ward")).scores.tolist()) != {0.0}


def test_documents_are_counted_over_segments(tmp_path):
    documents = [texts(name, "war", "war", "peace") for name in "abc"]
    answer = execute(write(tmp_path, documents, 3), query.Term("text", "war"))
    assert (len(answer.ordinals), answer.documents) == (6, 3)


def test_ties_go_to_the_lower_ordinal(tmp_path):
    documents = [texts(name, "t", *["same words"] * 30) for name in "abc"]
    answer = execute(write(tmp_path, documents, 3), query.Term("text", "same"))
    assert answer.ordinals.tolist() == sorted(answer.ordinals.tolist())
    assert len(answer.ordinals) == 90


@pytest.mark.parametrize("name", ["time", "cranfield"])
def test_real_text(tmp_path, name, judged):
    """Real paragraphs and real questions, where the measurement data are at hand."""
    paragraphs, questions = judged(name)
    documents = [
        texts(f"{first:05}", *paragraphs[first : first + 10]) for first in range(0, 300, 10)
    ]
    snapshot, collection = write(tmp_path, documents, 3), oracle.Collection(documents, set())
    for question in questions[:40]:
        same(snapshot, collection, parse(question, relaxed=True).tree)


@given(st.lists(st.sampled_from(["a", "b", "a-b", "ab", "a's"]), min_size=1, max_size=6))
def test_a_text_is_found_by_itself_as_a_phrase(tmp_path_factory, words):
    text = " ".join(words)
    snapshot = write(tmp_path_factory.mktemp("i"), [texts("d", "title", text)])
    assert 1 in execute(snapshot, parse(f'"{text}"').tree).ordinals
