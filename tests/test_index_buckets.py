"""Tokens in buckets: what was put is read back by term, whatever its size."""

from collections import defaultdict

import numpy as np
import pytest

from index.codec.buckets import Buckets
from index.codec.numbered import Numbered
from index.codec.words import NOTHING, SEVERAL, Tokens

STEMS = ["zoo", "a", "the", "theatre", "theatrical", "ä", "мир", "世界", *map(str, range(1100))]
# Numbers of stems; words of one token each, then one of two tokens, and one of none:
FORMS = [*range(len(STEMS)), 2, 2]
PAIR, NONE = len(FORMS), len(FORMS) + 1


def words():
    """Tokens of a vocabulary: form f is word f's, PAIR has the tokens of the forms 0 and 1."""
    code = [0] * len(STEMS) + [1, 2]
    form = np.array([*range(len(FORMS)), 0, 1], np.uint32)
    chained = np.array([code[f] << 32 | FORMS[f] for f in form], np.uint64)
    sizes = [1] * len(FORMS) + [2, 0]
    only = np.append(chained[: len(FORMS)], np.array([SEVERAL, NOTHING], np.uint64))
    position = np.array([0] * len(FORMS) + [0, 1], np.uint32)
    start = np.concatenate(([0], np.cumsum(sizes))).astype(np.uint32)
    return Tokens(start, form, chained, position, np.array(sizes, np.uint32), only), code


def paragraphs(random):
    """Paragraphs of words, frequent ones first, some long, some far from the one before."""
    for number in range(700):
        size = 700 if number % 100 == 50 else 0 if 200 < number < 490 else int(random.integers(9))
        found = np.minimum(random.zipf(1.3, size) - 1, len(FORMS) - 1).tolist()
        yield [*found, *[PAIR] * (number % 50 == 0), *[NONE] * (number % 2), int(number == 699)]


@pytest.mark.parametrize("room", [1 << 12, 1 << 22])
def test_tokens_come_back_by_term(room):
    tokens, code = words()
    stems = Numbered()
    stems.of("".join(f"{stem}\n" for stem in STEMS).encode())
    texts = list(paragraphs(np.random.default_rng(1)))
    buckets, expected = Buckets(room), defaultdict(list)
    for half in (texts[:300], texts[300:]):
        stream = np.array([word for text in half for word in text], np.uint32)
        first = np.cumsum([0, *map(len, half)])
        buckets.add(tokens, stems.prefixes(0), stream, first)
    for paragraph, text in enumerate(texts):
        position = 0
        for word in text:
            for form in {PAIR: [0, 1], NONE: []}.get(word, [word]):
                expected[FORMS[form]].append((paragraph << 32 | position, code[form]))
                position += 1
        assert buckets.lengths()[paragraph] == position
    order = sorted(expected, key=lambda stem: STEMS[stem].encode())
    term_of = {stem: term for term, stem in enumerate(order)}
    term = np.array([term_of.get(stem, 0xFFFFFFFF) for stem in FORMS], np.uint32)
    reading = buckets.ordered(term, np.array(code, np.uint16))
    for low, high in ((0, len(order)), (0, 3), (3, 40), (40, len(order))):
        wanted = [token for stem in order[low:high] for token in expected[stem]]
        cursor = np.cumsum([0, *(len(expected[stem]) for stem in order[low : high - 1])])
        keys, codes = np.empty(len(wanted), np.uint64), np.empty(len(wanted), np.uint16)
        buckets.read(reading, low, high, cursor, keys, codes)
        assert list(zip(keys.tolist(), codes.tolist(), strict=True)) == wanted
