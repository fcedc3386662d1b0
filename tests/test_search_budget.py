"""Budgets of time, by clocks that the tests hold: what is cut is said, what is found matches."""

import random
from dataclasses import replace
from itertools import count

import oracle
import pytest
import strategies
from against_oracle import Pair, random_case
from collections_on_disk import texts, write
from whoosh import query

from search.budget import Budget
from search.engine import ConcordanceRequest, Request
from search.execute import execute
from search.local import Local

WORDS = " ".join(f"w{number}" for number in range(60))


def ticking():
    """Give a clock that goes on by a millisecond whenever it is asked."""
    ticks = count()
    return lambda: next(ticks) / 1000


def after(steps: int) -> Budget:
    """Give a budget that is over when it was asked so many times."""
    return Budget(steps + 0.5, ticking())


@pytest.fixture
def small_steps(monkeypatch):
    """The time is looked at after each form and after each term."""
    monkeypatch.setattr("search.patterns._STEP", 1)
    monkeypatch.setattr("search.expansions._STEP", 1)


def test_time_that_is_not_over_changes_nothing(tmp_path, small_steps):
    snapshot = write(tmp_path, [texts("a", "war", WORDS), texts("b", "wars", "peace")], segments=2)
    tree = query.And([query.Wildcard("form", "*w*"), query.Not(query.Term("text", "peace"))])
    whole, timed = execute(snapshot, tree), execute(snapshot, tree, budget=after(10**6))
    assert (timed.ordinals.tolist(), timed.scores.tolist()) == (
        whole.ordinals.tolist(),
        whole.scores.tolist(),
    )
    assert not timed.partial
    assert timed.warnings == ()


def test_what_is_cut_is_said(tmp_path, small_steps):
    snapshot = write(tmp_path, [texts("a", "war", *WORDS.split())])
    answer = execute(snapshot, query.Wildcard("form", "*w*"), budget=after(100))
    assert 0 < answer.total < 60
    assert answer.partial
    assert answer.warnings == (
        "the time of 100.5 ms was over at *w*: these are the best of what was looked at until "
        "then, and more may match",
    )


def test_segments_that_were_not_looked_at_are_said(tmp_path):
    documents = [texts(name, "war", "war and peace") for name in "abc"]
    snapshot = write(tmp_path, documents, segments=3)
    word, group = query.Term("text", "war"), query.Or([query.Phrase("form", ["war", "and"])])
    for tree in (word, query.Or([word, query.And([word, group])])):
        totals = [execute(snapshot, tree, 10, budget=after(steps)).total for steps in range(30)]
        assert totals[-1] == 6
        assert totals == sorted(totals)
        assert 2 in totals
    answer = execute(snapshot, word, 10, documents=True, budget=after(0))
    assert (answer.total, answer.documents, answer.partial) == (2, 1, True)
    assert "part 2 of 3 of the index" in answer.warnings[0]


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("seed", range(3))
def test_wherever_time_is_over_what_is_found_matches(tmp_path, seed, monkeypatch):
    """Exclusions among it: what was not looked at to its end excludes everything."""
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    rng = random.Random(seed)
    case = random_case(rng)
    pair = Pair(tmp_path, case)
    present = strategies.places([document for segment in case.segments for document in segment])
    cut = 0
    for _ in range(60):
        tree = strategies.random_tree(rng, present, leaves=strategies.ALL_LEAVES)
        whole = oracle.evaluate(pair.collection, tree)
        for steps in (0, 1, 2, 5, 10, 30, 100):
            answer = execute(pair.snapshot, tree, 10, budget=after(steps))
            assert set(answer.ordinals.tolist()) <= set(whole.ordinals)
            assert answer.total <= whole.total
            assert answer.partial or answer.total == whole.total
            cut += answer.partial
    assert cut > 20


# What users see.


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path, [texts("a", "war", *WORDS.split()), texts("b", "wars and peace")]).folder


@pytest.mark.usefixtures("small_steps")
def test_a_page_is_partial(folder):
    page = Local(folder, ticking()).search(Request("*w*", budget_ms=20))
    assert page.partial
    assert 0 < page.total < 60
    assert len(page.hits) == min(page.total, 20)
    assert page.warnings[-1].startswith("the time of 20 ms was over at *w*: ")


@pytest.mark.usefixtures("small_steps")
def test_words_that_were_not_looked_for_are_not_said_to_be_missing(folder):
    """Nothing found in too short a time is not the same as nothing there."""
    page = Local(folder, ticking()).search(Request("peace *w9*", budget_ms=1))
    assert (page.total, page.partial, page.relaxed) == (0, True, False)
    assert not page.suggestions


@pytest.mark.usefixtures("small_steps")
def test_a_document_is_shown_when_time_is_over(folder):
    ticks = count()
    view = Local(folder, lambda: float(next(ticks))).document("a", "*w*")
    assert len(view.paragraphs) == 61


def test_marking_takes_no_more_than_the_time_again(tmp_path):
    words = " ".join(f"word{number}" for number in range(5000))
    write(tmp_path, [texts("a", words, "word1 and no more")])
    request = Request("word*", limit=2, budget_ms=1000)
    page = Local(tmp_path, ticking()).search(request)
    assert page.total == 2
    assert not page.partial
    assert [len(hit.matches) for hit in page.hits] == [5000, 1]
    assert "marking" not in " ".join(page.warnings)
    page = Local(tmp_path, ticking()).search(replace(request, budget_ms=50))
    marked = {hit.paragraph.number: len(hit.matches) for hit in page.hits}
    assert 0 < marked[1] < 5000
    assert page.warnings[-1] == (
        "the time of 50 ms was over at marking: what made them match is not marked everywhere"
    )


def test_a_concordance_tells_what_there_was_no_time_to_read(tmp_path):
    words = " ".join(f"word{number}" for number in range(5000))
    write(tmp_path, [texts("a", words)])
    request = ConcordanceRequest("word*", limit=100, offset=4000, budget_ms=50)
    found = Local(tmp_path, ticking()).concordance(request)
    assert found.total == 5000
    assert found.partial
    assert found.warnings[-1] == "the time of 50 ms was over before all lines were read"
    assert (
        len(Local(tmp_path, ticking()).concordance(replace(request, budget_ms=9999)).lines) == 100
    )
