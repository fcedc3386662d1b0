import gc
import os
import random
import subprocess
import sys
import weakref

import numpy as np
import oracle
import pytest
import strategies
from against_oracle import Ask, Case, Pair, random_asks, random_case
from collections_on_disk import commit, texts, write
from conftest import ROOT
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from random_requests import Asked
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.codec import tables
from index.codec.layout import NONE
from index.errors import Damaged
from search import flat
from search.budget import Budget
from search.desk import thread_desk
from search.engine import Request
from search.execute import execute
from search.expansions import Expansions
from search.frequencies import frequencies
from search.general import General
from search.kernels.room import NO_BITS
from search.query import parse
from search.where import everywhere


@pytest.fixture(autouse=True)
def keep_deleted(monkeypatch):
    """Deleted paragraphs count in the statistics until their segment is written anew: never."""
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)


def same(folder, texts_, *trees, segments=1, **asked) -> oracle.Answer:
    """Hold the engine to the oracle for some trees; give the last answer."""
    size = -(-len(texts_) // segments)
    parts = [texts_[first : first + size] for first in range(0, len(texts_), size)]
    pair = Pair(folder, Case(tuple(parts)))
    return [pair.check(Ask(tree, **asked)) for tree in trees][-1]


def compare(folder, seed: int, size: int | None, collections: int, asks: int) -> tuple[int, int]:
    """Compare random collections; give how many trees found something, and the most segments."""
    rng, found, segments = random.Random(seed), 0, 0
    for number in range(collections):
        case = random_case(rng, size)
        pair = Pair(folder / str(number), case)
        segments = max(segments, len(pair.snapshot.segments))
        for _, ask in zip(range(asks), random_asks(rng, case), strict=False):
            found += pair.check(ask).total > 0
    return found, segments


# Everything that can be asked, of everything that can be indexed.


@pytest.mark.parametrize("seed", range(4))
def test_nested_trees_over_segments_with_deletions_and_filters(tmp_path, seed):
    found, segments = compare(tmp_path, seed, size=None, collections=20, asks=40)
    assert found > 300
    assert segments >= 6


@pytest.mark.parametrize("size", [300, 900, 3000])
def test_collections_of_many_blocks(tmp_path, size):
    found, _ = compare(tmp_path, size, size, collections=2, asks=80)
    assert found > 60


def test_a_collection_of_several_windows(tmp_path):
    found, _ = compare(tmp_path, seed=5, size=40_000, collections=1, asks=30)
    assert found > 15


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_hypothesis_finds_no_difference(tmp_path_factory, rng):
    documents = strategies.random_documents(rng, most=3)
    case = Case(tuple(strategies.random_segments(rng, documents)))
    Pair(tmp_path_factory.mktemp("i"), case).check(next(random_asks(rng, case)))


def test_generated_query_strings(tmp_path):
    rng = random.Random(7)
    case = random_case(rng)
    pair = Pair(tmp_path, case)
    for _ in range(1000):
        text = strategies.random_query(rng)
        for relaxed in (False, True):
            pair.check(Ask(parse(text, relaxed).tree, k=rng.choice((10, None))))


@pytest.mark.parametrize("name", ["time", "cranfield"])
def test_real_text(tmp_path, name, judged):
    """Real paragraphs and real questions, where the measurement data are at hand."""
    paragraphs, questions = judged(name)
    documents = [
        texts(f"{first:05}", *paragraphs[first : first + 10]) for first in range(0, 400, 10)
    ]
    trees = [parse(question, relaxed=True).tree for question in questions[:40]]
    same(tmp_path, documents, *trees, segments=3, k=10, count=False, documents=False)


def test_the_kernels_run_uncompiled(tmp_path):
    program = f"import test_search_execute as t; t.a_few_trees({str(tmp_path)!r})"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=environment, check=True, timeout=300
    )


def a_few_trees(folder: str) -> None:
    """Some words stand in several blocks of paragraphs, and have a bitmap."""
    rng = random.Random(3)
    documents = strategies.random_documents(rng, most=6) + strategies.random_crowd(rng, 400)
    case = Case((documents[:3], documents[3:]), frozenset([documents[1][0].document]))
    pair, found = Pair(type(ROOT)(folder), case), 0
    columns = pair.snapshot.segments[1].data.columns
    assert np.any((np.diff(columns.block) > 1) & (columns.bitmap != NONE))
    for _, ask in zip(range(60), random_asks(rng, case), strict=False):
        found += pair.check(ask).total > 0
    assert found > 20
    for text in ("the be", "to or not"):  # among the best by score, words near each other
        assert pair.check(Asked(Request(text, match="any"))).total > 100


# What bounds and blocks make hard.


def test_candidates_of_several_blocks_are_completed_together(tmp_path):
    """A bitmap leaves few of each block of the rarest word, and the third is looked up later."""
    rng = random.Random(11)
    words = [f"w{i}" for i in range(1000)]
    chances = [1 / (i + 5) for i in range(1000)]
    lengths = [int(100 ** rng.random()) for _ in range(20_000)]
    paragraphs = [" ".join(rng.choices(words, chances, k=length)) for length in lengths]
    pair = Pair(tmp_path, Case(([texts("d", *paragraphs)],)))
    for _ in range(40):
        places = rng.randint(100, 150), rng.randint(60, 100), rng.randint(15, 30)
        rarest, rare, dense = (query.Term("text", words[place]) for place in places)
        required = query.And([rarest, dense])
        for tree in (query.And([required, rare]), query.AndMaybe(required, rare)):
            wanted = oracle.evaluate(pair.collection, tree, context=False)
            for k in (1, 3, 10, 40, 200):
                pair.compare(Ask(tree, k, count=False, documents=False, context=False), wanted)


@pytest.mark.parametrize("count", [False, True])
def test_the_best_k_are_the_first_of_all_for_every_k(tmp_path, count):
    """Every score stands three times, in different segments."""
    lengths = (*range(1, 50), 3, 300)
    documents = [texts(n, n, *["war " * (i % 4) + "x " * i for i in lengths]) for n in "abc"]
    pair = Pair(tmp_path, Case(tuple([document] for document in documents)))
    for tree in (query.Term("text", "war"), parse("war x", relaxed=True).tree):
        wanted = oracle.evaluate(pair.collection, tree)
        for k in (*range(wanted.total + 2), 1 << 20, None):
            pair.compare(Ask(tree, k, count, documents=count), wanted)


def test_the_best_are_deleted_or_filtered_out(tmp_path):
    rng = random.Random(2)
    documents = [
        texts(f"{i:04}", "t", "war " * (1 + i % 40) + rng.choice(("x ", "y ", "z ")) * 3)
        for i in range(600)
    ]
    best = {document[0].document for i, document in enumerate(documents) if i % 40 > 30}
    rest = frozenset(p.id for d in documents for p in d if p.document not in best)
    for name, deleted, among in (("a", best, None), ("b", set(), rest), ("c", {"0039"}, rest)):
        pair = Pair(tmp_path / name, Case((documents[:400], documents[400:]), frozenset(deleted)))
        for text in ("war", "war x", "+war x y", '"war war"', "war -y"):
            for k in (1, 10, 100):
                pair.check(
                    Ask(
                        parse(text, relaxed=True).tree, k, count=False, documents=False, among=among
                    )
                )


def test_bounds_hold_when_the_average_length_changes_after_a_segment_is_written(tmp_path):
    rng = random.Random(4)
    segments = []
    for number, most in enumerate((3, 200, 2, 60)):
        crowd = [[rng.choice("abcdefgh") for _ in range(rng.randint(1, most))] for _ in range(300)]
        segments.append([texts(f"{number}", "title", *map(" ".join, crowd))])
    pair = Pair(tmp_path, Case(tuple(segments)))
    for text in ("a", "a b", "+a b c", '"a b"', "a b c d e f g h"):
        for k in (1, 10, 100):
            pair.check(Ask(parse(text, relaxed=True).tree, k, count=False, documents=False))


@pytest.mark.parametrize("count", [1, 127, 128, 129, 255, 256, 257, 511, 513, 1024])
def test_a_word_in_so_many_paragraphs(tmp_path, count):
    """Around a full block, and a bitmap's ranks."""
    paragraphs = ["the war" if i % 2 else "the peace the" for i in range(count)]
    trees = [parse(text).tree for text in ("the", "war", "war the", '"the war"', "the -war", "th*")]
    same(tmp_path, [texts("a", "title", *paragraphs)], *trees, k=10)


def test_nothing_is_found_where_all_is_deleted_or_filtered_out(tmp_path):
    documents = [texts(name, "war", "war", "peace") for name in "abc"]
    for tree in (query.Term("text", "war"), query.Every(), query.Not(query.Term("text", "war"))):
        for k in (10, None):
            pair = Pair(tmp_path / f"{k}", Case((documents[:1], documents[1:])))
            assert pair.check(Ask(tree, k, among=frozenset())).total == 0
    pair = Pair(tmp_path / "deleted", Case((documents,), frozenset("abc")))
    assert pair.check(Ask(query.Every(), 10)).total == 0


# Forms.


@pytest.mark.parametrize(
    "leaf",
    [query.Prefix("form", "p"), query.Wildcard("form", "p*"), query.Wildcard("form", "*p?*")],
)
@pytest.mark.parametrize(("forms", "scored"), [(1024, True), (1025, False)])
def test_more_than_1024_forms_are_found_without_a_score(tmp_path, leaf, forms, scored):
    words = [f"p{number}" for number in range(forms)]
    documents = [texts("a", "War", " ".join(words[:600])), texts("b", " ".join(words[500:]), "p0")]
    tree = query.Or([leaf, leaf, query.Not(leaf)])
    answer = same(tmp_path, documents, leaf, tree, segments=2, k=10)
    assert len(answer.warnings) == (not scored)
    assert (max(answer.scores) > 0) == scored


def test_what_is_said_of_too_many_forms(tmp_path):
    words = " ".join(f"war{number}" for number in range(1025))
    snapshot = write(tmp_path, [texts("a", "title", words)])
    answer = execute(snapshot, query.Wildcard("form", "w?r*"), 10)
    assert answer.warnings == (
        "w?r* stands for more than 1,024 words: all are found, without a score",
    )


@pytest.mark.parametrize(
    ("wildcard", "matched"),
    [
        ("w?r", {"war", "w𐐨r"}),
        ("w*r", {"war", "wr", "wждr", "w𐐨r"}),
        ("w??r", {"wждr"}),
        ("w????r", set()),
        ("?", {"я"}),
        ("w?r*", {"war", "wars", "w𐐨r"}),
        ("*?*?*?*?*", {"wars", "wждr"}),
        ("*", {"war", "wars", "wr", "wждr", "я", "w𐐨r"}),
        ("war", {"war"}),
        ("", set()),
    ],
)
def test_a_wildcard_counts_code_points(tmp_path, wildcard, matched):
    words = ["war", "wars", "wr", "wждr", "я", "w𐐨r"]
    found = same(tmp_path, [texts("a", "—", *words)], query.Wildcard("form", wildcard))
    assert {words[ordinal - 1] for ordinal in found.ordinals} == matched


# Proximity.


@pytest.mark.parametrize("field", ["text", "form"])
def test_words_near_each_other(tmp_path, field):
    rng = random.Random(6)
    crowd = [" ".join(rng.choices(("a", "b", "x", "talks", "talk"), k=12)) for _ in range(200)]
    more = ("co-ordinated talk-s", "a", "a a a", "b " * 200 + "a a")
    trees = []
    for forms in ("a", "a b", "b a", "a a", "a b a", "a a a b", "talk talks", "co coordinated"):
        words = [query.Term(field, form) for form in forms.split()]
        for others in (0, 1, 2, 5, 1000):
            near = SpanNear2(words, slop=others + 1, ordered=False)
            trees += [near, query.Or([near, words[0]], boost=2.0)]
    same(tmp_path, [texts("d", "a b", *crowd, *more)], *trees, k=20)


# What an answer holds.


def test_documents_are_counted_over_segments(tmp_path):
    documents = [texts(name, "war", "war", "peace") for name in "abc"]
    answer = execute(write(tmp_path, documents, 3), query.Term("text", "war"), 1, documents=True)
    assert (len(answer.ordinals), answer.total, answer.documents) == (1, 6, 3)


def test_without_a_count_there_is_none(tmp_path):
    snapshot = write(tmp_path, [texts("a", "war", "war")])
    answer = execute(snapshot, query.Term("text", "war"), 1, count=False)
    assert (answer.total, answer.documents) == (None, None)


def test_ties_go_to_the_lower_ordinal(tmp_path):
    documents = [texts(name, "t", *["same words"] * 30) for name in "abc"]
    snapshot = write(tmp_path, documents, 3)
    everything = execute(snapshot, query.Term("text", "same")).ordinals.tolist()
    assert everything == [o for o in range(93) if o % 31]
    for k in (1, 29, 30, 31, 60, 89):
        best = execute(snapshot, query.Term("text", "same"), k, count=False, documents=False)
        assert best.ordinals.tolist() == everything[:k]


def test_a_replaced_document_is_found_as_it_is_now(tmp_path):
    write(tmp_path, [texts("a", "War", "war"), texts("b", "Peace", "peace")])
    snapshot = commit(tmp_path, [texts("a", "Talks", "talk")], ["a"])
    assert execute(snapshot, query.Term("text", "war"), 10).total == 0
    assert execute(snapshot, query.Term("text", "talk"), 10).total == 2


@given(st.lists(st.sampled_from(["a", "b", "a-b", "ab", "a's"]), min_size=1, max_size=6))
@example(["a-b", "a-b"])
def test_a_text_is_found_by_itself_as_a_phrase(tmp_path_factory, words):
    text = " ".join(words)
    snapshot = write(tmp_path_factory.mktemp("i"), [texts("d", "title", text)])
    assert 1 in execute(snapshot, parse(f'"{text}"').tree).ordinals


def test_what_an_error_left_behind_is_in_no_later_answer(tmp_path, monkeypatch):
    documents = [texts("a", "title", "war", "peace", "war and peace")]
    snapshot, tree = write(tmp_path, documents), parse("war peace", relaxed=True).tree
    wanted = execute(snapshot, tree)
    monkeypatch.setattr("search.flat.FEW", 0)  # so that windows are used

    def broken(*_):
        thread_desk().room.scores[:] = 1.0
        raise ValueError("damaged")

    with monkeypatch.context() as patch:
        patch.setattr("search.kernels.top.top", broken)
        with pytest.raises(Damaged, match="damaged"):
            execute(snapshot, tree)
    assert execute(snapshot, tree).scores.tolist() == wanted.scores.tolist()


def test_damage_met_outside_a_search_is_in_no_later_answer(tmp_path):
    """The mark of a candidate, or a count, that was left behind would be in the next answer."""
    rng = random.Random(1)
    said = [" ".join(w for w in ("war", "peace", "end") if rng.random() < 0.4) for _ in range(900)]
    whole, other = (write(tmp_path / name, [texts("a", "t", *said)]) for name in ("x", "y"))
    both, begun = parse("war peace").tree, parse("wa*").tree
    wanted = told(whole, both, begun)
    data, (where,) = other.segments[0].data, everywhere(other)
    last = data.columns.last.copy()
    last[data.columns.block[data.terms.find(b"war")] + 1] -= 1
    data.table = tables.table(data.columns._replace(last=last))
    for fails in (
        lambda: frequencies(begun, where, Budget()),
        lambda: flat.every([where.statistics.word("text", "war")[0]], where, NO_BITS),
        lambda: General(where, Expansions(where.statistics, Budget()), Budget()).evaluate(both),
    ):
        with pytest.raises(Damaged, match="is damaged"):
            fails()
        assert told(whole, both, begun) == wanted


def told(snapshot, both, begun):
    """Give an answer, and how often the words of a pattern stand in each paragraph."""
    (where,) = everywhere(snapshot)
    answer = execute(snapshot, both)
    found = answer.ordinals.tolist(), answer.scores.tolist(), answer.total
    return *found, *(each.tolist() for each in frequencies(begun, where, Budget()))


def test_a_generation_is_let_go_when_nobody_holds_it(tmp_path):
    snapshot = write(tmp_path, [texts("a", "title", "war and peace")])
    assert execute(snapshot, parse("war").tree, 10).total == 1
    held = weakref.ref(snapshot)
    del snapshot
    gc.collect()
    assert held() is None


def test_what_cannot_be_asked_is_refused(tmp_path):
    """Kernels look at nothing twice: a filter of another snapshot would be read beyond its end."""
    snapshot = commit(tmp_path, [texts("d", "title", "war", "peace")])
    for k, among in ((-1, None), (10, np.ones(2, np.bool_)), (10, np.ones(0, np.bool_))):
        with pytest.raises(ValueError, match="k is below 0"):
            execute(snapshot, query.Term("text", "war"), k, among=among)
