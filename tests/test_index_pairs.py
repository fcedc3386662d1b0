"""Each pair of frequent terms in a row has postings, as often as it begins; no other pair has."""

import random
from collections import Counter, defaultdict

import pytest
from collections_on_disk import as_document, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from test_index_codec import segment

from index.analysis import analyze
from index.codec import merge, pairs
from index.codec.segment import NOT_FOUND, SegmentData

WORDS = ("to", "be", "or", "not", "a", "nd", "and", "a-nd", "to-be-or", "rare", "x’s", "—")

PAIR_TEXTS = st.integers(0, 1 << 32).map(
    lambda seed: [
        " ".join(random.Random(f"{seed} {i}").choices(WORDS[: 2 + seed % 11], k=i % 13))
        for i in range(20 + seed % 60)
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pairs")


def expected(given: list[str]) -> tuple[set[str], dict[tuple[str, str], Counter[int]]]:
    """Give the stems that have pairs, and how often each pair begins in each of the texts."""
    tokens = [[(token.position, token.stem) for token in analyze(text)] for text in given]
    least = max(len(given) / 9, 16)
    stems = {stem for each in tokens for _, stem in each}
    frequent = {s for s in stems if sum(any(s == t for _, t in each) for each in tokens) > least}
    found: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for ordinal, each in enumerate(tokens):
        for position, first in set(each):
            for other, second in set(each):
                if other == position + 1 and {first, second} <= frequent:
                    found[first, second][ordinal] += 1
    return frequent, found


def same_pairs(data: SegmentData, given: list[str]) -> None:
    frequent, found = expected(given)
    number = {stem: data.terms.find(stem.encode()) for stem in frequent}
    for first in frequent:
        for second in frequent:
            term = data.pair(number[first], number[second])
            if (first, second) not in found:
                assert term == NOT_FOUND
                continue
            counted = zip(
                data.paragraphs(term).tolist(), data.frequencies(term).tolist(), strict=True
            )
            assert list(counted) == sorted(found[first, second].items())
    assert len(data.columns.df) == len(data.terms) + len(found)
    others = set(range(len(data.terms))) - set(number.values())
    assert all(data.pair(other, other) is None for other in others)


@settings(max_examples=60)
@given(written=PAIR_TEXTS)
def test_pairs_are_those_that_stand_in_a_row(folder, written):
    data = segment(folder, [as_document(texts("d", *written))])
    same_pairs(data, [data.text(i) for i in range(data.paragraph_count)])


@settings(max_examples=20)
@given(written=PAIR_TEXTS)
def test_a_window_ends_anywhere(folder, written):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "_WINDOW", 7)
        data = segment(folder, [as_document(texts("d", *written))])
    same_pairs(data, [data.text(i) for i in range(data.paragraph_count)])


def test_merged_segments_have_the_pairs_of_both(folder):
    written = ["to be or not to be", "not to be", "and a-nd"] * 30
    parts = []
    for name, text in (("a", written), ("b", ["be or not", *written[::-1]])):
        data = segment(folder, [as_document(texts(name, *text))])
        data.path.rename(folder / name)
        parts.append((SegmentData(folder / name), None))
    (folder / "merged").unlink(missing_ok=True)
    merge.merge(parts, folder / "merged", 1 << 20)
    data = SegmentData(folder / "merged")
    same_pairs(data, [data.text(i) for i in range(data.paragraph_count)])


def test_only_so_many_terms_have_pairs(folder):
    words = ["w" + "".join(chr(97 + int(digit)) for digit in str(i)) for i in range(300)]
    data = segment(folder, [as_document(texts("d", *[" ".join(words)] * 30))])
    terms = range(len(data.terms))
    assert sum(data.pair(term, term) is not None for term in terms) == 255
