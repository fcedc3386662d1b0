"""Keywords in context, against a plain walk over the tokens of every paragraph."""

import random

import pytest
from against_oracle import Case, Pair
from collections_on_disk import commit, texts, write
from hypothesis import given
from hypothesis import strategies as st
from strategies import FORMS, random_documents, random_segments

from index.analysis import analyze, stem
from search import concordance as module
from search.engine import ORDERS
from search.local import Local
from search.query import parse


def spans(text, query):
    """Find a word, a prefix or a phrase: [start, end) in code points."""
    tokens = analyze(text)
    if query.startswith('"'):
        words = [token.form for token in analyze(query)]
        at = {(t.position, t.form): t for t in tokens}
        begins = [t for t in tokens if t.form == words[0]]
        ends = [(t, [at.get((t.position + i, w)) for i, w in enumerate(words)]) for t in begins]
        return [(t.start, found[-1].end) for t, found in ends if None not in found]
    if query.endswith("*"):
        return [(t.start, t.end) for t in tokens if t.form.startswith(query[:-1])]
    return [(t.start, t.end) for t in tokens if t.stem == stem(query)]


@pytest.mark.parametrize("seed", range(6))
def test_every_occurrence_is_a_line(tmp_path, seed):
    rng = random.Random(seed)
    documents = random_documents(rng, most=10)
    deleted = frozenset(d[0].document for d in documents[1:] if rng.randrange(4) == 0)
    pair = Pair(tmp_path, Case(tuple(random_segments(rng, documents, most=3)), deleted))
    engine = Local(pair.snapshot.folder)
    live = [p for p in pair.paragraphs if p.document not in deleted]
    plain = [form for form in FORMS if form.isascii() and form.isalpha()]
    for _ in range(40):
        one, two = rng.sample(plain, 2)
        query = rng.choice((one, f"{one[:2]}*", f'"{one} {two}"', f'"{one} {one}"'))
        wanted = [(p.id, *span) for p in live for span in spans(p.text, query)]
        offset = rng.randrange(4)
        found = engine.concordance(query, limit=100, offset=offset)
        lines = [(line.paragraph.id, line.span.start, line.span.end) for line in found.lines]
        assert found.total == len(wanted), query
        assert lines == wanted[offset : offset + 100], query
        assert not found.partial


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    documents = [
        texts("a.txt", "The war", "A long war ended. The war began.", "No war here"),
        texts("b.txt", "Café", "War—again? wars are wars, and war"),
    ]
    return Local(write(tmp_path_factory.mktemp("concordance"), documents).folder)


def rows(found):
    return [(line.left, line.keyword, line.right) for line in found.lines]


def test_the_order_of_the_index(engine):
    found = engine.concordance("war", width=10)
    assert rows(found) == [
        ("The ", "war", ""),
        ("A long ", "war", " ended."),
        ("The ", "war", " began."),
        ("No ", "war", " here"),
        ("", "War", "—again?"),
        ("", "wars", " are wars,"),
        ("wars are ", "wars", ", and war"),
        ("wars, and ", "war", ""),
    ]
    assert (found.total, found.sort, found.width, found.partial) == (8, "document", 10, False)


@pytest.mark.parametrize(
    ("sort", "side"),
    [
        ("left", ["", "again", "and", "are", "long", "no", "the", "the"]),
        ("right", ["", "", "again", "and", "are", "began", "ended", "here"]),
    ],
)
def test_the_order_of_the_nearest_word(engine, sort, side):
    lines = engine.concordance("war", sort=sort).lines
    words = []
    for line in lines:
        text = line.paragraph.text
        near = analyze(text[: line.span.start])[-1:] if sort == "left" else []
        near = near or (analyze(text[line.span.end :])[:1] if sort == "right" else [])
        words.append(near[0].form if near else "")
    assert words == side


@pytest.mark.parametrize("sort", ORDERS)
def test_sorted_lines_are_the_same_lines_and_come_in_pages(engine, sort):
    whole = engine.concordance("war", sort=sort, limit=100).lines
    assert len(whole) == 8
    paged = [
        line
        for offset in range(0, 10, 3)
        for line in engine.concordance("war", sort=sort, limit=3, offset=offset).lines
    ]
    assert tuple(paged) == whole
    assert {(line.paragraph.id, line.span) for line in whole} == {
        (line.paragraph.id, line.span) for line in engine.concordance("war").lines
    }


def test_further_words_decide(tmp_path):
    paragraphs = ("b x war y b", "a x war y a", "a z war c a")
    engine = Local(write(tmp_path, [texts("a.txt", "Title", *paragraphs)]).folder)

    def order(sort):
        return [line.paragraph.number for line in engine.concordance("war", sort=sort).lines]

    assert order("left") == [2, 1, 3]
    assert order("left2") == [2, 3, 1]
    assert order("right") == [3, 2, 1]
    assert order("right2") == [2, 3, 1]
    assert order("left3") == order("right3") == [1, 2, 3]
    assert order("keyword") == [3, 2, 1]


def test_queries_of_several_words_give_all_that_is_marked(engine):
    found = engine.concordance("long ended")
    assert [line.keyword for line in found.lines] == ["long", "ended"]
    assert found.total == 2
    found = engine.concordance("war -long -again")
    assert [line.paragraph.id for line in found.lines] == ["a.txt:0", "a.txt:2"]


def test_more_than_are_sorted_follow_in_the_order_of_the_index(engine, monkeypatch):
    monkeypatch.setattr(module, "MAX_WORDS", 10)
    found = engine.concordance("war", sort="left", limit=100)
    assert found.total == 8
    assert [line.left.split()[-1] for line in found.lines[:3]] == ["long", "The", "The"]
    assert rows(found)[3:] == rows(engine.concordance("war", limit=100))[3:]
    assert found.warnings == ("only the first 3 of 8 occurrences are sorted",)
    assert engine.concordance("war", sort="left", limit=2, offset=2).lines == found.lines[2:4]


def test_more_paragraphs_than_are_read_are_told(engine, monkeypatch):
    monkeypatch.setattr(module, "MAX_WORDS", 1)
    found = engine.concordance("war -peace")
    assert found.partial
    assert found.total == 1
    assert found.warnings == ("only the first 1 paragraphs that match were read",)


def test_what_is_read_is_counted_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_WORDS", 120)
    long = "war " + "and again " * 50
    engine = Local(write(tmp_path, [texts("a.txt", "Title", long, long)]).folder)
    assert engine.concordance("war", sort="left").warnings == (
        "only the first 1 of 2 occurrences are sorted",
    )


@pytest.mark.parametrize("query", ["", "   ", "()", '""', "nothing", "-war", "moon war"])
def test_what_has_no_occurrence(engine, query):
    found = engine.concordance(query)
    assert (found.total, found.lines) == (0, ())


def test_edges_of_width(engine):
    assert {(line.left, line.right) for line in engine.concordance("war", width=0).lines} == {
        ("", "")
    }
    assert rows(engine.concordance("ended", width=200)) == [
        ("A long war ", "ended", ". The war began.")
    ]
    assert rows(engine.concordance("ended", width=6)) == [("war ", "ended", ". The")]


def test_a_text_without_blanks_is_cut_anywhere(tmp_path):
    engine = Local(
        write(tmp_path, [texts("a.txt", "Title", "北京" * 30 + "東" + "北京" * 30)]).folder
    )
    (line,) = engine.concordance("東", width=4).lines
    assert (line.left, line.right) == ("北京北京", "北京北京")


def test_deleted_documents_have_no_lines(tmp_path):
    write(tmp_path, [texts("a.txt", "war"), texts("b.txt", "war war")])
    commit(tmp_path, [], ["a.txt"])
    found = Local(tmp_path).concordance("war")
    assert [line.paragraph.id for line in found.lines] == ["b.txt:0", "b.txt:0"]
    assert found.total == 2


@given(st.text(max_size=60), st.sampled_from(ORDERS), st.integers(0, 5))
def test_whatever_is_typed_has_an_answer(engine, query, sort, offset):
    found = engine.concordance(query, sort=sort, offset=offset)
    assert len(found.lines) == min(20, max(0, found.total - offset))
    assert found.interpreted == parse(query).interpreted
