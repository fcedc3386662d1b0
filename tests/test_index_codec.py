import errno
import json
import os
import struct
import zlib
from collections import defaultdict
from itertools import groupby, pairwise

import numpy as np
import pytest
import strategies
from collections_on_disk import as_document, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysis import UNICODE, analyze
from index.codec import container, lengths
from index.codec.invert import NONE, Inverter
from index.codec.segment import NOT_FOUND, Dictionary, SegmentData
from index.codec.words import Words
from index.errors import Damaged, OtherVersion
from index.model import Document, DocumentInfo, Paragraph


def segment(folder, documents):
    """Write documents as a segment and open it."""
    inverter = Inverter(Words())
    for document in documents:
        inverter.add(document)
    path = folder / "segment"
    path.unlink(missing_ok=True)
    container.write(path, *inverter.arrays())
    return SegmentData(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("segments")


# What is written is read.


@settings(max_examples=80)
@given(documents=strategies.documents)
def test_a_segment_holds_what_a_plain_inversion_gives(folder, documents):
    data = segment(folder, map(as_document, documents))
    paragraphs = [paragraph for document in documents for paragraph in document]
    same_postings(data, [paragraph.text for paragraph in paragraphs])
    same_forms(data, [paragraph.text for paragraph in paragraphs])
    same_columns(data, paragraphs)
    same_documents(data, documents)


def same_postings(data, texts):
    places = defaultdict(lambda: defaultdict(list))
    for ordinal, text in enumerate(texts):
        for form, stem, position, _, _ in analyze(text):
            places[stem][ordinal].append((position, form))
    assert all_of(data.terms) == sorted(stem.encode() for stem in places)
    form_of = {data.form(i)[:2]: data.forms[i].decode() for i in range(len(data.forms))}
    for stem, expected in places.items():
        term = data.terms.find(stem.encode())
        assert data.document_frequency(term) == len(expected)
        assert data.paragraphs(term).tolist() == list(expected)
        assert data.frequencies(term).tolist() == [len(found) for found in expected.values()]
        rows = np.arange(len(expected))
        for some in (rows, rows[::2], rows[::-1], rows[:0]):
            positions, codes, starts = data.positions(term, some)
            forms = [form_of[term, code] for code in codes.tolist()]
            tokens = list(zip(positions.tolist(), forms, strict=True))
            found = [tokens[first:last] for first, last in pairwise(starts)]
            assert found == [list(expected.values())[row] for row in some]


def same_forms(data, texts):
    stands = defaultdict(lambda: defaultdict(int))
    stem_of = {}
    for ordinal, text in enumerate(texts):
        for form, stem, *_ in analyze(text):
            stands[form][ordinal] += 1
            stem_of[form] = stem
    assert all_of(data.forms) == sorted(form.encode() for form in stands)
    for form, expected in stands.items():
        number = data.forms.find(form.encode())
        term, _, frequency = data.form(number)
        rows, frequencies = data.form_rows(number)
        assert data.terms[term].decode() == stem_of[form]
        assert frequency == len(expected)
        assert dict(zip(data.paragraphs(term)[rows], frequencies, strict=True)) == expected


def same_columns(data, paragraphs):
    counts = [len({token.position for token in analyze(p.text)}) for p in paragraphs]
    assert data.length.tolist() == [lucene_encode(count) for count in counts]
    assert data.paragraph_count == len(paragraphs)
    assert data.with_tokens == sum(count > 0 for count in counts)
    assert data.total_length == sum(counts)
    assert data.unicode == UNICODE
    title = heading = 0
    for ordinal, paragraph in enumerate(paragraphs):
        title = ordinal if paragraph.kind == "title" else title
        section = data.section[ordinal]
        above = heading if paragraph.section is not None else NONE
        if paragraph.kind == "text":
            assert data.section_title[section] == title
            assert data.section_heading[section] == above
        else:
            assert section == 0
        heading = ordinal if paragraph.kind == "heading" else heading
    assert data.section_title[0] == data.section_heading[0] == NONE


def same_documents(data, documents):
    assert data.document_count == len(documents)
    ordinal = 0
    for number, paragraphs in enumerate(documents):
        span = range(ordinal, ordinal := ordinal + len(paragraphs))
        stored = data.stored(number)
        assert data.span(number) == span
        assert set(data.document[span.start : span.stop]) == {number}
        assert stored.paragraphs == paragraphs
        words = sum(len({t.position for t in analyze(p.text)}) for p in paragraphs)
        assert stored.info.words == words
        assert data.find_document(paragraphs[0].document) == number


def all_of(dictionary):
    return [dictionary[i] for i in range(len(dictionary))]


def test_everything_known_of_a_document_and_its_paragraphs_is_kept(tmp_path):
    info = DocumentInfo(
        "мир~a.pdf", "Ein Titel", "Ann “A” Author", "2022-02", "pdf", "de", "мир/a.pdf", 3, 0
    )
    document = Document(
        info,
        (
            Paragraph(info.id, 0, "title", "Ein Titel", None, 0, 0),
            Paragraph(info.id, 1, "text", "\0 <b>&\n \u202e\U0010ffff", None, 5, 1 << 40),
            Paragraph(info.id, 2, "heading", "Kopf", None, 1 << 41, 1 << 42, page=70_000),
            Paragraph(info.id, 3, "text", "Text", "Kopf", 0, 0, page=1),
        ),
    )
    found = segment(tmp_path, [document]).stored(0)
    assert found.paragraphs == document.paragraphs
    words = sum(len(analyze(paragraph.text)) for paragraph in document.paragraphs)
    assert found.info == DocumentInfo(*list(fields(info))[:-1], words)


def fields(info):
    return (getattr(info, name) for name in DocumentInfo.__dataclass_fields__)


def test_a_section_is_the_nearest_of_the_headings_with_its_text(tmp_path):
    data = segment(tmp_path, [as_document(texts("a", "t", "x", "# h", "y", "# g", "# h", "z"))])
    headings = [data.section_heading[data.section[p]] for p in (1, 3, 6)]
    assert headings == [NONE, 2, 5]
    assert [data.paragraph(p, "a").section for p in (1, 3, 6)] == [None, "h", "h"]


def test_documents_are_found_whatever_their_order(tmp_path):
    names = ["z", "a", "ö", "a~~2", "Z", "北京"]
    data = segment(tmp_path, [as_document(texts(name, "title")) for name in names])
    assert [data.find_document(name) for name in names] == list(range(6))
    assert all_of(data.ids) == sorted(name.encode() for name in names)
    assert {data.find_document(name) for name in ("", "b", "aa", "\ud800", "zz")} == {NOT_FOUND}


def test_nothing_at_all_is_a_segment_too(tmp_path):
    data = segment(tmp_path, [])
    assert (data.document_count, data.paragraph_count, len(data.terms)) == (0, 0, 0)
    assert data.terms.find(b"war") == data.find_document("a") == NOT_FOUND


@given(st.lists(st.text(max_size=3), unique=True), st.text(max_size=3))
def test_a_dictionary_finds_words_and_prefixes(words, wanted):
    encoded, text = sorted(word.encode() for word in words), wanted.encode()
    start = np.cumsum([0, *map(len, encoded)], dtype=np.uint64)
    dictionary = Dictionary(np.frombuffer(b"".join(encoded), np.uint8), start)
    assert all_of(dictionary) == encoded
    assert dictionary.find(text) == (encoded.index(text) if text in encoded else NOT_FOUND)
    assert dictionary.lower_bound(text) == sum(word < text for word in encoded)
    beginning = [word for word in encoded if word.startswith(text)]
    assert [dictionary[i] for i in dictionary.prefixed(text)] == beginning


# Lengths.


def lucene_encode(length):
    """Transcribe SmallFloat.intToByte4 of Lucene 10."""
    if length < 24:
        return length
    bits = (length - 24).bit_length()
    if bits < 4:
        return 24 + length - 24
    shift = bits - 4
    return 24 + ((((length - 24) >> shift) & 7) | (shift + 1) << 3)


def lucene_decode(code):
    """Transcribe SmallFloat.byte4ToInt of Lucene 10."""
    if code < 24:
        return code
    bits, shift = (code - 24) & 7, ((code - 24) >> 3) - 1
    return 24 + (bits if shift == -1 else (bits | 8) << shift)


def test_lengths_are_coded_as_lucene_does():
    numbers = [*range(5000), *(1 << n for n in range(13, 31)), 2_013_265_944, (1 << 31) - 1]
    assert lengths.encode(np.array(numbers)).tolist() == [lucene_encode(n) for n in numbers]
    assert lengths.DECODED.tolist() == [lucene_decode(code) for code in range(256)]


def test_lengths_are_exact_up_to_40_and_never_above_the_truth():
    decoded = lengths.DECODED[lengths.encode(np.arange(100_000))]
    assert decoded[:41].tolist() == list(range(41))
    assert decoded[[41, 42, 57, 1000, 99_999]].tolist() == [40, 42, 56, 984, 98_328]
    assert (decoded <= np.arange(100_000)).all()
    assert (np.diff(lengths.DECODED.astype(int)) > 0).all()


# The container.

ARRAYS = {
    "bytes": np.arange(5, dtype=np.uint8),
    "empty": np.array([], np.uint32),
    "floats": np.array([1.5, -0.0, np.inf], np.float32),
    "big-endian": np.array([1, 2, 1 << 60], ">u8"),
    "every other": np.arange(20, dtype=np.int16)[::2],
    "flags": np.array([True, False]),
    "empty at the end": np.array([], np.uint8),
}
META = {"unicode": "15.0", "paragraphs": 3}


@pytest.fixture
def small(tmp_path):
    container.write(tmp_path / "small", ARRAYS, META)
    return tmp_path / "small"


def test_arrays_are_read_as_they_were_written(small):
    arrays, meta = container.read(small)
    assert meta == META
    assert list(arrays) == list(ARRAYS)
    for name, array in arrays.items():
        assert array.tolist() == ARRAYS[name].tolist()
        assert array.dtype == ARRAYS[name].dtype.newbyteorder("<")
        assert array.size == 0 or array.ctypes.data % container.ALIGNMENT == 0
        assert not array.flags.writeable


def test_a_file_without_arrays_is_a_file(tmp_path):
    container.write(tmp_path / "file", {}, {})
    assert container.read(tmp_path / "file") == ({}, {})


def test_every_cut_is_seen(small):
    whole = small.read_bytes()
    for length in range(len(whole)):
        small.write_bytes(whole[:length])
        with pytest.raises(Damaged, match="cut short"):
            container.read(small)


def test_bytes_behind_the_end_are_seen(small):
    small.write_bytes(small.read_bytes() + b"\0")
    with pytest.raises(Damaged):
        container.read(small)


def test_every_changed_byte_is_seen(small):
    whole = small.read_bytes()
    for at in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            altered = bytearray(whole)
            altered[at] ^= change
            small.write_bytes(altered)
            expected = OtherVersion if at == len(container.MAGIC) - 1 else Damaged
            with pytest.raises(expected, match="small"):
                container.read(small)


def test_another_version_is_told_from_damage(small):
    whole = small.read_bytes()
    small.write_bytes(b"PASSAGE2" + b"of another layout " * 10 + b"PASSAGE2")
    with pytest.raises(OtherVersion, match="another version of the format"):
        container.read(small)
    small.write_bytes(b"SQLite format 3\0" + whole[16:])
    with pytest.raises(Damaged, match="does not begin like"):
        container.read(small)


DIRECTORIES = [
    b"",
    b"\xff",
    b"[" * 100_000,
    b"[]",
    b"null",
    b'{"meta": {}}',
    b'{"arrays": {}}',
    b'{"meta": {}, "arrays": [1]}',
    b'{"meta": {}, "arrays": {"a": 1}}',
    b'{"meta": 1, "arrays": {}}',
]
ENTRIES = [
    {},
    {"dtype": "O"},
    {"dtype": "no such type"},
    {"dtype": ["u4"]},
    {"dtype": "S0"},
    {"length": -1},
    {"length": 1 << 62},
    {"length": "3"},
    {"length": 1.5},
    {"offset": -64},
    {"offset": 1 << 62},
    {"offset": None},
]


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_a_directory_of_a_strangers_making_is_damage(tmp_path, directory):
    with pytest.raises(Damaged):
        container.read(forged(tmp_path, directory))


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_array_of_a_strangers_making_is_damage(tmp_path, entry):
    crc = zlib.crc32(b"")
    sound = {"dtype": "|u1", "length": 0, "offset": 64, "crc32": crc} if entry else {}
    directory = {"meta": {}, "arrays": {"a": sound | entry}}
    with pytest.raises(Damaged):
        container.read(forged(tmp_path, json.dumps(directory).encode()))


def forged(folder, directory):
    """Write a file whose checksums are right and whose directory is anything."""
    trailer = struct.pack("<QII8s", 64, len(directory), zlib.crc32(directory), container.MAGIC)
    path = folder / "forged"
    path.write_bytes(container.MAGIC.ljust(64, b"\0") + directory + trailer)
    return path


def test_a_segment_that_lacks_an_array_or_a_count_is_damaged(tmp_path):
    segment(tmp_path, [as_document(texts("a", "title", "text"))])
    arrays, meta = container.read(tmp_path / "segment")
    lacking = [({n: a for n, a in arrays.items() if n != name}, meta) for name in arrays]
    lacking += [(arrays, {k: v for k, v in meta.items() if k != key}) for key in meta]
    lacking += [(arrays, meta | {"paragraphs": 3})]
    for number, parts in enumerate(lacking):
        container.write(tmp_path / f"{number}", *parts)
        with pytest.raises(Damaged):
            SegmentData(tmp_path / f"{number}")


def test_a_file_is_never_written_over(small):
    whole = small.read_bytes()
    with pytest.raises(FileExistsError):
        container.write(small, {}, {})
    assert small.read_bytes() == whole


def test_a_file_that_could_not_be_written_is_not_left_behind(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        container.write(tmp_path / "file", ARRAYS, META)
    assert list(tmp_path.iterdir()) == []


def test_the_length_of_a_paragraph_counts_positions_not_tokens(tmp_path):
    text = "co-ordinated 100% C++"
    assert [len(list(found)) for _, found in groupby(analyze(text), lambda t: t.position)] != [1]
    data = segment(tmp_path, [as_document(texts("a", text))])
    assert (data.length.tolist(), data.total_length, data.info(0).words) == ([4], 4, 4)
