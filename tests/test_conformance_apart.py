"""The expectations of the conformance cases, worked out by brute force instead of by an engine."""

import json
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from collections_on_disk import as_document
from oracle_collection import Collection
from oracle_offers import Offers
from oracle_requests import answer
from test_conformance import CASES, FILES, asked, documents, listed

from index.analysis import analyze


@cache
def held(name: str) -> Offers:
    """Read the documents of a file of cases."""
    found = [as_document(each) for each in documents(FILES[name]["documents"])]
    paragraphs = [paragraph for each in found for paragraph in each.paragraphs]
    gone = FILES[name].get("deleted", [])
    deleted = {ordinal for ordinal, p in enumerate(paragraphs) if p.document in gone}
    infos = [each.info for each in found]
    return Offers(Collection([each.paragraphs for each in found], deleted, infos), paragraphs)


@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{name}: {case['request']['query']}" for name, case in CASES]
)
def test_pages(name, case):
    collection, paragraphs, request = held(name).collection, held(name).paragraphs, asked(case)
    whole = answer(collection, request)
    part = slice(request.offset, request.offset + request.limit)
    is_grouped = request.group == "document" and request.scope == "paragraph"
    groups = [
        [collection.infos[g.document].id, g.total, [paragraphs[hit.ordinal].id for hit in g.best]]
        for g in whole.groups[part]
    ]
    hits = [paragraphs[hit.ordinal].id for hit in whole.hits[part]]
    assert (case["ids"], case.get("groups", [])) == (([], groups) if is_grouped else (hits, []))
    assert (case["total"], case["documents"]) == (whole.total, whole.documents)
    assert case.get("relaxed", False) == whole.relaxed
    facets = {
        name: [[value.value, value.count] for value in facet.values]
        for name, facet in whole.facets.items()
    }
    assert case.get("facets", {}) == facets
    for text, total in case.get("suggestions", []):
        other = replace(request, query=text, match="all")
        totals = [
            answer(collection, replace(other, scope=s)).total for s in ("paragraph", "document")
        ]
        assert total in totals


@pytest.mark.parametrize(("name", "case"), listed("suggest"))
def test_completions(name, case):
    text = case["text"]
    is_of_words = all(char.isalnum() or char.isspace() for char in text) and "NOT" not in text
    wanted = held(name).completed(text) if is_of_words else []
    if "OR" not in text.split():
        assert case["completions"] == [list(each) for each in wanted]


def is_plain(text: str) -> bool:
    """Tell whether a query is of words alone, side by side."""
    words = text.split()
    return all(map(str.isalpha, words)) and {"OR", "AND", "NOT"}.isdisjoint(words)


PLAIN = [case for case in FILES["suggestions"]["cases"] if is_plain(case["request"]["query"])]


@pytest.mark.parametrize("case", PLAIN, ids=[case["request"]["query"] for case in PLAIN])
def test_did_you_mean(case):
    text = case["request"]["query"]
    offered = [each for each, _ in case.get("suggestions", [])]
    mended = held("suggestions").mended(text)
    if mended:
        assert mended in offered
    others = {each for each in offered if each != mended and " OR " not in each}
    assert all(set(each.split()) <= set(text.split()) for each in others)  # some of the same words


@pytest.mark.parametrize(
    ("name", "case"),
    listed("similar"),
    ids=[json.dumps(c["request"]) for _, c in listed("similar")],
)
def test_similar(name, case):
    offers, request = held(name), case["request"]
    ids = [paragraph.id for paragraph in offers.paragraphs]
    own = ids.index(request["id"])
    among = set(range(len(ids))) - {own}
    if request.get("other_documents"):
        mine = offers.collection.documents
        among = {each for each in among if mine[each] != mine[own]}
    limit = request.get("limit", 20)
    same = offers.same(own, among)
    similar = [each for each in offers.similar(own, among) if each not in same]
    assert case["same"] == [ids[each] for each in same[:limit]]
    assert case["similar"] == [ids[each] for each in similar[: max(0, limit - len(same))]]
    if same:
        differing = tuple(Counter(_stems(case[side])) for side in ("here", "there"))
        assert differing == offers.differing(own, same[0])


def _stems(texts: list[str]) -> list[str]:
    return [token.stem for text in texts for token in analyze(text)]
