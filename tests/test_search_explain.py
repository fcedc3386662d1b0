"""The parts of a score come to it, whatever was asked."""

import random

import numpy as np
import pytest
from against_oracle import Case, Pair
from collections_on_disk import texts, write
from oracle_collection import grained
from strategies import (
    ALL_LEAVES,
    places,
    random_documents,
    random_flat,
    random_segments,
    random_tree,
)
from whoosh import query

from search.engine import Explanation, Request
from search.execute import execute
from search.explain import Explainer
from search.local import Local
from search.query import parse


def adds_up(explanation: Explanation) -> bool:
    """Work a value out from its parts, to the last bit, and theirs from their own."""
    values = [part.value for part in explanation.parts]
    match explanation.how:
        case "sum":
            come_to = 0.0
            for value in values:
                come_to += value
        case "best":
            come_to = max(values)
        case "product":
            come_to = product(explanation.parts)
        case "number":
            if not values:
                return True
            tf, norm = map(np.float32, values)
            come_to = float(tf / (tf + norm))
    return come_to == explanation.value and all(map(adds_up, explanation.parts))


def product(parts: tuple[Explanation, ...]) -> float:
    if parts[-1].text.startswith("1 / d²"):
        *boost, weight, idf, nearness = (part.value for part in parts)
        return grained(weight * (boost[0] * idf if boost else idf) * nearness)
    *boost, a, b = (part.value for part in parts)
    factor = boost[0] if boost else 1.0
    if parts[-1].text == "tf / (tf + K)":
        return grained(float(np.float32(factor * a) * np.float32(b)))
    return grained(a * (factor * b))


@pytest.mark.parametrize("seed", range(12))
def test_the_parts_of_every_score_come_to_it(tmp_path, seed):
    rng = random.Random(seed)
    documents = random_documents(rng, most=8)
    deleted = frozenset(d[0].document for d in documents[1:] if rng.randrange(4) == 0)
    segments = tuple(random_segments(rng, documents, most=3))
    pair = Pair(tmp_path, Case(segments, deleted))
    present, explained = places(documents), 0
    for _ in range(60):
        tree = rng.choice((random_flat, random_tree))(rng, present)
        if rng.randrange(3) == 0:
            tree = random_tree(rng, present, leaves=ALL_LEAVES)
        answer = execute(pair.snapshot, tree)
        explainer = Explainer(pair.snapshot, tree)
        for ordinal, score in zip(answer.ordinals.tolist(), answer.scores.tolist(), strict=True):
            explanation = explainer.explain(ordinal)
            assert explanation.value == score, tree
            assert adds_up(explanation), tree
            explained += 1
    assert explained > 50


def test_frequent_words_are_counted_exactly(tmp_path):
    many = " ".join(["war"] * 5000 + ["the war", "the wars"] * 30)
    snapshot = write(tmp_path, [texts("a.txt", "Title", many, "war", "peace")])
    for text, times in (
        ("war", 5060),
        ("=x", 0),
        ('"the war"', 30),
        ('"the wars"', 30),
        ("wa*", 5060),
    ):
        tree = parse(text).tree
        for ordinal in execute(snapshot, tree).ordinals.tolist()[:1]:
            (leaf,) = Explainer(snapshot, tree).explain(1).parts
            assert ordinal in (1, 2)
            assert numbers(leaf)["tf, how often it is here"] == times


def numbers(explanation: Explanation) -> dict[str, float]:
    found = {explanation.text: explanation.value}
    for part in explanation.parts:
        found |= numbers(part)
    return found


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    documents = [
        texts(
            "a.txt",
            "War and talks",
            "# Frank talks",
            "The talks were frank, frank and frank.",
            "Nobody was frank.",
        ),
        texts("b.txt", "Peace", "Talks go on, co-ordinated."),
    ]
    return Local(write(tmp_path_factory.mktemp("explained"), documents).folder)


def first(engine, text, **asked):
    return engine.search(Request(text, explain=True, **asked)).hits[0]


def test_words_title_and_heading_are_told(engine):
    hit = first(engine, "frank talks")
    texts = [part.text for part in hit.explanation.parts]
    assert texts == [
        "frank, in any form",
        "talks, in any form",
        "“frank” in the heading",
        "“talks” in the title",
        "“talks” in the heading",
        "“frank” and “talks” stand 2 apart",
    ]
    assert hit.explanation.value == hit.score
    told = numbers(hit.explanation)
    assert told["tf, how often it is here"] in (1, 3)
    assert any("frank” is in n = 3 of N = 6 paragraphs" in text for text in told)
    assert any("k1 = 1.2, b = 0.75, length = 7 words, average = 3.50" in text for text in told)


def test_words_near_each_other_are_told(engine):
    """Of the two, the one of the lower weight counts: its idf, or that times its boost."""
    for text, idf, lower in (("frank talks", "talks", 1.0), ("frank^0.1 talks", "frank", 0.1)):
        hit = first(engine, text)
        near = hit.explanation.parts[-1]
        told = numbers(near)
        assert near.text.endswith("stand 2 apart")
        weight = told[f"idf by stem of “{idf}”, the lower of the two"] * told.get("boost", 1.0)
        assert told.get("boost", 1.0) == lower
        assert near.value == grained(0.2 * weight * 0.25)
        assert adds_up(hit.explanation)
        assert hit.explanation.value == hit.score


def test_only_what_was_scored_again_is_explained_so(engine):
    for asked in ({"sort": "document"}, {"scope": "document"}):
        hits = engine.search(Request("frank talks", explain=True, **asked)).hits
        assert hits
        for hit in hits:
            assert "apart" not in hit.explanation.parts[-1].text
            assert hit.explanation.value == hit.score
    (group,) = engine.search(Request("frank talks", explain=True, group="document")).groups
    assert "apart" not in group.hits[0].explanation.parts[-1].text
    assert group.hits[0].explanation.value == group.hits[0].score


def test_boosts_are_told(engine):
    tree = query.And([query.Term("text", "frank", boost=3.0), query.Term("text", "talks")])
    snapshot = engine._current()
    answer = execute(snapshot, tree)
    explained = Explainer(snapshot, tree).explain(int(answer.ordinals[0]))
    assert explained.value == answer.scores[0]
    boost = explained.parts[0].parts[0]
    assert (boost.text, boost.value) == ("boost", 3.0)


def test_alternatives_are_the_best_of_them(engine):
    explained = first(engine, "co-ordinated").explanation
    assert explained.parts[0].how == "best"
    assert adds_up(explained)


def test_what_excludes_and_what_has_no_score_adds_nothing(engine):
    explained = first(engine, "talks -peace").explanation
    assert [part.value for part in explained.parts if "not there" in part.text] == [0.0]
    assert first(engine, "-peace").explanation.value == 0.0


def test_relaxed_and_scattered_results_are_explained(engine):
    for asked in ({}, {"scope": "document"}, {"match": "any"}):
        for hit in engine.search(Request("nobody peace frank", explain=True, **asked)).hits:
            assert hit.explanation.value == hit.score
            assert adds_up(hit.explanation)


def test_all_that_a_filter_lets_through_is_explained(engine):
    for asked in ({}, {"sort": "document"}, {"group": "document"}, {"scope": "document"}):
        page = engine.search(Request("", explain=True, filters=("type:text",), **asked))
        hits = [*page.hits, *(hit for group in page.groups for hit in group.hits)]
        assert hits
        assert all(hit.explanation.value == hit.score == 0 for hit in hits)


def test_documents_that_match_by_what_they_have_not_are_explained(engine):
    request = Request("peace OR -zebra", scope="document", explain=True)
    hits = engine.search(request).hits
    assert any(hit.score == 0 for hit in hits)
    for hit in hits:
        assert hit.explanation.value == hit.score
        assert adds_up(hit.explanation)


def test_nothing_is_explained_unasked(engine):
    assert first(engine, "talks").explanation is not None
    assert engine.search(Request("talks")).hits[0].explanation is None


def test_what_does_not_match_has_no_explanation(engine):
    snapshot = engine._current()
    with pytest.raises(ValueError, match="does not match"):
        Explainer(snapshot, query.Term("text", "peace")).explain(1)
