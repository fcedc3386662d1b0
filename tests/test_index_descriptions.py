"""What is kept of documents comes back as it was, or an error says that it does not."""

import random
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codec.descriptions import Descriptions, compressed
from index.codec.records import Blocks
from index.errors import Damaged

PATH = Path("segment")
MANY = [f'{{"id": "document {n}", "title": "{n * n}"}}' for n in range(2000)]


def written(texts):
    """Compress texts; give the bytes, and the tables beside them."""
    blocks = Blocks()
    data = b"".join(compressed(texts, blocks))
    return data, *blocks.arrays("a").values()


def opened(data, starts, firsts):
    return Descriptions(PATH, np.frombuffer(data, np.uint8), starts, firsts)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.text(), st.just("x" * 9000)), max_size=20))
def test_texts_come_back_as_they_were(texts):
    found = opened(*written(texts))
    assert len(found) == len(texts)
    for number in random.Random(0).sample(range(len(texts)), len(texts)):
        assert found.text(number) == texts[number]


def test_many_texts_take_little():
    data, starts, firsts = written(MANY)
    found = opened(data, starts, firsts)
    assert [found.text(n) for n in range(2000)] == MANY
    assert len(data) < len("".join(MANY)) // 4
    assert 3 < len(starts) < 12


def test_what_is_not_there_is_an_error():
    found = opened(*written(["text"]))
    for number in (-1, 1, 1 << 31):
        with pytest.raises(Damaged, match="segment is altered: no block has text"):
            found.text(number)
    with pytest.raises(Damaged):
        opened(*written([])).text(0)


def test_every_changed_byte_gives_a_text_or_an_error():
    data, starts, firsts = written(["one", "two é", "x" * 300])
    failed = 0
    for at in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            altered = data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]
            found = opened(altered, starts, firsts)
            for number in range(3):
                try:
                    assert isinstance(found.text(number), str)
                except Damaged:
                    failed += 1
    assert failed > len(data)


@settings(max_examples=200)
@given(
    starts=st.lists(st.integers(0, (1 << 64) - 1), min_size=2, max_size=4),
    firsts=st.lists(st.integers(0, (1 << 32) - 1), min_size=2, max_size=4),
)
def test_tables_that_say_anything_give_an_error(starts, firsts):
    data, size = written(MANY[:20])[0], min(len(starts), len(firsts))
    tables = np.array(starts[:size], np.uint64), np.array(firsts[:size], np.uint32)
    found = opened(data, *tables)
    for number in (0, 5, firsts[0]):
        with pytest.raises(Damaged):
            found.text(number)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_a_block_of_anything_is_no_crash(raw):
    frame = zstandard.ZstdCompressor().compress(raw)[4:]
    starts, firsts = np.array([0, len(frame)], np.uint64), np.array([0, 2], np.uint32)
    found = opened(frame, starts, firsts)
    for number in (0, 1):
        with suppress(Damaged):
            found.text(number)


@pytest.mark.parametrize("size", [1 << 31, 1 << 50, (1 << 64) - 3, (1 << 64) - 1])
def test_a_frame_that_says_it_is_huge_is_not_believed(size):
    frame = bytes([0b11100000]) + size.to_bytes(8, "little") + bytes(100)
    starts, firsts = np.array([0, len(frame)], np.uint64), np.array([0, 1], np.uint32)
    with pytest.raises(Damaged):
        opened(frame, starts, firsts).text(0)
