"""The dictionary of an index: forms near a word, by brute force."""

from collections import Counter
from functools import cache

import pytest
from collections_on_disk import commit, texts, write
from hypothesis import given, settings
from hypothesis import strategies as st

from search import lexicon

WORDS = (
    "minsk protocols protocol protracted proto defence defense secretary form from forms farm "
    "москва москвы über naïve ab ba abc acb bac cab cabs 东京 straße a b ca " + "x" * 80
).split()


@cache
def distance(a: str, b: str) -> int:
    """Optimal string alignment, as its recursion has it."""
    if not a or not b:
        return len(a) + len(b)
    best = min(
        distance(a[:-1], b) + 1,
        distance(a, b[:-1]) + 1,
        distance(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    )
    if len(a) > 1 and len(b) > 1 and a[-2:] == b[-1] + b[-2]:
        best = min(best, distance(a[:-2], b[:-2]) + 1)
    return best


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    """An index of three segments, one document deleted, and how many paragraphs forms stand in."""
    folder = tmp_path_factory.mktemp("lexicon")
    parts = [WORDS[i::3] for i in range(3)]
    documents = [
        texts(f"{i}.txt", "title", " ".join(part), " ".join(part[:3]))
        for i, part in enumerate(parts)
    ]
    snapshot = write(folder, documents, segments=3)
    counts: Counter[str] = Counter()
    for segment in snapshot.segments:
        for number in range(len(segment.data.forms)):
            form = segment.data.forms[number].decode()
            counts[form] += segment.data.form(number)[2]
    assert len(snapshot.segments) == 3
    return snapshot, counts


words = st.one_of(
    st.sampled_from(WORDS[:-1]),
    st.text("abcmпроtсь东", min_size=1, max_size=9),
    st.text(max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(words, st.integers(0, 2), st.booleans())
def test_near_is_what_brute_force_finds(indexed, word, most, beginnings):
    snapshot, counts = indexed
    expected = {}
    for form in counts:
        of = [form[:i] for i in range(len(form) + 1)] if beginnings else [form]
        close = [each for each in of if abs(len(each) - len(word)) <= 2]
        errors = min((distance(word, each) for each in close), default=9)
        if errors <= most and word:
            expected[form] = (errors, counts[form])
    found = lexicon.near(snapshot, word, most, 1000, beginnings=beginnings)
    assert {n.form: (n.errors, n.frequency) for n in found} == expected


@given(words)
def test_beginning_is_what_begins_so(indexed, word):
    snapshot, counts = indexed
    found = lexicon.beginning(snapshot, word, 1000)
    assert {n.form: n.frequency for n in found} == {
        form: n for form, n in counts.items() if form.startswith(word)
    }


def test_the_first_letters_narrow_what_is_near(indexed):
    snapshot, _ = indexed
    assert [n.form for n in lexicon.near(snapshot, "form", 1, 9, first="f")] == [
        "form", "farm", "forms", "from",
    ]  # fmt: skip
    assert lexicon.near(snapshot, "form", 1, 9, first="dm") == []


def test_the_likeliest_come_first(tmp_path):
    document = texts("a.txt", "t", *["casual"] * 150, "causal", "casul")
    snapshot = write(tmp_path, [document])
    assert [n.form for n in lexicon.near(snapshot, "causal", 1, 2)] == ["casual", "causal"]


def test_a_word_beyond_the_longest_is_near_nothing(indexed):
    assert lexicon.near(indexed[0], "x" * 61, 2, 9) == []
    assert lexicon.near(indexed[0], "x" * 60, 2, 9) == []


def test_a_deleted_document_still_counts(tmp_path):
    commit(tmp_path, [texts(n, "t", "protocols", *["filler"] * 9) for n in ("a.txt", "b.txt")])
    snapshot = commit(tmp_path, [texts("c.txt", "t", "new")], deleted=["b.txt"])
    assert lexicon.near(snapshot, "protcols", 1, 9)[0].frequency in (1, 2)
