"""What every engine must answer: cases as data, run against each of them.

A file of `conformance/` has `documents` (of each id its texts, the title first, headings begin with
`#`, or an object with these `texts` and what else is known of the document; or "seeds", the
documents of that folder), in how many `segments`, which are `deleted`, and `cases`: what a case
shows, the fields of its `Request`, and of the `Page`: `ids` of its hits in their order, `total`,
`documents`, and where they are not empty or false `relaxed`, `warnings` and `suggestions` (pairs of
text and total), `facets` (of each name its pairs of value and count) and `groups` (id, total and
the ids of the best). That no paragraph has all of a query is not among the `warnings`, for
`relaxed` has it; `said` is how it is said. `explained` has the texts and values of the first hit's
explanation, the parts of its score.

Where a file has them, there are also cases of other questions: `suggest` has texts being typed and
their `completions` (text, kind and total); `similar` the `request`, the ids of what says the `same`
and of what is `similar` in their order, and of the first that says the same the words that differ
`here` and `there`; `concordances` the fields of a `ConcordanceRequest` and the `lines`: left,
keyword, right and the paragraph's id; `views` those of `Engine.document` and the `positions` of
its matches.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from collections_on_disk import Documents, as_document, commit, texts, write
from conftest import ROOT, SEEDS

from index.model import Document, Paragraph
from index.readers import read
from search.engine import ConcordanceRequest, Engine, Request
from search.local import Local

FILES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "tests" / "conformance").glob("*.json"))
}
NONE_HAS_ALL = re.compile("no (paragraph|document) has all of ")


def listed(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, case) for name, file in FILES.items() for case in file.get(kind, ())]


CASES = [(name, case) for name, file in FILES.items() for case in file["cases"]]


def local(folder: Path, documents: Documents, segments: int, deleted: list[str]) -> Engine:
    write(folder, documents, segments)
    if deleted:
        commit(folder, [], deleted)
    return Local(folder)


ENGINES: dict[str, Callable[[Path, Documents, int, list[str]], Engine]] = {"local": local}
"""What puts documents into an empty folder, or beside it, and opens an engine over them."""


@pytest.fixture(scope="module", params=ENGINES)
def engines(request, tmp_path_factory) -> Callable[[str], Engine]:
    """Open an engine over the documents of a file of cases, one for all its cases."""
    opened: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in opened:
            folder = tmp_path_factory.mktemp(name)
            file = FILES[name]
            opened[name] = ENGINES[request.param](
                folder, documents(file["documents"]), file.get("segments", 1),
                file.get("deleted", []),
            )  # fmt: skip
        return opened[name]

    return engine


def documents(given: str | dict[str, list[str]]) -> Documents:
    if given == "seeds":
        drafts = (draft for path in sorted(SEEDS.iterdir()) for draft in read(path, path.name))
        return [draft.paragraphs for draft in drafts]
    return [document(name, said) for name, said in given.items()]


def document(name: str, said: list[str] | dict) -> tuple[Paragraph, ...] | Document:
    if isinstance(said, list):
        return texts(name, *said)
    known = {key: value for key, value in said.items() if key != "texts"}
    plain = as_document(texts(name, *said["texts"]))
    return Document(replace(plain.info, **known), plain.paragraphs)


@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{name}: {case['request']['query']}" for name, case in CASES]
)
def test_case(engines, name, case):
    page = engines(name).search(asked(case))
    assert [hit.paragraph.id for hit in page.hits] == case["ids"]
    assert (page.total, page.documents) == (case["total"], case["documents"])
    assert page.relaxed == case.get("relaxed", False)
    said = [warning for warning in page.warnings if NONE_HAS_ALL.match(warning)]
    assert bool(said) == page.relaxed
    assert said == ([case["said"]] if "said" in case else said)
    others = [warning for warning in page.warnings if warning not in said]
    assert others == case.get("warnings", [])
    assert [[each.text, each.total] for each in page.suggestions] == case.get("suggestions", [])
    facets = {each.name: [[v.value, v.count] for v in each.values] for each in page.facets}
    assert facets == case.get("facets", {})
    groups = [[g.document.id, g.total, [h.paragraph.id for h in g.hits]] for g in page.groups]
    assert groups == case.get("groups", [])


def asked(case: dict) -> Request:
    lists = {name: tuple(x) if isinstance(x, list) else x for name, x in case["request"].items()}
    return Request(**lists)


@pytest.mark.parametrize("name", FILES)
def test_an_export_has_what_pages_have(engines, name):
    for case in FILES[name]["cases"]:
        request = replace(asked(case), limit=100, offset=0, group="none")
        page = engines(name).search(request)
        found = list(engines(name).export(request))
        assert len(found) == page.total
        assert [(f.rank, f.score, f.paragraph) for f in found[:100]] == [
            (hit.rank, hit.score, hit.paragraph) for hit in page.hits
        ]


@pytest.mark.parametrize(("name", "case"), listed("suggest"))
def test_completions(engines, name, case):
    found = engines(name).suggest(case["text"])
    assert [[each.text, each.kind, each.total] for each in found] == case["completions"]
    for each in found:
        if each.paragraph is None:
            assert engines(name).search(Request(each.text, match="all")).total == each.total


@pytest.mark.parametrize("name", FILES)
def test_what_is_suggested_finds_as_many_as_it_says(engines, name):
    for case in FILES[name]["cases"]:
        for each in engines(name).search(Request(case["request"]["query"])).suggestions:
            request = Request(each.text, match="all", scope=each.scope)
            assert engines(name).search(request).total == each.total


@pytest.mark.parametrize(("name", "case"), listed("similar"))
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


@pytest.mark.parametrize(("name", "case"), [c for c in CASES if "explained" in c[1]])
def test_explanation(engines, name, case):
    (hit, *_) = engines(name).search(Request(**case["request"], explain=True)).hits
    parts = [[part.text, round(part.value, 6)] for part in hit.explanation.parts]
    assert parts == case["explained"]
    assert hit.explanation.value == sum(part.value for part in hit.explanation.parts) == hit.score


@pytest.mark.parametrize(("name", "case"), listed("concordances"))
def test_concordance(engines, name, case):
    found = engines(name).concordance(ConcordanceRequest(**case["request"]))
    lines = [[line.left, line.keyword, line.right, line.paragraph.id] for line in found.lines]
    assert lines == case["lines"]
    assert found.total == case["total"]
    assert list(found.warnings) == case.get("warnings", [])
    for line in found.lines:
        assert line.paragraph.text[line.span.start : line.span.end] == line.keyword


@pytest.mark.parametrize(("name", "case"), listed("views"))
def test_positions(engines, name, case):
    view = engines(name).document(**case["request"])
    assert [[number, round(at, 6)] for number, at in view.positions] == case["positions"]


@pytest.mark.parametrize("name", FILES)
def test_what_is_found_by_pages_is_found_at_once(engines, name):
    for case in FILES[name]["cases"]:
        request = replace(asked(case), limit=2)
        pages = [
            engines(name).search(replace(request, offset=offset))
            for offset in range(0, min(case["total"], 20), 2)
        ]
        whole = engines(name).search(replace(request, limit=100, offset=0))
        groups = [group for page in pages for group in page.groups]
        assert groups == list(whole.groups[: len(groups)])
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
