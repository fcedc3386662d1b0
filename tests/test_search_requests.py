"""Requests of every kind at the engine's door, against the brute-force evaluator."""

import itertools
import random
from dataclasses import replace
from datetime import date

import oracle_requests
import pytest
from against_oracle import Pair, random_known_case
from collections_on_disk import as_document, texts
from oracle_collection import Collection
from oracle_fields import days
from oracle_requests import Whole
from random_requests import random_requests

from index.model import Document
from search.engine import FACETS, GROUPINGS, MATCHES, SCOPES, SORTS, Request


@pytest.fixture(autouse=True)
def keep_deleted(monkeypatch):
    """Deleted paragraphs count in the statistics until their segment is written anew: never."""
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_requests_over_segments_with_deletions(tmp_path, seed):
    rng = random.Random(seed)
    case = random_known_case(rng)
    pair = Pair(tmp_path, case)
    for asked in itertools.islice(random_requests(rng, case.facts), 40):
        pair.check(asked)


# The evaluator, against what is worked out by hand.


def known(name: str, *lines: str, **facts: str) -> Document:
    plain = as_document(texts(name, *lines))
    return replace(plain, info=replace(plain.info, **facts))


# Ordinals 0 to 4, 5 and 6, 7 and 8.
DOCUMENTS = (
    known(
        "a.txt", "War", "war", "# The treaty", "war again", "peace", date="2022-02", type="record"
    ),
    known("b.txt", "Peace", "war", date="2021-12-31", author="Jane Austen", path="x/y/b.txt"),
    known("c.txt", "Border", "peace war", language="RU", path="x/c.txt"),
)
HELD = Collection([d.paragraphs for d in DOCUMENTS], infos=[d.info for d in DOCUMENTS])


def answer(query: str, **asked) -> Whole:
    return oracle_requests.answer(HELD, Request(query, **asked))


@pytest.mark.parametrize(
    ("query", "filters", "expected"),
    [
        ("war", "", [0, 1, 3, 6, 8]),
        ("war title:peace", "", [6]),
        ("war section:treaties", "", [3]),
        ("section:treaty", "", [2, 3, 4]),
        ("", "section:treaty", [2, 3, 4]),
        ("war type:record", "", [0, 1, 3]),
        ("war language:ru", "", [8]),
        ("war author:austen", "", [6]),
        ("war", "author:Austen", []),
        ("war", "author:Jane Austen", [6]),
        ("war path:x", "", [6, 8]),
        ("war path:x/y", "", [6]),
        ("war", "path:x/c.txt", [8]),
        ("war", "folder:a.txt", [0, 1, 3]),
        ("war document:a*", "", [0, 1, 3]),
        ("war date:2022", "", [0, 1, 3]),
        ("war date:2022-02-01", "", []),
        ("war", "date:<2022", [6]),
        ("war", "date:[2021 TO 2022-02]", [0, 1, 3, 6]),
        ("war", "-date:*", [8]),
        ("war", "month:2022-02", [0, 1, 3]),
        ("war", "year:2021", [6]),
        ("war", "document:a.txt|document:b.txt", [0, 1, 3, 6]),
        ("war", "document:a.txt|document:b.txt|year:2021", [6]),
        ("war", "-document:a.txt|-year:2021", [8]),
        ("war NOT title:war", "", [6, 8]),
        ("treaty OR language:ru", "", [2, 7, 8]),
    ],
)
def test_fields_and_filters_narrow(query, filters, expected):
    whole = answer(query, filters=tuple(filter(None, filters.split("|"))))
    assert sorted(hit.ordinal for hit in whole.hits) == expected
    assert whole.total == len(expected)


def test_fields_score_nothing():
    plain = {hit.ordinal: hit.score for hit in answer("war").hits}
    for asked in (answer("war type:record"), answer("war", filters=("type:record",))):
        assert [hit.score for hit in asked.hits] == sorted(
            (plain[n] for n in (0, 1, 3)), reverse=True
        )
    assert [hit.score for hit in answer("type:record").hits] == [0.0] * 5


def test_orders_and_groups():
    def order(**asked) -> list[int]:
        return [hit.ordinal for hit in answer("war", **asked).hits]

    assert order(sort="document") == [0, 1, 3, 6, 8]
    assert order(sort="date:desc") == [0, 1, 3, 6, 8]
    assert order(sort="date:asc") == [6, 0, 1, 3, 8]
    by_score = order()
    groups = answer("war").groups
    assert [each.document for each in groups] == list(
        dict.fromkeys(HELD.documents[n] for n in by_score)
    )
    assert {each.document: each.total for each in groups} == {0: 3, 1: 1, 2: 1}
    assert [each.document for each in answer("war", sort="date:asc").groups] == [1, 0, 2]
    assert [hit.ordinal for hit in answer("*").groups[0].best] == [0, 1, 2]


def test_a_facet_does_not_filter_itself():
    asked = answer("war", filters=("year:2021", "-type:text"), facets=("year", "type", "folder"))
    assert asked.hits == []
    assert [(v.value, v.count, v.selected) for v in asked.facets["year"].values] == [
        ("2022", 3, False), ("2021", 0, True),
    ]  # fmt: skip
    assert asked.facets["type"].values == [("text", "text", 1, False, True)]
    assert asked.facets["folder"].values == []
    folders = answer("war", facets=("folder",)).facets["folder"].values
    assert [(v.value, v.count) for v in folders] == [("a.txt", 3), ("x", 2), ("x/y", 1)]


@pytest.mark.parametrize(
    ("match", "expected", "relaxed"),
    [("all", [], False), ("any", [0, 1, 3, 6, 8], False), ("auto", [0, 1, 3, 6, 8], True)],
)
def test_all_or_any_of_the_words(match, expected, relaxed):
    whole = answer("war moon", match=match)
    assert sorted(hit.ordinal for hit in whole.hits) == expected
    assert whole.relaxed == relaxed


def test_words_in_different_paragraphs():
    assert [h.ordinal for h in answer("again peace", scope="document").hits] == [3, 4]
    assert [h.ordinal for h in answer("-treaty", scope="document").hits] == [5, 7]
    assert [h.ordinal for h in answer("moon OR -treaty", scope="document").hits] == [5, 7]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2022-12", date(2022, 12, 1), date(2022, 12, 31)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2022-02-10", date(2022, 2, 10), date(2022, 2, 10)),
    ],
)
def test_days(text, first, last):
    assert days(text) == (first, last)


def test_generated_requests_are_the_same_again_and_reach_everything():
    facts = {d.info.id: {"path": d.info.path} for d in DOCUMENTS}
    one, other = (
        list(itertools.islice(random_requests(random.Random(1), facts), 2000)) for _ in range(2)
    )
    assert [str(each) for each in one] == [str(each) for each in other]
    requests = [each.request for each in one]
    assert {r.sort for r in requests} == set(SORTS)
    assert {(r.scope, r.group, r.match) for r in requests} == set(
        itertools.product(SCOPES, GROUPINGS, MATCHES)
    )
    assert {name for r in requests for name in r.facets} == set(FACETS)
    assert {f.partition(":")[0].lstrip("-") for r in requests for f in r.filters} >= {
        "title",
        "date",
        "path",
    }
    assert sum(each.meaning is not None for each in one) > 800
