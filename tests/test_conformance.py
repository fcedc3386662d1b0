"""What every engine must answer: cases as data, run against each of them.

A file of `conformance/` has `documents` (of each id its texts, the title first, headings begin with
`#`; or "seeds", the documents of that folder) and `cases`: what a case shows, the fields of its
`Request`, and of the `Page`: `ids` of its hits in their order, `total`, `documents`, and where they
are not empty or false `relaxed`, `warnings` and `suggestions` (pairs of text and total).

`similar`, where a file has it, are cases of `Engine.similar`: the `request`, the ids of what says
the `same` and of what is `similar` in their order, and of the first that says the same the words
that differ `here` and `there`.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from collections_on_disk import Documents, texts, write
from conftest import ROOT, SEEDS

from index.readers import read
from search.engine import Engine, Request
from search.local import Local

FILES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "tests" / "conformance").glob("*.json"))
}
CASES = [(name, case) for name, file in FILES.items() for case in file["cases"]]
SIMILAR = [(name, case) for name, file in FILES.items() for case in file.get("similar", ())]


def local(folder: Path, documents: Documents) -> Engine:
    return Local(write(folder, documents).folder)


ENGINES: dict[str, Callable[[Path, Documents], Engine]] = {"local": local}
"""What puts documents into an empty folder, or beside it, and opens an engine over them."""


@pytest.fixture(scope="module", params=ENGINES)
def engines(request, tmp_path_factory) -> Callable[[str], Engine]:
    """Open an engine over the documents of a file of cases, one for all its cases."""
    opened: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in opened:
            folder = tmp_path_factory.mktemp(name)
            opened[name] = ENGINES[request.param](folder, documents(FILES[name]["documents"]))
        return opened[name]

    return engine


def documents(given: str | dict[str, list[str]]) -> Documents:
    if given == "seeds":
        drafts = (draft for path in sorted(SEEDS.iterdir()) for draft in read(path, path.name))
        return [draft.paragraphs for draft in drafts]
    return [texts(name, *given[name]) for name in given]


@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{name}: {case['request']['query']}" for name, case in CASES]
)
def test_case(engines, name, case):
    page = engines(name).search(Request(**case["request"]))
    assert [hit.paragraph.id for hit in page.hits] == case["ids"]
    assert (page.total, page.documents) == (case["total"], case["documents"])
    assert page.relaxed == case.get("relaxed", False)
    assert list(page.warnings) == case.get("warnings", [])
    assert [[each.text, each.total] for each in page.suggestions] == case.get("suggestions", [])


@pytest.mark.parametrize(
    ("name", "case"), SIMILAR, ids=[f"{name}: {case['request']['id']}" for name, case in SIMILAR]
)
def test_similar(engines, name, case):
    found = engines(name).similar(**case["request"])
    by_kind = {
        kind: [each.hit.paragraph.id for each in found.hits if each.kind == kind]
        for kind in ("same", "similar")
    }
    assert by_kind == {"same": case["same"], "similar": case["similar"]}
    assert [each.hit.rank for each in found.hits] == list(range(1, len(found.hits) + 1))
    if case["same"]:
        first = found.hits[0]
        texts = (found.paragraph.text, first.hit.paragraph.text)
        spans = (first.differences.here, first.differences.there)
        differing = [
            [text[span.start : span.end] for span in own]
            for text, own in zip(texts, spans, strict=True)
        ]
        assert differing == [case["here"], case["there"]]


@pytest.mark.parametrize("name", FILES)
def test_what_is_found_by_pages_is_found_at_once(engines, name):
    for case in FILES[name]["cases"]:
        request = {**case["request"], "limit": 2}
        pages = [
            engines(name).search(Request(**request | {"offset": offset}))
            for offset in range(0, min(case["total"], 20), 2)
        ]
        whole = engines(name).search(Request(**request | {"limit": 100, "offset": 0}))
        hits = [hit for page in pages for hit in page.hits]
        assert hits == list(whole.hits[: len(hits)])
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_8000_parentheses(engines):
    page = engines("seeds").search(Request("(" * 8000))
    assert (page.total, page.hits) == (0, ())
    assert page.warnings


def test_the_seeds_are_found_in_the_document_that_says_so(engines):
    """As issue 3 has it."""
    engine = engines("seeds")

    def found(query):
        return {hit.document.id[:3] for hit in engine.search(Request(query)).hits}

    assert found("shoigu") == {"000"}
    assert found("shoygu") == {"004"}
    assert found("nato") == {"000", "004"}
    assert found('"frank and constructive"') == {"004"}
    assert found('"constructive and frank"') == {"000"}
    straight, curly = (engine.search(Request(f"Russia{c}s draft treaty")) for c in "'’")
    assert straight.hits[0] == curly.hits[0]
