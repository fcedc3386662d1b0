import math
from itertools import permutations

import numpy as np
import pytest
from collections_on_disk import texts, write
from hypothesis import given
from hypothesis import strategies as st

from index.codec.lengths import DECODED, K1, B, length_norms
from search import score
from search.execute import execute
from search.query import parse

COUNTS = st.integers(1, 10**9)


def test_parameters():
    assert (K1, B) == (1.2, 0.75)
    assert (score.TITLE_WEIGHT, score.SECTION_WEIGHT) == (0.25, 0.5)
    assert score.QUANTUM == 2.0**-36


def test_idf():
    assert score.idf(10, 2) == math.log(1 + 8.5 / 2.5)
    assert score.idf(1, 1) == math.log(1 + 0.5 / 1.5)


@given(COUNTS, st.integers(0, 10**9))
def test_idf_is_positive_and_the_rarer_the_greater(count, frequency):
    frequency = min(frequency, count - 1)
    assert score.idf(count, frequency) > score.idf(count, frequency + 1) > 0


def test_length_norms():
    norms = length_norms(20.0)
    assert len(norms) == 256
    assert norms.dtype == np.float32
    assert norms[20] == np.float32(1.2)  # of average length: K is k1
    assert norms[0] == np.float32(1.2 * 0.25)
    assert norms[40] == np.float32(1.2 * 1.75)
    assert (np.diff(norms) > 0).all()
    assert norms[255] == np.float32(1.2 * (0.25 + 0.75 * DECODED[255] / 20.0))


@given(
    st.floats(0.01, 2000),
    st.lists(st.integers(1, 2**31), min_size=1, max_size=20),
    st.integers(0, 255),
    st.floats(0.5, 1e6),
)
def test_bm25(weight, frequencies, code, average):
    tf = np.array(frequencies, np.uint32)
    norms = np.full(len(tf), length_norms(average)[code])
    found = score.bm25(weight, tf, norms)
    assert found.dtype == np.float64
    wanted = weight * tf / (tf + norms.astype(np.float64))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=score.QUANTUM)
    assert (found <= np.float32(weight)).all()
    assert (score.quantized(found) == found).all()
    order = np.argsort(tf, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def test_quantized():
    halves = np.array([0.5, 1.5, 2.5, -0.5, 0.49, 1.51]) * score.QUANTUM
    assert (score.quantized(halves) / score.QUANTUM).tolist() == [0, 2, 2, 0, 0, 2]


@given(st.lists(st.floats(0, 100), min_size=2, max_size=5))
def test_the_order_of_a_sum_does_not_matter(values):
    parts = score.quantized(np.array(values)).tolist()
    assert len({math.fsum(parts), *(sum(each) for each in permutations(parts))}) == 1


def scores(snapshot, text):
    """Give scores by ordinal."""
    answer = execute(snapshot, parse(text).tree)
    return dict(zip(answer.ordinals.tolist(), answer.scores.tolist(), strict=True))


@pytest.fixture
def snapshot(tmp_path):
    document = texts("d", "War", "peace", "# Nato talks", "peace treaty", "war nato nato nato")
    return write(tmp_path, [document])


def test_a_score_by_hand(snapshot):
    """Five paragraphs of 1, 1, 2, 2 and 4 words: the average is 2."""
    found = scores(snapshot, "peace")
    idf = math.log(1 + 3.5 / 2.5)
    assert found[1] == pytest.approx(idf / (1 + 1.2 * (0.25 + 0.75 / 2)), abs=1e-6)
    assert found[3] == pytest.approx(idf / 2.2, abs=1e-6)


def test_context_by_hand(snapshot):
    """The words of title and heading count below them, not for themselves nor above."""
    idf = math.log(1 + 3.5 / 2.5)  # of war and of nato alike
    length = 1.2 * (0.25 + 0.75 * 4 / 2)
    found = scores(snapshot, "war")
    assert found[0] == pytest.approx(idf / (1 + 1.2 * (0.25 + 0.75 / 2)), abs=1e-6)
    assert found[4] == pytest.approx(idf / (1 + length) + 0.25 * idf, abs=1e-6)
    found = scores(snapshot, "nato")
    assert found[2] == pytest.approx(idf / 2.2, abs=1e-6)
    assert found[4] == pytest.approx(3 * idf / (3 + length) + 0.5 * idf, abs=1e-6)


def test_words_add_up_and_a_word_typed_twice_counts_twice(snapshot):
    war, nato, both = (scores(snapshot, text)[4] for text in ("war", "nato", "war nato"))
    assert both == war + nato
    assert scores(snapshot, "nato nato")[4] == 2 * nato


def test_what_excludes_scores_nothing(snapshot):
    assert scores(snapshot, "peace -nato") == scores(snapshot, "peace")
    assert scores(snapshot, "-nato") == {0: 0.0, 1: 0.0, 3: 0.0}


def test_words_without_plus_add_to_the_score(snapshot):
    peace, treaty = scores(snapshot, "peace"), scores(snapshot, "treaty")
    assert scores(snapshot, "+peace treaty") == {1: peace[1], 3: peace[3] + treaty[3]}


def test_a_phrase_weighs_as_its_words(snapshot):
    idf = math.log(1 + 3.5 / 2.5) + math.log(1 + 4.5 / 1.5)
    assert scores(snapshot, '"peace treaty"')[3] == pytest.approx(idf / 2.2, abs=1e-6)
