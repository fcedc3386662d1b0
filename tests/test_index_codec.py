from collections import defaultdict
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest
import strategies
from collections_on_disk import as_document, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysis import UNICODE, analyze
from index.codec import container, lengths
from index.codec.invert import Inverter
from index.codec.layout import HEADLINE, NONE
from index.codec.segment import NOT_FOUND, Dictionary, SegmentData
from index.codec.words import Words
from index.errors import Damaged, OtherVersion
from index.model import Document, DocumentInfo, Paragraph
from index.settings import MEMORY


def segment(folder, documents):
    """Write documents as a segment and open it."""
    path = folder / "segment"
    path.unlink(missing_ok=True)
    inverter = Inverter(Words(), path, MEMORY)
    for document in documents:
        inverter.add(document)
    inverter.finish()
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
        heading = ordinal if paragraph.kind == "heading" else heading
        section = int(data.section[ordinal]) & ~HEADLINE
        above = paragraph.section is not None or paragraph.kind == "heading"
        assert bool(data.section[ordinal] & HEADLINE) == (paragraph.kind != "text")
        assert data.section_title[section] == title
        assert data.section_heading[section] == (heading if above else NONE)
    titles_and_headings = sum(paragraph.kind != "text" for paragraph in paragraphs)
    assert len(data.section_title) == len(data.section_heading) == titles_and_headings


def same_documents(data, documents):
    assert data.document_count == len(documents)
    ordinal = 0
    for number, paragraphs in enumerate(documents):
        span = range(ordinal, ordinal := ordinal + len(paragraphs))
        stored = data.stored(number)
        assert data.span(number) == span
        assert {data.document_of(ordinal) for ordinal in span} == {number}
        assert stored.paragraphs == paragraphs
        words = sum(len({t.position for t in analyze(p.text)}) for p in paragraphs)
        assert stored.info.words == words
        assert data.find_document(paragraphs[0].document) == number


def all_of(dictionary):
    return [dictionary[i] for i in range(len(dictionary))]


def test_everything_known_of_a_document_and_its_paragraphs_is_kept(tmp_path):
    info = DocumentInfo(
        "мир~a.pdf", "Ein Titel", "Ann “A” Author", "2022-02", "pdf", "de", "мир/a.pdf", 3, 0,
        source="https://example.org/мир",
    )  # fmt: skip
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
    assert found.info == replace(info, words=words)


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


def test_a_segment_that_lacks_an_array_or_a_count_is_of_another_version(tmp_path):
    segment(tmp_path, [as_document(texts("a", "title", "text"))])
    arrays, meta = container.read(tmp_path / "segment")
    lacking = [({n: a for n, a in arrays.items() if n != name}, meta) for name in arrays]
    lacking += [(arrays, {k: v for k, v in meta.items() if k != key}) for key in meta]
    for number, parts in enumerate(lacking):
        container.write(tmp_path / f"{number}", *parts)
        with pytest.raises(
            OtherVersion, match=f"build it anew with: python -m index --to {tmp_path}"
        ):
            SegmentData(tmp_path / f"{number}")
    container.write(tmp_path / "other", arrays, meta | {"paragraphs": 3})
    with pytest.raises(Damaged):
        SegmentData(tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "row", "value"),
    [
        ("words.start", 0, 1),
        ("words.start", -1, 1),
        ("words.start", 1, 0),
        ("words.start", 1, 1 << 30),
        ("paragraphs.stored_first", 0, 1),
        ("paragraphs.stored_first", -1, 1),
        ("paragraphs.stored_start", -1, 1),
        ("documents.stored_first", -1, 2),
    ],
)
def test_what_is_stored_fits_together(tmp_path, name, row, value):
    segment(tmp_path, [as_document(texts("a", "title", "text"))])
    arrays, meta = container.read(tmp_path / "segment")
    arrays[name][row] = value
    container.write(tmp_path / "other", arrays, meta)
    with pytest.raises(Damaged, match=f"contradicts itself: {name}"):
        SegmentData(tmp_path / "other")


def test_the_length_of_a_paragraph_counts_positions_not_tokens(tmp_path):
    text = "co-ordinated 100% C++"
    assert [len(list(found)) for _, found in groupby(analyze(text), lambda t: t.position)] != [1]
    data = segment(tmp_path, [as_document(texts("a", text))])
    assert (data.length.tolist(), data.total_length, data.info(0).words) == ([4], 4, 4)
