import json
import random
from itertools import pairwise

import numpy as np
import pytest
from collections_on_disk import commit, texts, write
from conftest import SEEDS
from fake_engine import FakeEngine
from hypothesis import given, settings
from hypothesis import strategies as st
from wsgi_client import Client

from index.analysis import analyze
from index.build import build
from index.codec.signatures import alike
from search.__main__ import main
from search.local import Local
from search.same import Text, compare, resemblance
from web.app import create_app
from web.settings import Settings

METRO, GOV = "000_61440020126a1a1e.txt", "004_160e2f4072d9d33e.txt"
WORDS = [f"word{i}" for i in range(400)]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    build(folder, [SEEDS])
    return folder


# The same statement.


def test_nothing_else_of_the_seeds_is_said_to_be_the_same(seeds):
    engine, found = Local(seeds), set()
    for document in (METRO, GOV):
        for paragraph in engine.document(document).paragraphs:
            hits = engine.similar(paragraph.id, limit=100).hits
            same = (each.hit.paragraph.id for each in hits if each.kind == "same")
            found |= {tuple(sorted((paragraph.id, other))) for other in same}
    assert found == {(f"{METRO}:{a}", f"{GOV}:{b}") for a, b in ((5, 6), (15, 2), (9, 10))}


def test_within_a_document_only_what_is_near_identical_is_the_same(tmp_path):
    copied = "The minister met Admiral Radakin and General Gerasimov in Moscow on Friday."
    said = "On Friday in Moscow General Gerasimov and Admiral Radakin met a minister there."
    rest = [texts(f"c{number}", f"Talks number {number}.") for number in range(40)]
    write(tmp_path, [texts("a", "Title", copied, said, copied), texts("b", "Title", said), *rest])
    hits = Local(tmp_path).similar("a:1").hits
    same = {each.hit.paragraph.id for each in hits if each.kind == "same"}
    assert same == {"a:3", "b:1"}


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [(5, 6, "frank"), (15, 2, "Radakin"), (9, 10, "Lavrov")],
    ids=["the tone of the talks", "Admiral Radakin", "the meeting with Lavrov"],
)
def test_what_both_papers_of_the_seeds_say_is_found_from_either(seeds, ours, theirs, words):
    engine = Local(seeds)
    for asked, found in (
        (f"{METRO}:{ours}", f"{GOV}:{theirs}"),
        (f"{GOV}:{theirs}", f"{METRO}:{ours}"),
    ):
        first = engine.similar(asked, other_documents=True).hits[0]
        assert (first.kind, first.hit.paragraph.id) == ("same", found)
        assert words in first.here_html
        assert words in first.there_html
        assert f"<mark>{words}" not in first.here_html


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=200)
def test_any_texts_are_compared_the_same_from_either_side(one, other):
    def worth(_stem):
        return 1.0

    here, there = Text.of(one), Text.of(other)
    found, back = compare(here, there, worth), compare(there, here, worth)
    assert (found is None) == (back is None)
    if found:
        assert 0 <= found.likeness <= 1
        for text, spans in ((one, found.differences.here), (other, found.differences.there)):
            assert all(0 <= span.start < span.end <= len(text) for span in spans)
            assert all(a.end <= b.start for a, b in pairwise(spans))


@given(st.text(max_size=80))
def test_a_text_is_the_same_as_itself(text):
    statement = compare(Text.of(text), Text.of(text), lambda _: 1.0)
    if analyze(text):
        assert statement.likeness == 1
        assert statement.differences.here == statement.differences.there == ()


# Signatures.


def test_signatures_are_the_same_in_every_segment_and_after_a_merge(tmp_path):
    rng = random.Random(5)
    documents = [
        texts(f"{i}.txt", f"Title {i}", *(" ".join(rng.choices(WORDS, k=30)) for _ in range(9)))
        for i in range(12)
    ]
    apart = write(tmp_path / "apart", documents, segments=3)
    at_once = write(tmp_path / "once", documents)
    merged = write(tmp_path / "merged", documents, segments=12)
    assert len(apart.segments) > 1
    signatures = [by_text(snapshot) for snapshot in (apart, at_once, merged)]
    assert signatures[0] == signatures[1] == signatures[2]
    assert all(signatures[0].values())


def by_text(snapshot):
    return {
        segment.data.text(i): int(signature)
        for segment in snapshot.segments
        for i, signature in enumerate(segment.data.signature)
    }


def test_bytes_in_common_estimate_the_share_of_pairs_in_common(tmp_path):
    """Jaccard's coefficient, by brute force; its mean error over 300 paragraphs is small."""
    rng = random.Random(6)
    originals = [rng.choices(WORDS, k=60) for _ in range(300)]
    altered = [
        [rng.choice(WORDS) if rng.random() < 0.15 else w for w in each] for each in originals
    ]
    lines = [" ".join(words) for words in originals + altered]
    [segment] = write(tmp_path, [texts("a.txt", "Title", *lines)]).segments
    signature = segment.data.signature[1:]
    bytes_of = signature.view(np.uint8).reshape(-1, 8)
    agreeing = (bytes_of[:300] == bytes_of[300:]).mean()
    exact = np.mean([jaccard(*pair) for pair in zip(originals, altered, strict=True)])
    assert abs(agreeing - exact) < 0.05
    strangers = (bytes_of[:300] == np.roll(bytes_of[300:], 1, axis=0)).mean()
    assert strangers < 0.02
    numbers, common = alike(signature, int(signature[0]), 3, 4)
    assert numbers[0] == 0
    assert common[0] == 8


def jaccard(one, other):
    here, there = (set(pairwise(["", *words])) for words in (one, other))
    assert resemblance(Text.of(" ".join(one)), Text.of(" ".join(other))) == pytest.approx(
        len(here & there) / len(here | there)
    )
    return len(here & there) / len(here | there)


def test_no_more_are_given_than_there_is_room_for_and_those_are_the_most_alike():
    signatures = np.array([0x0101010101010101] * 5 + [0x0101010101010102] * 5, np.uint64)
    numbers, common = alike(signatures, 0x0101010101010101, 3, 6)
    assert (numbers.tolist(), common.tolist()) == ([0, 1, 2, 3, 4], [8] * 5)
    numbers, common = alike(signatures, 0x0101010101010101, 3, 2)
    assert (numbers.tolist(), common.tolist()) == ([0, 1], [8, 8])
    assert alike(signatures, 0x7777777777777777, 3, 6)[0].tolist() == []


# From a segment to another, and what is deleted.


def test_a_copy_in_another_segment_is_found_until_it_is_deleted(tmp_path):
    text = "Nine owls and seven otters met at the old mill by the river on Sunday."
    commit(tmp_path, [texts("a.txt", "A", text), texts("c.txt", "C", "Other words stand here.")])
    commit(tmp_path, [texts("b.txt", "B", text.replace("Sunday", "Monday"))])
    first = Local(tmp_path).similar("a.txt:1").hits[0]
    assert (first.kind, first.hit.paragraph.id) == ("same", "b.txt:1")
    commit(tmp_path, [], deleted=["b.txt"])
    assert Local(tmp_path).similar("a.txt:1").hits == ()


@pytest.mark.parametrize(
    "id", ["", ":", "a.txt", "a.txt:9", "a.txt:-1", "a.txt:01", "b:1", "\ud800:1"]
)
def test_an_unknown_paragraph_is_none(tmp_path, id):
    write(tmp_path, [texts("a.txt", "A", "Words.")])
    assert Local(tmp_path).similar(id) is None
    assert Local(tmp_path).similar("a.txt:1", limit=0).hits == ()


# From every door.


def test_the_command_prints_both_texts_and_the_object_of_the_api(seeds, capsys):
    command = [
        "--similar",
        f"{METRO}:15",
        "--other-documents",
        "--limit",
        "2",
        "--index",
        str(seeds),
    ]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "here: The defence secretary was joined by admiral Tony Radakin" in printed
    assert "there: Chief of the Defence Staff" in printed
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == f"{METRO}:15"
    assert [hit["kind"] for hit in found["hits"]] == ["same", "similar"]
    assert main(["--similar", "nothing:1", "--index", str(seeds)]) == 1
    assert "no paragraph nothing:1" in capsys.readouterr().err
    for wrong in ([], ["word", "--similar", "x:1"], ["word", "--other-documents"]):
        with pytest.raises(SystemExit):
            main(wrong)


def test_the_api_answers_hits_with_kinds_passages_and_differences(seeds):
    client = Client(create_app(Local(seeds), Settings()))
    answer = client.get(f"/api/paragraphs/{METRO}:15/similar?limit=2&other_documents=1").json
    same, alike = answer["hits"]
    assert (answer["id"], same["kind"], alike["kind"]) == (f"{METRO}:15", "same", "similar")
    assert {each["document"]["id"] for each in answer["hits"]} == {GOV}
    spans = same["differences"]["there"]
    assert "Chief of" in [same["text"][span["start"] : span["end"]] for span in spans]
    assert same["passages"][0]["there"]["end"] <= len(same["text"])
    assert (alike["passages"], alike["here_html"]) == ([], "")
    assert client.get("/api/paragraphs/none:1/similar").status == 404
    for wrong in ("limit=101", "other_documents=2", "limit=-1", "q=a", "limit=1&limit=2"):
        assert client.get(f"/api/paragraphs/{METRO}:15/similar?{wrong}").status == 400


EVIL = "<script>alert(1)</script> & 'evil' {{1}}"


def test_the_page_compares_and_escapes():
    fake = FakeEngine({"a.txt": ["A", f"owls {EVIL}"], "b.txt": ["B", f"Owls {EVIL}", "some owls"]})
    client = Client(create_app(fake, Settings()))
    anchor = fake.paragraph("a.txt:1").paragraph.anchor
    page = client.get(f"/documents/a.txt/{anchor}/similar")
    assert page.status == 200
    assert "The same statement elsewhere" in page.text
    assert "Similar paragraphs" in page.text
    assert "<script>alert" not in page.text
    assert "other_documents=1" in page.text
    moved = client.get(f"/documents/a.txt/p7-{anchor[-8:]}/similar")
    assert (moved.status, moved.headers["Location"].endswith(f"{anchor}/similar")) == (302, True)
    assert client.get("/documents/a.txt/nonsense/similar").status == 404
    assert client.get("/documents/none/p1-00000000/similar").status == 404
    hits = client.get("/?q=owls").text
    assert f"/documents/a.txt/{anchor}/similar" in hits
