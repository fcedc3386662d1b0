"""Which words stand together, against every combination tried one by one."""

import random
from itertools import combinations as all_combinations
from itertools import count

import pytest
from against_oracle import Case, Pair
from collections_on_disk import texts, write
from strategies import random_documents, random_segments
from whoosh import query

from index.analysis import analyze, stem
from search import relax
from search.budget import Budget
from search.engine import Request
from search.local import Local
from search.query import parse

WORDS = ("war", "treaty", "talks", "army", "invade", "diplomat", "nato", "the", "absent")


def brute(paragraphs, words, unwanted):
    """Count by hand, for each set of words, the paragraphs that have all of them."""
    stems = [{token.stem for token in analyze(text)} for text in paragraphs]
    stems = [each for each in stems if stem(unwanted) not in each]
    counts = {
        frozenset(some): sum(all(stem(w) in each for w in some) for each in stems)
        for size in range(1, len(words) + 1)
        for some in all_combinations(words, size)
    }
    every = sum(any(stem(w) in each for w in words) for each in stems)
    return {
        some: count
        for some, count in counts.items()
        if 0 < count < every and not any(some < more and counts[more] for more in counts)
    }


@pytest.mark.parametrize("seed", range(8))
def test_the_largest_combinations_and_their_counts(tmp_path, seed):
    rng = random.Random(seed)
    documents = random_documents(rng, most=12)
    deleted = frozenset(d[0].document for d in documents[1:] if rng.randrange(4) == 0)
    pair = Pair(tmp_path, Case(tuple(random_segments(rng, documents, most=3)), deleted))
    live = [p.text for p in pair.paragraphs if p.document not in deleted]
    for _ in range(30):
        *words, unwanted = rng.sample(WORDS, rng.randint(3, 6))
        wanted = brute(live, words, unwanted)
        found = relax.combinations(
            pair.snapshot, parse(f"{' '.join(words)} -{unwanted}").tree, Budget()
        )
        assert len(found) == min(len(wanted), relax.MAX_OFFERED)
        sizes = []
        for text, total in found:
            kept, _, excluded = text.partition(" NOT ")
            assert excluded == unwanted
            assert wanted[frozenset(kept.split())] == total
            sizes.append(len(kept.split()))
        assert sizes == sorted(map(len, wanted), reverse=True)[: len(sizes)]


def test_what_is_offered_finds_so_many(tmp_path):
    documents = [
        texts(f"{i}.txt", "Title", f"word{i} word{i + 1} co-operate", f"word{i + 1}  other")
        for i in range(20)
    ]
    engine = Local(write(tmp_path, documents, segments=3).folder)
    text = " ".join(f"word{i}" for i in range(20)) + ' "word3 word4" wor* co-operate -other'
    offered = engine.search(Request(text)).suggestions
    assert 1 <= len(offered) <= relax.MAX_OFFERED + 1
    for each in offered:
        found = engine.search(Request(each.text, match="all", scope=each.scope))
        assert found.total == each.total
        assert not found.warnings


def test_many_words_are_bounded(tmp_path):
    snapshot = write(tmp_path, [texts("a.txt", "Title", *(f"w{i} w{i + 1}" for i in range(300)))])
    tree = parse(" ".join(f"w{i}" for i in range(300))).tree
    found = relax.combinations(snapshot, tree, Budget())
    assert len(found) == relax.MAX_OFFERED
    assert all(total == 1 for _, total in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a b", "no paragraph has all of a and b: these have some"),
        ('a "b c" d*', 'no paragraph has all of a, "b c" and d*: these have some'),
        ("a a b", "no paragraph has all of a and b: these have some"),
        ("a b -c", "no paragraph has all of a and b: these have some"),
        ("a b OR c d", "no paragraph has all of this: these have some of it"),
        (
            " ".join("abcdefghij"),
            "no paragraph has all of a, b, c, d, e, f, g and 3 more: these have some",
        ),
    ],
)
def test_what_is_missing_is_said(text, said):
    assert relax.said(parse(text).tree) == said


def test_of_documents_it_is_said_as_well():
    tree = query.And([query.Term("text", "a"), query.Term("text", "b")])
    assert relax.said(tree, "document").startswith("no document has all of a and b")


def test_what_the_end_of_the_time_cut_short_is_not_offered(tmp_path):
    folder = write(tmp_path, [texts("a.txt", "Title", "war", "peace", "war treaty")]).folder
    asked = Request("war peace treaty", budget_ms=1000)
    assert [each.kind for each in Local(folder).search(asked).suggestions] == ["relaxed"] * 3
    for steps in range(40):
        ticks = count()
        slow = Local(folder, lambda ticks=ticks, steps=steps: 2.0 * (next(ticks) > steps))
        for each in slow.search(asked).suggestions:
            found = Local(folder).search(Request(each.text, match="all", scope=each.scope))
            assert found.total == each.total
