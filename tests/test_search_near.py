"""Words that stand near each other raise a paragraph among the best hundred by score."""

import math
import random

import pytest
import strategies
from against_oracle import Case, Pair
from collections_on_disk import texts, write
from random_requests import Asked

from search.engine import Request
from search.local import Local


def numbers(found):
    return [each.paragraph.number for each in found]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """Of 150 paragraphs of the same words, every third has two of them side by side."""
    side_by_side, parted = "cold war of winter that was long", "cold winter that was of long war"
    paragraphs = [side_by_side if number % 3 == 2 else parted for number in range(150)]
    folder = tmp_path_factory.mktemp("crowd")
    return Local(write(folder, [texts("a", "A crowd", *paragraphs)]).folder)


WHOLE = (
    *(number for number in range(1, 101) if number % 3 == 0),
    *(number for number in range(1, 101) if number % 3),
    *range(101, 151),
)
"""The best hundred by the words alone are the first, for all are equal."""


def test_the_best_hundred_are_put_in_order_anew_and_the_rest_follows(crowd):
    pages = [crowd.search(Request("cold war", offset=offset)) for offset in range(0, 150, 20)]
    assert numbers(hit for page in pages for hit in page.hits) == list(WHOLE)
    assert {page.total for page in pages} == {150}
    assert numbers(crowd.export(Request("cold war"))) == list(WHOLE)


@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("offset", [0, 30, 95, 99, 100, 120])
def test_every_page_is_a_part_of_the_whole(crowd, limit, offset):
    page = crowd.search(Request("cold war", limit=limit, offset=offset))
    assert numbers(page.hits) == list(WHOLE[offset : offset + limit])


def test_of_a_page_across_rank_100_only_what_was_scored_again_is_explained_so(crowd):
    page = crowd.search(Request("cold war", limit=10, offset=95, explain=True))
    apart = ["apart" in hit.explanation.parts[-1].text for hit in page.hits]
    assert apart == [True] * 5 + [False] * 5
    assert all(hit.explanation.value == hit.score for hit in page.hits)


def test_other_orders_and_groups_are_as_the_words_alone_have_it(crowd):
    assert numbers(crowd.search(Request("cold war", sort="document")).hits) == list(range(1, 21))
    (group,) = crowd.search(Request("cold war", group="document")).groups
    assert numbers(group.hits) == [1, 2, 3]
    assert numbers(crowd.export(Request("cold war", sort="document"))) == list(range(1, 151))


def test_words_as_typed_phrases_and_patterns_add_nothing(crowd):
    plain = crowd.search(Request("=cold =war")).hits[0].score
    for text in ("=cold war", '"cold" war', "col* war", "war -(cold winters)", '"cold winter" war'):
        assert numbers(crowd.search(Request(text)).hits)[:2] != [3, 6], text
    assert crowd.search(Request("cold war")).hits[0].score > plain


def test_what_a_pair_adds_is_a_fifth_of_the_lower_weight_over_the_squared_distance(tmp_path):
    documents = [texts("a", "Notes", "cold war", "cold", "a war", "war of the cold", "so cold")]
    engine = Local(write(tmp_path, documents).folder)

    def gains(text):
        near, alone = (
            {hit.paragraph.number: hit.score for hit in engine.search(Request(each)).hits}
            for each in (text, text.replace("war", "=war"))
        )
        return {number: near[number] - alone[number] for number in near}

    cold, war = (math.log(1 + (6 - df + 0.5) / (df + 0.5)) for df in (4, 3))
    assert cold < war
    assert gains("cold war") == pytest.approx({1: 0.2 * cold, 4: 0.2 * cold / 9})
    assert gains("cold^3 war") == pytest.approx({1: 0.2 * war, 4: 0.2 * war / 9})
    for text in ("cold^0.25 cold^0.5 war", "cold^0.5 cold^0.25 war"):  # the highest boost counts
        assert gains(text) == pytest.approx({1: 0.1 * cold, 4: 0.1 * cold / 9})


def test_the_sixteen_words_of_highest_weight_take_part(tmp_path):
    """The others are common; each of those at the ends has a rare word beside it."""
    words = [f"{a}{b}" for a in "bdfgk" for b in ("ablo", "elto", "ilmu", "oncu")]
    rare, common = words[:16], words[16:]
    documents = [
        texts("a", "Notes", " ".join(words), *common * 3),
        texts("b", "Notes", *common * 3),
    ]
    engine = Local(write(tmp_path, documents).folder)
    for order in (words, words[::-1]):
        (hit,) = engine.search(Request(" ".join(order), explain=True)).hits
        apart = [part.text for part in hit.explanation.parts if "apart" in part.text]
        assert len(apart) == 16 * 15 / 2
        assert all(word in " ".join(apart) for word in rare)
        assert not any(word in " ".join(apart) for word in common)
        assert hit.explanation.value == hit.score


def test_words_that_are_nowhere_take_no_part(tmp_path):
    nowhere = " ".join(f"no{letter}where" for letter in "abcdefghijklmnopq")
    engine = Local(write(tmp_path, [texts("a", "Notes", "cold war", "war that is cold")]).folder)
    page = engine.search(Request(f"{nowhere} cold war", match="any", explain=True))
    assert numbers(page.hits) == [1, 2]
    assert "“cold” and “war” stand 1 apart" in page.hits[0].explanation.parts[-1].text


def test_a_word_that_is_not_in_a_segment_adds_nothing_there(tmp_path):
    """The other is beside the first of the segment's words."""
    documents = [texts("a", "Notes", "cold war"), texts("b", "Aardvarks", "cold aardvarks")]
    engine = Local(write(tmp_path, documents, segments=2).folder)
    near, plain = (
        [hit.score for hit in engine.search(Request(text, match="any")).hits]
        for text in ("cold war", "cold =war")
    )
    assert near[0] > plain[0]
    assert near[1:] == plain[1:]


@pytest.mark.parametrize("seed", range(6))
def test_answers_of_more_than_a_hundred_are_those_of_the_oracle(tmp_path, seed):
    rng = random.Random(seed)
    documents = strategies.random_crowd(rng, 600)
    deleted = frozenset(d[0].document for d in documents if rng.randrange(10) == 0)
    pair = Pair(tmp_path, Case(tuple(strategies.random_segments(rng, documents)), deleted))
    found = 0
    for _ in range(15):
        words = rng.sample(strategies.FREQUENT, rng.randint(2, 5))
        text = " ".join(words) + rng.choice(("", "", "^0.5", "^3"))
        match = rng.choice(("any", "any", "auto"))
        offset, limit = rng.choice((0, 20, 95, 100)), rng.choice((10, 100))
        asked = Asked(Request(text, match=match, offset=offset, limit=limit))
        found += pair.check(asked).total > 100
    assert found > 5
