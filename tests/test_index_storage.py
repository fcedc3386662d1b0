import json
import os
import pickle
import random
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
import strategies
import whoosh.index
from collections_on_disk import commit, texts, write
from whoosh import query
from whoosh.codec.base import Segment
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.qparser import QueryParser
from whoosh.reading import TermNotFound

from index import storage
from index.analysis import analyze
from index.codec.adapter import ColumnarSegment
from index.errors import Damaged, Foreign, IndexFault, NoIndex, OtherVersion
from index.schema import FORMAT, SCHEMA
from index.snapshot import Snapshot

THREE = [texts("a", "Alpha", "war talks"), texts("b", "Beta", "a treaty"), texts("c", "Gamma")]


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Two segments, of the first of which a document is deleted."""
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    write(tmp_path, THREE, 2)
    return commit(tmp_path, [], ["a"]).folder


# Whoosh opens the index, and finds the right documents in it.


def test_whoosh_opens_it_and_its_schema_says_what_is_in_it(index):
    opened = whoosh.index.open_dir(index)
    assert sorted(opened.schema.names()) == [
        *("document", "form", "id", "kind", "number", "section", "text", "title")
    ]
    assert sorted(opened.schema.stored_names()) == [
        *("document", "id", "kind", "number", "section", "text", "title")
    ]
    assert [t.text for t in opened.schema["text"].analyzer("Treaties")] == ["treati"]
    assert [t.text for t in opened.schema["form"].analyzer("Treaties")] == ["treaties"]
    assert opened.schema["text"].supports("positions")
    assert (opened.doc_count(), opened.doc_count_all()) == (3, 5)


@pytest.mark.parametrize("seed", range(4))
def test_whoosh_finds_what_brute_force_finds(tmp_path, monkeypatch, seed):
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    rng = random.Random(seed)
    documents = strategies.random_documents(rng, most=12)
    gone = {d[0].document for d in documents if rng.randrange(4) == 0}
    write(tmp_path, documents, segments=3)
    commit(tmp_path, [], gone)
    live = [p for d in documents for p in d if p.document not in gone]
    present = strategies.places(documents) or [[["none"]]]
    with whoosh.index.open_dir(tmp_path).searcher() as searcher:
        for _ in range(60):
            place = rng.choice(present)
            start = rng.randrange(len(place))
            words = [rng.choice(forms) for forms in place[start : start + rng.randint(1, 3)]]
            for field in ("text", "form"):
                terms = [analyze(word)[-1].stem if field == "text" else word for word in words]
                if len(terms) == 1:
                    tree = query.Term(field, terms[0])
                else:
                    tree = query.Phrase(field, terms)
                assert found(searcher, tree) == {p.id for p in live if has(p, field, terms)}, tree
            prefix = words[0][:2]
            starting = {
                p.id for p in live if any(t.form.startswith(prefix) for t in analyze(p.text))
            }
            assert found(searcher, query.Prefix("form", prefix)) == starting


def found(searcher, tree):
    return {hit["id"] for hit in searcher.search(tree, limit=None)}


def has(paragraph, field, terms):
    attribute = "stem" if field == "text" else "form"
    at = {(getattr(t, attribute), t.position) for t in analyze(paragraph.text)}
    return any(
        all((term, start + i) in at for i, term in enumerate(terms)) for start in range(len(at))
    )


def test_whoosh_reads_back_what_is_stored(tmp_path):
    documents = [texts("a", "Title", "one", "# Head", "two ‘words’"), texts("b", "Other", "three")]
    write(tmp_path, documents, 2)
    with whoosh.index.open_dir(tmp_path).searcher() as searcher:
        stored = [fields for _, fields in searcher.reader().iter_docs()]
        by_number = searcher.stored_fields(4)
    assert stored == [
        {
            "text": p.text,
            "id": p.id,
            "document": p.document,
            "title": d[0].text,
            "number": p.number,
            "kind": p.kind,
            "section": p.section,
        }
        for d in documents
        for p in d
    ]
    assert by_number == stored[4]


def test_whooshs_own_parser_and_scores_run_on_it(tmp_path):
    documents = [
        texts("a", "Treaties", "the treaty was a treaty", "no such thing"),
        texts("b", "War", "treaty talks, not talks of a treaty"),
    ]
    write(tmp_path, documents, 2)
    opened = whoosh.index.open_dir(tmp_path)
    with opened.searcher() as searcher:
        by_stem = searcher.search(QueryParser("text", opened.schema).parse("treaties"))
        assert {hit["id"] for hit in by_stem} == {"a:0", "a:1", "b:1"}
        assert all(hit.score > 0 for hit in by_stem)
        assert by_stem[0]["id"] in ("a:0", "a:1")
        by_form = searcher.search(QueryParser("form", opened.schema).parse("treaties"))
        assert [hit["id"] for hit in by_form] == ["a:0"]
        phrase = QueryParser("text", opened.schema).parse('"treaty talk"')
        assert found(searcher, phrase) == {"b:1"}
        both = QueryParser("text", opened.schema).parse("treaty AND talk")
        assert found(searcher, both) == {"b:1"}


def test_whooshs_reader_knows_the_terms(tmp_path):
    write(
        tmp_path, [texts("a", "war wars", "war", "—"), texts("b", "peace talks"), texts("c", "war")]
    )
    reader = whoosh.index.open_dir(tmp_path).reader()
    expected = [("form", b) for b in (b"peace", b"talks", b"war", b"wars")]
    expected += [("text", b) for b in (b"peac", b"talk", b"war")]
    assert list(reader.all_terms()) == expected
    assert [term for term, _ in reader] == expected
    assert list(reader.terms_from("form", b"wa")) == expected[2:]
    assert list(reader.field_terms("text")) == ["peac", "talk", "war"]
    assert list(reader.lexicon("form")) == [text for _, text in expected[:4]]
    assert list(reader.expand_prefix("form", b"w")) == [b"war", b"wars"]
    assert list(reader.indexed_field_names()) == ["form", "text"]
    assert (("text", "war") in reader, ("text", "wars") in reader) == (True, False)
    assert ("id", "a:0") not in reader
    assert (reader.doc_frequency("text", "war"), reader.frequency("text", "war")) == (3, 4)
    assert (reader.doc_frequency("form", "war"), reader.frequency("form", "war")) == (3, 3)
    assert reader.doc_frequency("form", "absent") == 0
    info = reader.term_info("text", "war")
    assert (info.min_length(), info.max_length(), info.max_weight()) == (1, 2, 2)
    assert (info.min_id(), info.max_id()) == (0, 4)
    with pytest.raises(TermNotFound):
        reader.term_info("text", "absent")
    assert [reader.doc_field_length(n, "text") for n in range(5)] == [2, 1, 0, 2, 1]
    assert reader.doc_field_length(0, "id") == 0
    assert (reader.field_length("form"), reader.field_length("id")) == (6, 0)
    assert (reader.min_field_length("text"), reader.max_field_length("text")) == (0, 2)
    assert reader.has_deletions() is False


def test_whooshs_reader_knows_the_deletions(index):
    reader = whoosh.index.open_dir(index).reader()
    assert (reader.doc_count(), reader.doc_count_all(), reader.has_deletions()) == (3, 5, True)
    assert [n for n in range(5) if reader.is_deleted(n)] == [0, 1]
    assert list(reader.all_doc_ids()) == [2, 3, 4]


def test_whooshs_matcher_walks_and_skips(tmp_path):
    write(tmp_path, [texts("a", "war", "peace", "war and war", "war", "peace")])
    reader = whoosh.index.open_dir(tmp_path).reader()
    matcher = reader.postings("text", "war")
    other = matcher.copy()
    assert list(matcher.all_ids()) == [0, 2, 3]
    other.skip_to(1)
    assert (other.id(), other.weight(), other.value_as("positions")) == (2, 2, [0, 2])
    assert [(span.start, span.end) for span in other.spans()] == [(0, 0), (2, 2)]
    assert (other.supports("characters"), other.supports_block_quality()) == (False, False)
    assert (other.value(), other.score()) == (b"", 2)
    other.skip_to(4)
    assert not other.is_active()
    other.reset()
    assert (other.id(), other.is_active()) == (0, True)
    cursor = reader.cursor("form")
    assert (cursor.first(), cursor.next(), cursor.text()) == ("and", "peace", "peace")
    assert (cursor.find("q"), cursor.term_info().doc_frequency()) == ("war", 3)
    assert (cursor.find(b"x"), cursor.is_valid(), cursor.text()) == (None, False, None)


# A table of contents from a stranger.


class Evil:
    """What a stranger would like to have unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def write_toc(folder, segments, schema=SCHEMA):
    storage.toc_path(folder, 1).unlink(missing_ok=True)
    whoosh.index.TOC(schema, segments, 1).write(FileStorage(str(folder)), storage.NAME)


def hidden_in_a_segment(trace):
    segment = ColumnarSegment(storage.NAME, 1)
    segment.paragraphs = Evil(trace)
    return segment


@pytest.mark.parametrize("dressed", [Evil, hidden_in_a_segment, lambda trace: [Evil(trace)]])
def test_code_in_a_table_of_contents_is_not_run_but_named(tmp_path, dressed):
    trace, folder = tmp_path / "was here", tmp_path / "index"
    write(folder, THREE)
    write_toc(folder, [dressed(trace)])
    with pytest.raises(Foreign, match=r"names posix\.mkdir, which Passage did not write"):
        Snapshot.open(folder)
    assert not trace.exists()
    whoosh.index.open_dir(folder, schema=SCHEMA)  # which runs it: the trap is one
    assert trace.exists()


@pytest.mark.parametrize("version", [-111, -110])
def test_code_in_a_schema_is_not_run(tmp_path, version):
    """Whoosh reads tables of contents of an older version by other code."""
    trace, folder = tmp_path / "was here", tmp_path / "index"
    write(folder, THREE)
    path = storage.toc_path(folder, 1)
    header, body = path.read_bytes().split(struct.pack("!i", -111) + b"\2\7\4", 1)
    schema, segments = pickle.dumps(SCHEMA, 2), pickle.dumps(Evil(trace), 2)
    assert schema in body
    code = struct.pack("!i", version) + b"\2\7\4"
    path.write_bytes(header + code + body.replace(schema, segments.ljust(len(schema), b".")))
    assert Snapshot.open(folder).document_count == 3
    assert not trace.exists()
    path.write_bytes(header + code + body[: body.rindex(b"\x80")] + pickle.dumps([Evil(trace)]))
    with pytest.raises(Foreign, match="mkdir"):
        Snapshot.open(folder)
    assert not trace.exists()


def test_an_index_of_whooshs_own_codec_is_refused_by_name(tmp_path):
    opened = whoosh.index.create_in(tmp_path, Schema(text=TEXT))
    writer = opened.writer()
    writer.add_document(text="some words")
    writer.commit()
    with pytest.raises(Foreign, match=r"whoosh\.codec\.whoosh3\.W3Segment"):
        Snapshot.open(tmp_path)


@pytest.mark.parametrize(
    "state",
    [
        {"name": "../elsewhere"},
        {"segid": "../elsewhere"},
        {"segid": None},
        {"deletions": "../x"},
        {"data_file": "x"},
        {"compound": []},
    ],
)
def test_a_segment_never_leads_out_of_its_folder(index, state):
    [first, *others] = storage.read_segments(index, 3)
    vars(first).update(state)
    storage.toc_path(index, 3).unlink()
    storage.write_segments(index, 3, [first, *others])
    storage.write_manifest(index, 3, [first, *others], {})
    with pytest.raises(Damaged, match=r"the table of contents of .* is damaged;"):
        Snapshot.open(index)


@pytest.mark.parametrize(
    "segments", [[], {}, None, [[]], [Segment], ColumnarSegment(storage.NAME, 1)]
)
def test_a_table_of_contents_of_something_else_is_refused(index, segments):
    storage.toc_path(index, 3).unlink()
    storage.write_segments(index, 3, segments)
    with pytest.raises((Damaged, Foreign)):
        Snapshot.open(index)


@pytest.mark.parametrize("bomb", [b"r\xff\xff\xff\x7f", b"p2147483647\n", b"\x96" + b"\xff" * 7])
def test_a_table_of_contents_cannot_take_all_memory(index, bomb):
    path = storage.toc_path(index, 3)
    whole = path.read_bytes()
    segments = whole.rindex(b"\x80")
    path.write_bytes(whole[:segments] + b"\x80\x05]" + bomb + b".")
    with pytest.raises(Damaged, match=r"is damaged: .*(does not write|but only)"):
        Snapshot.open(index)


# Damage.


def state(snapshot):
    return [vars(s.entry) for s in snapshot.segments], snapshot.manifest


@pytest.mark.parametrize("name", ["_MAIN_3.toc", "manifest.3"])
def test_every_changed_byte_is_seen_or_changes_nothing(index, name):
    """Whoosh's pickle of the schema, which is skipped, may change; so may bits of white space."""
    whole, before = (index / name).read_bytes(), state(Snapshot.open(index))
    rng = random.Random(3)
    unseen = 0
    for at in range(len(whole)):
        # 0x2E ends a pickle, with whatever was read until then.
        for byte in {whole[at] ^ 1, rng.randrange(256), 0x2E} - {whole[at]}:
            altered = bytearray(whole)
            altered[at] = byte
            (index / name).write_bytes(altered)
            with suppress(Damaged, Foreign, OtherVersion):
                assert state(Snapshot.open(index)) == before
                unseen += 1
    assert (unseen > 10) == (name == "_MAIN_3.toc")


@pytest.mark.parametrize("name", ["_MAIN_3.toc", "manifest.3"])
def test_every_cut_is_seen(index, name):
    whole = (index / name).read_bytes()
    for length in range(len(whole)):
        (index / name).write_bytes(whole[:length])
        with pytest.raises(Damaged, match="python -m index --rebuild --to"):
            Snapshot.open(index)


@pytest.mark.parametrize("pattern", ["manifest.3", "*.arrays", "*.deleted"])
def test_a_missing_file_is_named(index, pattern):
    missing = next(index.glob(pattern))
    missing.unlink()
    with pytest.raises(Damaged, match=f"lacks the file .*{missing.name}; build it anew with"):
        Snapshot.open(index)


def test_deletions_of_another_segment_are_damage(index):
    first = Snapshot.open(index).segments[0]
    (index / first.entry.deletions_file()).unlink()
    nothing = np.zeros(first.data.paragraph_count, np.bool_)
    first.entry.write_deleted(index, nothing)
    with pytest.raises(Damaged, match="does not belong to"):
        Snapshot.open(index)


def test_a_segment_of_another_size_is_damage(index):
    first = Snapshot.open(index).segments[0]
    other = write(index.parent / f"{index.name}-other", THREE).segments[0]
    first.data.path.write_bytes(other.data.path.read_bytes())
    with pytest.raises(Damaged, match="does not belong to"):
        Snapshot.open(index)


def sealed(manifest):
    text = json.dumps(manifest).encode()
    return b"%b\n%08x\n" % (text, zlib.crc32(text))


def test_another_version_of_the_format_is_told(index):
    path = storage.manifest_path(index, 3)
    manifest = json.loads(path.read_bytes().partition(b"\n")[0])
    for version in (0, 1, "next", None):
        path.write_bytes(sealed(manifest | {"format": version}))
        with pytest.raises(OtherVersion, match=f"format {version}, this program writes {FORMAT}"):
            Snapshot.open(index)
    path.write_bytes(json.dumps({"format": 99, "roots": []}).encode())  # laid out otherwise
    with pytest.raises(OtherVersion, match="build it anew with: python -m index --to"):
        Snapshot.open(index)


@pytest.mark.parametrize("text", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_a_manifest_of_a_strangers_making_is_damage(index, text):
    storage.manifest_path(index, 3).write_bytes(b"%b\n%08x\n" % (text, zlib.crc32(text)))
    with pytest.raises(Damaged):
        Snapshot.open(index)


def test_a_table_of_contents_without_its_manifests_segments_is_damage(index):
    path = storage.manifest_path(index, 3)
    manifest = json.loads(path.read_bytes().partition(b"\n")[0])
    for segments in (None, [], manifest["segments"][::-1]):
        path.write_bytes(sealed(manifest | {"segments": segments}))
        with pytest.raises(Damaged, match=r"does not match manifest\.3"):
            Snapshot.open(index)


# The folder.


@pytest.mark.parametrize("name", ["", "missing", "file", "file/below"])
def test_a_folder_without_an_index_says_how_to_make_one(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "_MAIN_1.toc.123.4").touch()  # what a killed run leaves is none
    for ask in (Snapshot.open, storage.latest_generation, storage.fingerprint):
        with pytest.raises(NoIndex, match="make one with: python -m index DOCS --to"):
            ask(tmp_path / name)


def test_what_the_system_refuses_is_said_in_a_line(index):
    with pytest.raises(IndexFault, match=r"cannot read the folder .*: File name too long"):
        Snapshot.open(index / ("x" * 300))
    storage.toc_path(index, 4).mkdir()
    with pytest.raises(IndexFault, match=r"cannot read the index in .*: Is a directory"):
        Snapshot.open(index)


def test_the_newest_generation_is_the_highest_number(tmp_path):
    for number in (9, 10, 8):
        (tmp_path / f"_MAIN_{number}.toc").touch()
    assert storage.latest_generation(tmp_path) == 10


def test_a_fingerprint_tells_commits_apart(tmp_path):
    write(tmp_path, THREE)
    first = storage.fingerprint(tmp_path)
    assert storage.fingerprint(tmp_path) == first
    commit(tmp_path, [], ["a"])
    second = storage.fingerprint(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    write(tmp_path, THREE)
    assert len({first, second, storage.fingerprint(tmp_path)}) == 3


def test_a_fingerprint_survives_a_faster_commit(tmp_path, monkeypatch):
    write(tmp_path, THREE)
    monkeypatch.setattr(storage, "toc_path", lambda folder, _: folder / "gone")
    assert storage.fingerprint(tmp_path) == (1,)


def test_strangers_are_named_and_hidden_files_are_the_systems(index):
    assert storage.strangers(index) == []
    for name in (".DS_Store", ".nfs0001", "MAIN_report.txt", "manifest.json", "_MAIN_x.toc"):
        (index / name).touch()
    (index / "manifest.7").mkdir()
    assert storage.strangers(index) == [
        *("MAIN_report.txt", "_MAIN_x.toc", "manifest.7", "manifest.json")
    ]


def test_what_no_generation_names_is_removed_and_nothing_else(index):
    kept = {path.name for path in index.iterdir()} | {"notes.txt", "MAIN_report.txt"}
    (index / "notes.txt").touch()
    (index / "MAIN_report.txt").touch()
    for name in ("_MAIN_4.toc.1700000000.25", "MAIN_0123456789abcdef.arrays", "manifest.4"):
        (index / name).touch()
    (index / "MAIN_0123456789abcdef.4.deleted").touch()
    (index / "_MAIN_9.toc").mkdir()  # cannot be unlinked
    storage.remove_unnamed(index, 3, storage.read_segments(index, 3))
    assert {path.name for path in index.iterdir()} == kept | {"_MAIN_9.toc"}


def test_a_snapshot_says_when_characters_were_taken_differently(index, monkeypatch):
    assert Snapshot.open(index).caution is None
    monkeypatch.setattr("index.snapshot.UNICODE", "99.0")
    assert "this Python knows 99.0" in Snapshot.open(index).caution
