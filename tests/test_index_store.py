"""What is stored comes back as it was, or an error says that it does not."""

import random
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codec.compress import BLOCK, Blocks, Compressor, Records, train
from index.codec.store import Record, Store
from index.errors import Damaged

NUMBERS = st.one_of(st.integers(0, 300), st.integers(0, 1 << 40))
RECORDS = st.lists(
    st.builds(
        Record,
        kind=st.integers(0, 2),
        heading=st.one_of(st.just(0), NUMBERS),
        page=st.one_of(st.just(0), st.integers(0, 70_000)),
        start=NUMBERS,
        end=NUMBERS,
        text=st.one_of(st.text(max_size=40), st.integers(0, 3000).map(lambda n: "é😀 wörd\n" * n)),
    ),
    max_size=40,
)
PATH = Path("segment")


def stored(records, dictionary=b"", batches=1):
    """Store records in some batches, and open what comes of it."""
    blocks, compressor, data = Blocks(), Compressor(dictionary), b""
    size = -(-len(records) // batches) or 1
    for first in range(0, len(records), size):
        data += compressor.compress(Records.of(records[first : first + size]), blocks)
    return Store(PATH, np.frombuffer(data, np.uint8), *blocks.arrays(), dictionary)


def paragraphs(count, seed=0):
    """Make records of words as frequent as words are."""
    rng = random.Random(seed)
    words = [f"w{n}" for n in range(3000)]
    chosen = [rng.choices(words, [1 / (n + 1) for n in range(3000)], k=50) for _ in range(count)]
    return [Record(2, 0, 0, 9 * n, 9 * n + 7, " ".join(text)) for n, text in enumerate(chosen)]


@pytest.fixture(scope="module")
def dictionary():
    found = train(Records.of(paragraphs(30_000)))
    assert len(found) > 10_000
    return found


@settings(max_examples=60)
@given(records=RECORDS, batches=st.integers(1, 3))
def test_records_come_back_as_they_were(dictionary, records, batches):
    for known in (b"", dictionary):
        store = stored(records, known, batches)
        assert len(store) == len(records)
        for number in random.Random(0).sample(range(len(records)), len(records)):
            assert store.record(number) == records[number]
            assert store.text(number) == records[number].text


@pytest.mark.parametrize(
    "text", ["", "\0", "\U0010ffff", "x" * (BLOCK - 1), "x" * BLOCK, "ab" * 5_000_000]
)
def test_texts_of_any_size(text):
    records = [Record(0, 0, 0, 0, 0, text), Record(2, 1, 0, 3, 9, "b"), Record(2, 1, 0, 9, 9, text)]
    store = stored(records)
    assert [store.record(n) for n in range(3)] == records


def test_many_empty_texts():
    records = [Record(0, 0, 0, 0, 0, "")] * 1000
    store = stored(records)
    assert [store.record(n) for n in range(1000)] == records


def test_a_dictionary_saves_space_and_too_little_text_has_none(dictionary):
    records = paragraphs(500, seed=1)
    sizes = [len(stored(records, known).frames(range(10))[0]) for known in (b"", dictionary)]
    assert sizes[1] < sizes[0]
    assert train(Records.of(records)) == train(Records.of([])) == b""
    assert train(Records.of([Record(0, 0, 0, 0, 0, "x" * 5_000_000)])) == b""


def test_what_is_not_there_is_an_error():
    store = stored([Record(0, 0, 0, 0, 0, "text")])
    for number in (-1, 1, 1 << 31):
        with pytest.raises(Damaged, match="segment is altered: no block has record"):
            store.text(number)
    with pytest.raises(Damaged):
        stored([]).text(0)


def test_threads_read_the_same_store(dictionary):
    records = paragraphs(2000)
    store, wrong = stored(records, dictionary), []

    def read(seed):
        numbers = random.Random(seed).sample(range(2000), 500)
        wrong.extend(n for n in numbers if store.record(n) != records[n])

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Runs of blocks, as merges take them.


def test_blocks_are_copied_where_all_of_them_is_kept(dictionary):
    records = paragraphs(400)
    store = stored(records, dictionary)
    kept = np.ones(400, np.bool_)
    kept[100] = kept[399] = False
    runs = list(store.runs(kept, dictionary))
    assert [whole for _, whole in runs] == [True, False, True, False]
    assert [number for span, _ in runs for number in store.records(span)] == list(range(400))
    assert 100 in store.records(runs[1][0])
    blocks = Blocks()
    frames, lengths, firsts = store.frames(runs[2][0])
    blocks.add(lengths, firsts, len(store.records(runs[2][0])))
    copied = Store(PATH, np.frombuffer(frames, np.uint8), *blocks.arrays(), dictionary)
    numbers = store.records(runs[2][0])
    assert [copied.record(n) for n in range(len(copied))] == [records[n] for n in numbers]
    assert [whole for _, whole in store.runs(kept, b"")] == [False]
    assert list(stored([]).runs(np.ones(0, np.bool_), b"")) == []


# Damage.


@pytest.mark.parametrize("known", [False, True])
def test_every_changed_byte_gives_a_text_or_an_error(dictionary, known):
    used = dictionary if known else b""
    records = [*paragraphs(3), Record(1, 1, 2, 1 << 33, 1 << 34, "Überschrift 😀")]
    blocks = Blocks()
    data = Compressor(used).compress(Records.of(records), blocks)
    failed = 0
    for at in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            altered = np.frombuffer(data, np.uint8).copy()
            altered[at] ^= change
            store = Store(PATH, altered, *blocks.arrays(), used)
            for number in range(4):
                try:
                    found = store.record(number)
                    assert isinstance(found.text, str)
                except Damaged:
                    failed += 1
    assert failed > len(data)


@settings(max_examples=200)
@given(
    starts=st.lists(st.integers(0, (1 << 64) - 1), min_size=2, max_size=4),
    firsts=st.lists(st.integers(0, (1 << 32) - 1), min_size=2, max_size=4),
)
def test_tables_that_say_anything_give_a_text_or_an_error(starts, firsts):
    blocks = Blocks()
    data = Compressor(b"").compress(Records.of(paragraphs(20)), blocks)
    size = min(len(starts), len(firsts))
    store = Store(
        PATH,
        np.frombuffer(data, np.uint8),
        np.array(starts[:size], np.uint64),
        np.array(firsts[:size], np.uint32),
        b"",
    )
    for number in (0, 5, firsts[0]):
        with pytest.raises(Damaged):
            store.record(number)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_a_block_of_anything_is_no_crash(raw):
    frame = zstandard.ZstdCompressor().compress(raw)[4:]
    starts, firsts = np.array([0, len(frame)], np.uint64), np.array([0, 2], np.uint32)
    store = Store(PATH, np.frombuffer(frame, np.uint8), starts, firsts, b"")
    for number in (0, 1):
        with suppress(Damaged):
            store.record(number)


@pytest.mark.parametrize("size", [1 << 31, 1 << 50, (1 << 64) - 3, (1 << 64) - 1])
def test_a_frame_that_says_it_is_huge_is_not_believed(size):
    frame = bytes([0b11100000]) + size.to_bytes(8, "little") + bytes(100)
    starts, firsts = np.array([0, len(frame)], np.uint64), np.array([0, 1], np.uint32)
    store = Store(PATH, np.frombuffer(frame, np.uint8), starts, firsts, b"")
    with pytest.raises(Damaged):
        store.text(0)
