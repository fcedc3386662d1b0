import gzip
import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.build import build
from index.errors import IndexFault, Unreadable
from index.model import Draft, Skipped
from index.readers import jsonlines, read
from index.snapshot import Snapshot
from search.engine import Request
from search.local import Local


def drafts(path: Path, *records: object) -> list[Draft | Skipped]:
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    path.write_bytes(b"\n".join(lines))
    return list(read(path, path.name))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "many.jsonl"


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("javascript:alert(1)", None),
        ("https://example.org/\u202e", None),
        ("https://a b", None),
        ("https://" + "a" * 2001, None),
        (["https://example.org"], None),
        (None, None),
    ],
)
def test_the_address_that_a_record_names_is_kept_if_a_page_can_link_to_it(file, url, source):
    (found,) = drafts(file, {"id": "a", "url": url, "text": "A text."})
    assert found.source == source


@pytest.mark.parametrize(
    ("record", "language"),
    [
        ({"language": "en"}, "en"),
        ({"lang": "de-AT"}, "de-at"),
        ({"language": ["pt_BR"], "lang": "en"}, "pt-br"),
        ({"language": " zh-Hant-TW "}, "zh-hant-tw"),
        ({"language": "x-own"}, "x-own"),
        ({"language": "x"}, None),
        ({"language": "en, de"}, None),
        ({"language": ["en", "de"]}, None),
        ({"language": "en--us"}, None),
        ({"language": "Österreich"}, None),
        ({"language": "abcdefghi"}, None),
        ({"language": 7}, None),
        ({"language": ""}, None),
        ({}, None),
    ],
)
def test_the_language_is_one_tag(file, record, language):
    (found,) = drafts(file, {"text": "A text."} | record)
    assert found.language == language


def test_a_language_that_is_read_is_found_and_counted(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "a", "language": "de_AT", "text": "Ein Text."}')
    (tmp_path / "b.md").write_text("---\nlang: en\n---\n\n# A title\n\nA text.")
    build(tmp_path / "index", [tmp_path / "a.jsonl", tmp_path / "b.md"])
    engine = Local(tmp_path / "index")
    page = engine.search(Request("text language:en", facets=("language",)))
    assert [hit.document.id for hit in page.hits] == ["b.md"]
    assert [(v.value, v.count) for v in page.facets[0].values] == [("en", 1)]
    page = engine.search(Request("text", facets=("language",), filters=("language:de-AT",)))
    assert [hit.document.id for hit in page.hits] == ["a.jsonl~a"]
    assert {v.value: v.count for v in page.facets[0].values} == {"de-at": 1, "en": 1}


def test_a_record_is_a_document_under_the_file(file):
    (found,) = drafts(
        file,
        {"id": "a/b c", "title": "A title", "author": ["One", "Two"], "date": "2022-02-11T10:00",
         "text": "First\nparagraph.\n\n \t\nSecond."},
    )  # fmt: skip
    assert found.id == "many.jsonl~a~b_c"
    assert (found.title, found.author, found.date) == ("A title", "One, Two", "2022-02-11")
    assert [(p.number, p.kind, p.text) for p in found.paragraphs] == [
        (0, "title", "A title"),
        (1, "text", "First paragraph."),
        (2, "text", "Second."),
    ]


def test_paragraphs_are_parted_by_blank_lines_alone(file):
    text = "1 Introduction\n\nshort\n\nlower case goes on\n\nA line.\nAnother line."
    (found,) = drafts(file, {"_id": 7, "text": text})
    assert [p.text for p in found.paragraphs[1:]] == [
        "1 Introduction", "short", "lower case goes on", "A line. Another line.",
    ]  # fmt: skip
    assert {p.kind for p in found.paragraphs[1:]} == {"text"}
    for paragraph in found.paragraphs[1:]:
        assert " ".join(text[paragraph.start : paragraph.end].split()) == paragraph.text


@pytest.mark.parametrize("piece", [" ", "\n", " \n", "\t", "a ", "a\n", "a\n\n"])
def test_a_million_characters_of_anything_are_cut_in_one_pass(file, piece):
    text = "x" + piece * (1_000_000 // len(piece))
    (found,) = drafts(file, {"id": 1, "text": text})
    assert len(found.paragraphs) == 1 + len([p for p in text.split("\n\n") if p.strip()])


def test_ids_repeat_and_lack(file):
    found = drafts(file, {"id": "x", "text": "1"}, {"id": "x", "text": "2"}, {"text": "3"})
    assert [d.id for d in found] == ["many.jsonl~x", "many.jsonl~x~~2", "many.jsonl~3"]


def test_one_id_for_all_records(file):
    found = drafts(file, *[{"id": "x", "text": "a"}] * 50_000)
    assert [d.id for d in found[:2]] == ["many.jsonl~x", "many.jsonl~x~~2"]
    assert found[-1].id == "many.jsonl~x~~50000"
    assert len({d.id for d in found}) == 50_000


@pytest.mark.parametrize(
    "line",
    [b"{", b"[1, 2]", b'"text"', b"{}", b'{"text": 3}', b"\xff\xfe", b"[" * 100_000, b"NaN"],
)
def test_a_bad_line_is_skipped_with_its_number(file, line):
    first, bad, last = drafts(file, {"text": "one"}, line, {"text": "two"})
    assert isinstance(bad, Skipped)
    assert bad.place == "line 2"
    assert "\n" not in bad.reason
    assert [d.paragraphs[1].text for d in (first, last)] == ["one", "two"]


def test_a_line_too_long_is_skipped_whole(file, monkeypatch):
    monkeypatch.setattr(jsonlines, "MAX_LINE", 100)
    bad, good = drafts(file, {"text": "a" * 1000}, {"text": "short"})
    assert bad == Skipped("line 1", "longer than 0 MiB")
    assert good.paragraphs[1].text == "short"


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_inside_a_compressed_file(tmp_path, suffix, pack):
    path = tmp_path / f"many.jsonl{suffix}"
    packed = pack(b"".join(b'{"id": %d, "text": "text %d"}\n' % (i, i) for i in range(2000)))
    path.write_bytes(packed)
    assert len(list(read(path, "many"))) == 2000
    for broken in (packed[: len(packed) // 2], b"nothing packed", packed[:-9] + b"123456789"):
        path.write_bytes(broken)
        with pytest.raises(Unreadable, match="compression is damaged"):
            list(read(path, "many"))


@given(st.lists(st.recursive(st.none() | st.text(), st.lists, max_leaves=3), max_size=5))
def test_any_value_under_the_keys(tmp_path_factory, values):
    keys = ("id", "title", "author", "date", "text")
    record = dict(zip(keys, values, strict=False))
    (found,) = drafts(tmp_path_factory.mktemp("j") / "a.jsonl", record)
    if isinstance(found, Draft):
        for paragraph in found.paragraphs:
            assert paragraph.text.encode().strip()


def test_a_file_that_breaks_off_leaves_its_last_good_version(tmp_path):
    documents, index = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    (documents / "a.txt").write_text("A title\n\nA text that stays.")
    path = documents / "many.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 1, "text": "old words"}\n{"id": 2, "text": "x"}'))
    assert build(index, [documents]).documents == 3
    lines = b"".join(b'{"id": %d, "text": "new words"}\n' % i for i in range(5000))
    path.write_bytes(gzip.compress(lines)[:-100])
    (documents / "b.txt").write_text("Another\n\nText.")
    summary = build(index)
    assert summary.documents == 4
    assert summary.count("skipped") == 1
    snapshot = Snapshot.open(index)
    assert snapshot.document("many.jsonl.gz~1").paragraphs[1].text == "old words"
    assert snapshot.document("many.jsonl.gz~3") is None
    path.write_bytes(gzip.compress(lines))
    assert build(index).documents == 5002
    assert Snapshot.open(index).document("many.jsonl.gz~1").paragraphs[1].text == "new words"


def test_skipped_lines_are_reported(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "one"}\n{\n{"text": "two"}\n')
    summary = build(tmp_path / "index", [tmp_path / "a.jsonl"])
    assert summary.documents == 2
    (skipped,) = [o for o in summary.outcomes if o.change == "skipped"]
    assert skipped.path.endswith("a.jsonl, line 2")


def test_a_file_without_a_document_is_nothing_to_index(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"{\n[\n")
    with pytest.raises(IndexFault, match="holds no document"):
        build(tmp_path / "index", [tmp_path / "a.jsonl"])
