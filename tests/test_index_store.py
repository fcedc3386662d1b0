"""Paragraphs come back as they were, or an error says that they do not."""

import os
import random
import subprocess
import sys
import threading
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.codec.coding import GAP, LONGEST, Vocabulary, code_at, code_of
from index.codec.intern import Interned
from index.codec.records import Blocks, blocks
from index.codec.store import HEADER, Record, Store, Stored
from index.codec.words import PADDING, Words
from index.errors import Damaged

NUMBERS = st.one_of(st.integers(0, 300), st.integers(0, 1 << 40))
# What units and their kinds are about, mixed as no text mixes it.
SPECIAL = "aAé 1  ..,-’\0\n\U0010ffff語文。か"
LONG = "the " + "x" * (LONGEST + 1) + " y " + "Z" * LONGEST + " . " + "-" * 70 + "a"
SENTENCE = "日本語の文章です。 and 日本語の文章 と"
TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.sampled_from(SPECIAL), max_size=40),
    st.lists(st.sampled_from(["the", "The", LONG, SENTENCE, "a", "", "é"])).map(" ".join),
    st.integers(0, 3000).map(lambda n: "é😀 wörd\n" * n),
)
RECORDS = st.lists(
    st.builds(
        Record,
        kind=st.integers(0, 2),
        heading=st.one_of(st.just(0), NUMBERS),
        page=st.one_of(st.just(0), st.integers(0, 70_000)),
        start=NUMBERS,
        end=NUMBERS,
        text=TEXTS,
    ),
    max_size=40,
)
PATH = Path("segment")
ENOUGH = 1 << 20


class Written:
    """Records written one batch after the other, and opened."""

    def __init__(self, most=ENOUGH):
        self.vocabulary, self.blocks, self.data = Vocabulary(most), Blocks(), b""

    def add(self, units, stream, first, columns):
        coded, sizes = self.vocabulary.code(units, stream, first)
        raw, starts = blocks(coded, np.concatenate((columns, sizes[None])))
        firsts = np.arange(0, len(sizes), 128)
        self.blocks.add(np.diff(starts), firsts, len(sizes))
        self.data += raw.tobytes()

    def opened(self, units):
        arrays = self.vocabulary.arrays(units) | self.blocks.arrays("blocks")
        data = np.frombuffer(self.data, np.uint8)
        starts, firsts = arrays["blocks_start"], arrays["blocks_first"]
        return opened(data, starts, firsts, arrays["words.text"], arrays["words.start"])


def opened(data, starts, firsts, text, start):
    """Open a store of arrays behind which there is something, as there is in a file."""
    return Store(PATH, Stored(padded(data), starts, firsts, padded(text), start))


def padded(array):
    return np.append(array, np.zeros(8, np.uint8))[: len(array)]


def cut(words, records):
    """Give the units of records, and their columns."""
    encoded = [record.text.encode() for record in records]
    text = np.frombuffer(b"\n".join([*encoded, PADDING]), np.uint8)
    begins = np.cumsum([0, *(len(each) + 1 for each in encoded)])
    stream = np.empty(len(text), np.uint32)
    first, count = words.cut(text, begins, stream)
    words.analyze(count)
    rows = [(*r[:4], r.end - r.start - len(r.text)) for r in records]
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    return words.units, stream[: first[-1]], first, columns


def stored(records, batches=1, words=None, most=ENOUGH):
    """Store records in some batches, and open what comes of it."""
    words, written = words or Words(), Written(most)
    size = -(-len(records) // batches) or 1
    for first in range(0, len(records), size):
        written.add(*cut(words, records[first : first + size]))
    return written.opened(words.units)


def of_texts(*texts):
    return [Record(2, 0, 0, 0, len(text), text) for text in texts]


def paragraphs(count, seed=0):
    """Make records of words as frequent as words are."""
    rng = random.Random(seed)
    words = [f"w{n}" for n in range(3000)]
    chosen = [rng.choices(words, [1 / (n + 1) for n in range(3000)], k=50) for _ in range(count)]
    return [Record(2, 0, 0, 9 * n, 9 * n + 7, " ".join(text)) for n, text in enumerate(chosen)]


@settings(max_examples=150)
@given(records=RECORDS, batches=st.integers(1, 3), most=st.sampled_from([0, 3, ENOUGH]))
@example(of_texts(" ", "  a", "a ", "a  b", "\0", "\0\0", "a\0", " \0", LONG, SENTENCE), 1, ENOUGH)
@example(of_texts("a b c d", "b A", "c d d c b a"), 2, 2)
def test_records_come_back_as_they_were(records, batches, most):
    store = stored(records, batches, most=most)
    assert len(store) == len(records)
    for number in random.Random(0).sample(range(len(records)), len(records)):
        assert store.record(number) == records[number]
        assert store.text(number) == records[number].text


@pytest.mark.parametrize("text", ["", "\0", "\U0010ffff", "ab" * 5_000_000, "ab, " * 500_000])
def test_texts_of_any_size(text):
    records = [Record(0, 0, 0, 0, 0, text), Record(2, 1, 0, 3, 9, "b"), Record(2, 1, 0, 9, 9, text)]
    store = stored(records)
    assert [store.record(n) for n in range(3)] == records


def test_many_empty_texts():
    records = [Record(0, 0, 0, 0, 0, "")] * 1000
    store = stored(records)
    assert [store.record(n) for n in range(1000)] == records


def test_every_number_has_a_code():
    limits = [184, 184 + (62 << 8), 184 + (62 << 8) + (7 << 16)]
    numbers = [0, *(limit + i for limit in limits for i in (-1, 0, 255, 256, 65536)), (1 << 25) - 1]
    for number in numbers:
        code = np.array([code_of(number), 0], np.uint64).view(np.uint8)
        found, size = code_at(code, 0)
        assert found == number
        assert size == 1 + sum(number >= limit for limit in limits)
        assert not code[size:4].any()
    assert code_at(np.full(8, 255, np.uint8), 0)[1] == 4


def test_what_is_frequent_is_short_and_what_is_long_is_no_word():
    words = [chr(0x4E00 + i) for i in range(400)]  # one word each
    rare = " ".join(words)
    frequent = "日" * 80 + " the" * 300 + " " + "x" * 300
    written = Written()
    written.add(*cut(units := Words(), of_texts(rare, frequent)))
    store = written.opened(units.units)
    sizes = [int(store._stored.starts[-1]) - HEADER - len(store._stored.firsts)]
    assert sizes[0] < 2 * 400 + 80 + 300 + 300 + 20
    entries = [store.units.text[b:e].tobytes().decode() for b, e in spans(store)]
    assert {"日", "x", "the"} <= set(entries[:5])
    assert max(map(len, entries)) == 3


def spans(store):
    begins = store.units.begins.tolist()
    return pairwise(begins)


def test_a_segment_has_the_words_that_it_uses():
    words = Words()
    one = stored(of_texts("The war, the war", "and peace"), words=words)
    two = stored(of_texts("peace - and War"), words=words)
    assert entries(one) == {"The", "war", "the", "and", "peace", ", "}
    assert entries(two) == {"peace", "and", "War", " - "}
    assert [one.text(1), two.text(0)] == ["and peace", "peace - and War"]


def entries(store):
    text = store.units.text.tobytes()
    return {text[begin:end].decode() for begin, end in spans(store)}


def test_what_is_not_there_is_an_error():
    store = stored(of_texts("text"))
    for number in (-1, 1, 1 << 31):
        with pytest.raises(Damaged, match="segment is altered: there is no such paragraph"):
            store.text(number)
    with pytest.raises(Damaged):
        stored([]).text(0)


def test_threads_read_the_same_store():
    records = paragraphs(2000)
    store, wrong = stored(records), []

    def read(seed):
        numbers = random.Random(seed).sample(range(2000), 500)
        wrong.extend(n for n in numbers if store.record(n) != records[n])

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# From store to store, as merges do it.


@settings(max_examples=100)
@given(st.lists(RECORDS, min_size=1, max_size=3), st.randoms(use_true_random=False))
@example([of_texts("a b", LONG), of_texts("b a", "a. B", SENTENCE), of_texts("", "c\0")], None)
def test_records_are_taken_over_without_being_decoded(parts, rng):
    kept = [np.array([rng is None or rng.random() < 0.7 for _ in part], np.bool_) for part in parts]
    written, interned = Written(), Interned()
    stores = [stored(part) for part in parts]
    numbers = [interned.unite(store.units) for store in stores]
    for store, number, mask in zip(stores, numbers, kept, strict=True):
        for stream, first, columns in store.pieces(mask):
            written.add(interned.units, number[stream], first, columns)
    merged = written.opened(interned.units)
    expected = [
        record
        for part, mask in zip(parts, kept, strict=True)
        for record, own in zip(part, mask, strict=True)
        if own
    ]
    assert [merged.record(n) for n in range(len(merged))] == expected
    assert entries(merged) == entries(stored(expected))


def test_many_blocks_are_taken_over_some_at_a_time(monkeypatch):
    monkeypatch.setattr("index.codec.store._PIECE", 20_000)
    records = paragraphs(1000)
    store = stored(records)
    written, kept = Written(), np.arange(1000) % 3 > 0
    pieces = list(store.pieces(kept))
    assert len(pieces) > 2
    for piece in pieces:
        written.add(store.units, *piece)
    merged = written.opened(store.units)
    expected = [record for record, own in zip(records, kept, strict=True) if own]
    assert [merged.record(n) for n in range(len(merged))] == expected


# Damage.


@pytest.mark.parametrize("array", ["blocks", "starts", "firsts"])
def test_every_changed_byte_gives_a_text_or_an_error(array):
    records = [*paragraphs(3), Record(1, 1, 2, 1 << 33, 1 << 34, f"Überschrift 😀 {LONG}")]
    arrays = stored(records)._stored._asdict()
    whole = arrays[array].view(np.uint8)
    failed = 0
    for at in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            altered = whole.copy()
            altered[at] ^= change
            altered = altered.view(arrays[array].dtype)
            store = opened(*(arrays | {array: altered}).values())
            pieces = [all_pieces(store)] if array == "blocks" else []  # else see bounds.py
            for read in (*map(reading(store.record), range(4)), *pieces):
                try:
                    read()
                except Damaged:
                    failed += 1
    assert failed > 6


def reading(read):
    return lambda number: lambda: read(number)


def all_pieces(store):
    return lambda: list(store.pieces(np.ones(4, np.bool_)))


@settings(max_examples=300)
@given(
    starts=st.lists(st.integers(0, (1 << 64) - 1), min_size=2, max_size=4),
    firsts=st.lists(st.integers(0, (1 << 32) - 1), min_size=2, max_size=4),
)
def test_tables_that_say_anything_give_an_error(starts, firsts):
    size = min(len(starts), len(firsts))
    arrays = stored(paragraphs(20))._stored._asdict()
    arrays |= {
        "starts": np.array(starts[:size], np.uint64),
        "firsts": np.array(firsts[:size], np.uint32),
    }
    store = opened(*arrays.values())
    for number in (0, 5, firsts[0]):
        with suppress(Damaged):
            store.record(number)


@settings(max_examples=500)
@given(
    st.one_of(st.just(bytes(6)), st.binary(min_size=6, max_size=6)),
    st.one_of(st.just(bytes(48)), st.binary(min_size=48, max_size=48)),
    st.binary(max_size=200),
)
def test_a_block_of_anything_is_no_crash(widths, lows, rest):
    data = np.frombuffer(widths + lows + rest, np.uint8)
    starts, firsts = np.array([0, len(data)], np.uint64), np.array([0, 2], np.uint32)
    text, start = np.frombuffer("ab, é".encode(), np.uint8), np.array([0, 1, 2 | GAP, 4 | GAP, 6])
    store = opened(data, starts, firsts, text, start.astype(np.uint32))
    for read in (*map(reading(store.record), range(2)), all_pieces(store)):
        with suppress(Damaged):
            read()


def test_a_text_larger_than_its_codes_takes_no_more_than_that():
    """Sixty-five times is the most: there is no way to make a small file take all memory."""
    text = " ".join(["y" * LONGEST] * 1000)
    store = stored(of_texts(text))
    assert len(store._stored.blocks) < len(text) // 50
    assert store.text(0) == text


def test_the_kernels_run_uncompiled():
    program = "import test_index_store as t; t.test_a_segment_has_the_words_that_it_uses()"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=environment, check=True, timeout=120
    )
