"""Names are in the order of their bytes, whatever these are."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.codec.dictionaries import Texts

# Few different bytes, so that many begin alike, for longer than is compared at once.
NAMES = st.lists(st.text("ab\0", max_size=20).map(str.encode) | st.binary(), unique=True)


@given(NAMES)
def test_texts_are_sorted_by_their_bytes(names):
    texts = Texts.of(names)
    sorted_texts = texts.taken(texts.order())
    bounds = pairwise(sorted_texts.start.tolist())
    found = [sorted_texts.text[begin:end].tobytes() for begin, end in bounds]
    assert found == sorted(names)


def test_texts_that_begin_alike_for_long_are_sorted():
    names = [b"x" * length + tail for length in range(40) for tail in (b"", b"a", b"z")]
    texts = Texts.of(names[::-1])
    assert [names[::-1][i] for i in texts.order()] == sorted(names)
