"""The JSON API through WSGI."""

import json
from dataclasses import replace

import pytest
from fake_engine import BUILT_AT, FakeEngine
from hypothesis import given
from hypothesis import strategies as st
from wsgi_client import Answer, Client

from search.engine import Suggestion
from web.app import create_app
from web.settings import Settings

TEXTS = {
    "a.txt": ["Talks in Moscow", "Talks were held.", "What next?", "Talks go on.", "Nobody knows."],
    "b~ü.txt": ["Zweite", "Talks <b>again</b> & again \U0001f54a talks"],
}
SUGGESTION = Suggestion("spelling", "talks & walks", 3)

engine = FakeEngine(TEXTS)
client = Client(create_app(engine, Settings()))


def client_of(**said: object) -> Client:
    return Client(create_app(replace(engine, **said), Settings()))


def problem(answer: Answer, status: int, code: str) -> str:
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert list(answer.json) == ["type", "title", "status", "detail", "code"]
    assert answer.json["status"] == status
    assert answer.json["code"] == code
    return str(answer.json["detail"])


def test_a_search_answers_with_every_key():
    answer = client.get("/api/search?q=talks&limit=1&offset=1&context=2")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    page = answer.json
    hit = page.pop("hits")[0]
    assert page == {
        "query": "talks",
        "interpreted": "talks",
        "warnings": [],
        "total": 4,
        "documents": 2,
        "limit": 1,
        "offset": 1,
        "next": "/api/search?q=talks&limit=1&offset=2&context=2",
        "previous": "/api/search?q=talks&limit=1&context=2",
        "took_ms": 0.123,
        "partial": False,
        "relaxed": False,
        "index": {"generation": 7, "built_at": BUILT_AT},
        "suggestions": [],
        "facets": {},
        "filters": [],
        "sort": "score",
        "group": "none",
        "groups": [],
        "facets_more": {},
    }
    anchor = hit["paragraph"]["anchor"]
    assert hit == {
        "id": "a.txt:1",
        "rank": 2,
        "score": 0.5,
        "url": f"/documents/a.txt/{anchor}?q=talks#p1",
        "document": {"id": "a.txt", "title": "Talks in Moscow", "date": None, "type": "text"},
        "paragraph": {
            "number": 1,
            "of": 4,
            "kind": "text",
            "section": None,
            "anchor": anchor,
            "page": None,
        },
        "text": "Talks were held.",
        "snippet_html": "<mark>Talks</mark> were held.",
        "matches": [{"start": 0, "end": 5}],
        "context": {
            "before": [{"number": 0, "text": "Talks in Moscow"}],
            "after": [{"number": 2, "text": "What next?"}, {"number": 3, "text": "Talks go on."}],
        },
    }


def test_matches_count_code_points():
    hit = client.get("/api/search?q=again").json["hits"][0]
    found = [hit["text"][match["start"] : match["end"]] for match in hit["matches"]]
    assert found == ["again", "again"]
    assert "&lt;b&gt;<mark>again</mark>&lt;/b&gt; &amp;" in hit["snippet_html"]


def test_what_the_engine_says_of_a_query_is_passed_on():
    said = {"warnings": ("cut",), "suggestions": (SUGGESTION,), "relaxed": True, "partial": True}
    page = client_of(**said).get("/api/search?q=talks").json
    assert page["warnings"] == ["cut"]
    assert page["relaxed"] is True
    assert page["partial"] is True
    assert page["suggestions"] == [
        {
            "kind": "spelling",
            "text": "talks & walks",
            "total": 3,
            "scope": "paragraph",
            "url": "/?q=talks+%26+walks",
        }
    ]


def test_pages_follow_each_other_without_a_gap():
    seen, address = [], "/api/search?q=talks&limit=3"
    while address:
        page = client.get(address).json
        seen += [hit["rank"] for hit in page["hits"]]
        back, address = page["previous"], page["next"]
    assert seen == [1, 2, 3, 4]
    assert back == "/api/search?q=talks&limit=3"


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("q=talks&limit=0", None, None),
        ("q=talks&limit=4", None, None),
        ("q=talks&limit=2&offset=1", "/api/search?q=talks&limit=2", "offset=3"),
        ("q=talks&limit=3&offset=900", "/api/search?q=talks&limit=3&offset=1", None),
        ("q=nothing&limit=3&offset=9", None, None),
        ("q=talks&limit=1&match=any", None, "offset=1&match=any"),
    ],
)
def test_next_and_previous(address: str, before: str | None, after: str | None):
    page = client.get(f"/api/search?{address}").json
    assert page["previous"] == before
    assert (page["next"] or "").endswith(after or "")
    assert (page["next"] is None) == (after is None)


def test_parameters_reach_the_engine():
    engine.asked.clear()
    client.get("/api/search?q=a+b%20c&limit=7&offset=3&match=any&context=1")
    (request,) = engine.asked
    assert (request.query, request.limit, request.offset) == ("a b c", 7, 3)
    assert (request.match, request.context) == ("any", 1)


def test_the_time_of_a_search_goes_along_from_page_to_page():
    engine.asked.clear()
    page = client.get("/api/search?q=talks&limit=1&budget_ms=250").json
    assert [request.budget_ms for request in engine.asked] == [250]
    assert page["next"] == "/api/search?q=talks&limit=1&offset=1&budget_ms=250"


@pytest.mark.parametrize(
    ("query_string", "query"),
    [
        ("", ""),
        ("q=", ""),
        ("q", ""),
        ("q=%", "%"),
        ("q=%zz%4", "%zz%4"),
        ("q=%ff%C3", "\ufffd\ufffd"),
        ("q=%ED%A0%80", "\ufffd\ufffd\ufffd"),
        ("q=ü", "ü"),
        ("q=%00", "\0"),
        ("q=a;b", "a;b"),
        ("q=" + "%28" * 8000, "(" * 8000),
        ("q=<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_any_text_is_a_query(query_string: str, query: str):
    answer = client.get(f"/api/search?{query_string}")
    assert answer.status == 200
    assert answer.json["query"] == query


@pytest.mark.parametrize(
    ("query_string", "said"),
    [
        ("limit=101", "'limit' must be a whole number from 0 to 100, not '101'"),
        ("limit=-1", "'limit' must be a whole number from 0 to 100, not '-1'"),
        ("limit=x", "'limit' must be a whole number from 0 to 100, not 'x'"),
        ("limit=", "'limit' must be"),
        ("limit=1.5", "'limit' must be"),
        ("limit=%2B5", "'limit' must be"),
        ("limit=٥", "'limit' must be"),
        ("limit=" + "9" * 5000, "'limit' must be"),
        ("offset=2147483648", "'offset' must be a whole number from 0 to 2147483647"),
        ("offset=-1", "'offset' must be"),
        ("context=3", "'context' must be a whole number from 0 to 2"),
        ("budget_ms=0", "'budget_ms' must be a whole number from 1 to 60000, not '0'"),
        ("budget_ms=60001", "'budget_ms' must be"),
        ("match=foo", "'match' must be one of auto, all, any, not 'foo'"),
        ("q=a&q=b", "'q' is given twice"),
        ("filters=type:text", "Unknown parameter 'filters'. Allowed here: q, limit, offset, match"),
        ("filter=text", "The parameter 'filter': 'text' is no filter"),
        ("sort=date", "must be one of score, date:desc, date:asc, document"),
        ("facets=type,kind", "must be some of type, language, author"),
        ("group=folder", "must be one of none, document"),
        ("scope=all", "'scope' must be one of paragraph, document, not 'all'"),
        ("explain=yes", "'explain' must be a whole number from 0 to 1, not 'yes'"),
        ("explained=1", "Unknown parameter 'explained'"),
        ("Q=a", "Unknown parameter 'Q'"),
        ("=a", "Unknown parameter ''"),
        ("<b>=a", "Unknown parameter '<b>'"),
    ],
)
def test_a_bad_parameter_is_named(query_string: str, said: str):
    detail = problem(client.get(f"/api/search?{query_string}"), 400, "bad_parameter")
    assert said in detail
    assert len(detail) < 250


@given(st.binary(max_size=60))
def test_no_query_string_breaks_the_api(raw: bytes):
    quoted = "".join(f"%{byte:02x}" for byte in raw)
    assert client.get(f"/api/search?q={quoted}").status == 200
    answer = client.get("/api/search?" + raw.decode("latin-1").replace("#", ""))
    assert answer.status in (200, 400)
    json.loads(answer.body)


def test_documents_are_listed():
    answer = client.get("/api/documents?limit=1")
    assert answer.json == {
        "total": 2,
        "limit": 1,
        "offset": 0,
        "next": "/api/documents?limit=1&offset=1",
        "previous": None,
        "documents": [
            {
                "id": "a.txt",
                "title": "Talks in Moscow",
                "author": None,
                "date": None,
                "type": "text",
                "language": "en",
                "path": "a.txt",
                "paragraphs": 4,
                "words": 13,
                "source": None,
                "url": "/documents/a.txt",
            }
        ],
    }
    assert client.get(answer.json["next"]).json["previous"] == "/api/documents?limit=1"
    assert client.get("/api/documents").json["limit"] == 20
    assert "limit, offset" in problem(client.get("/api/documents?q=a"), 400, "bad_parameter")


def test_a_document_has_its_sections_and_its_text():
    document = client.get("/api/documents/a.txt").json
    assert document["sections"] == [{"heading": "What next?", "first": 2, "last": 4}]
    assert [paragraph["number"] for paragraph in document["text"]] == [0, 1, 2, 3, 4]
    third = document["text"][3]
    anchor = third.pop("anchor")
    assert anchor.startswith("p3-")
    assert third == {
        "id": "a.txt:3",
        "number": 3,
        "of": 4,
        "kind": "text",
        "section": "What next?",
        "page": None,
        "text": "Talks go on.",
        "url": f"/documents/a.txt/{anchor}#p3",
    }


def test_a_paragraph_has_its_document_and_its_neighbours():
    paragraph = client.get("/api/paragraphs/a.txt:1").json
    assert paragraph["text"] == "Talks were held."
    assert paragraph["document"]["title"] == "Talks in Moscow"
    assert [each["number"] for each in paragraph["before"]] == [0]
    assert [each["text"] for each in paragraph["after"]] == ["What next?", "Talks go on."]


def test_ids_of_every_script_are_found():
    assert client.get("/api/documents/b~%C3%BC.txt").json["id"] == "b~ü.txt"
    assert client.get("/api/documents").json["documents"][1]["url"] == "/documents/b~%C3%BC.txt"
    assert client.get("/api/paragraphs/b~%C3%BC.txt:1").json["number"] == 1


def test_health():
    answer = client.get("/health?nocache=1")
    assert answer.status == 200
    assert answer.json == {"status": "ok", "generation": 7, "documents": 2, "paragraphs": 7}


def test_what_is_not_there_is_named():
    detail = problem(client.get("/api/documents/none"), 404, "unknown_document")
    assert "'none'" in detail
    problem(client.get("/api/paragraphs/a.txt"), 404, "unknown_paragraph")
    problem(client.get("/api/paragraphs/a.txt:99"), 404, "unknown_paragraph")
    problem(client.get("/api/documents/" + "x" * 9000), 404, "unknown_document")
    problem(client.get("/api/nothing"), 404, "not_found")
    problem(client.get("/api/documents/a%2Fb"), 404, "not_found")
    problem(client.get("/api/documents/a.txt?query=x"), 400, "bad_parameter")
    problem(client.get("/api/paragraphs/a.txt:1?context=1"), 400, "bad_parameter")


def test_bytes_that_are_no_text_name_no_document():
    problem(client.get("/api/documents/%FFa.txt"), 404, "not_found")


def test_text_that_utf_8_cannot_hold_is_escaped():
    torn = Client(create_app(FakeEngine({"t": ["Torn", "half \ud83d word"]}), Settings()))
    hit = torn.get("/api/search?q=half").json["hits"][0]
    assert hit["text"] == "half \ud83d word"


def test_a_concordance():
    answer = client.get(
        "/api/concordance?q=talks&width=10&sort=left&limit=2&offset=1&budget_ms=500"
    )
    found = answer.json
    assert list(found) == [
        *("query", "interpreted", "warnings", "total", "width", "sort", "limit", "offset", "next"),
        *("previous", "took_ms", "partial", "index", "lines"),
    ]
    assert (found["query"], found["width"], found["sort"]) == ("talks", 10, "left")
    assert found["previous"] == (
        "/api/concordance?q=talks&width=10&sort=left&limit=2&budget_ms=500"
    )
    for line in found["lines"]:
        text = client.get(f"/api/paragraphs/{line['id']}").json["text"]
        assert text[line["start"] : line["end"]] == line["keyword"]
        assert line["left"] + line["keyword"] + line["right"] in text
        assert set(line["document"]) == {"id", "title", "date", "type"}


def test_a_concordance_in_stretches_has_every_line_once():
    seen, address = [], "/api/concordance?q=talks&limit=1"
    while address:
        page = client.get(address).json
        seen += [(line["id"], line["start"]) for line in page["lines"]]
        address = page["next"]
    whole = client.get("/api/concordance?q=talks&limit=100").json
    assert seen == [(line["id"], line["start"]) for line in whole["lines"]]
    assert len(seen) == whole["total"] > 1


@pytest.mark.parametrize(
    ("query_string", "said"),
    [
        ("width=201", "'width' must be a whole number from 0 to 200"),
        ("sort=up", "'sort' must be one of document, left, left2, left3, keyword"),
        ("limit=101", "'limit' must be"),
        ("budget_ms=0", "'budget_ms' must be"),
        ("match=any", "Unknown parameter 'match'. Allowed here: q, limit, offset, width, sort"),
    ],
)
def test_a_bad_parameter_of_a_concordance_is_named(query_string, said):
    assert said in problem(client.get(f"/api/concordance?{query_string}"), 400, "bad_parameter")


def test_the_parts_of_a_score_come_with_the_hit():
    (hit, *_) = client.get("/api/search?q=talks&explain=1").json["hits"]
    assert hit["explanation"]["value"] == hit["score"]
    assert set(hit["explanation"]) == {"text", "value", "how", "parts"}
    assert "explanation" not in client.get("/api/search?q=talks&explain=0").json["hits"][0]


def test_the_scope_goes_on_with_the_pages_and_the_suggestions():
    page = client.get("/api/search?q=talks&limit=1&scope=document&explain=1").json
    assert page["next"] == "/api/search?q=talks&limit=1&offset=1&scope=document&explain=1"
    apart = Suggestion("relaxed", "talks zebra", 2, "document")
    (offered,) = client_of(suggestions=(apart,)).get("/api/search?q=talks").json["suggestions"]
    assert (offered["scope"], offered["url"]) == ("document", "/?q=talks+zebra&scope=document")
    assert client.get("/api/export?q=talks&scope=document").status == 200


def test_a_document_says_where_its_matches_stand():
    found = client.get("/api/documents/a.txt?q=talks").json
    texts = [each["text"] for each in found["text"]]
    whole = "".join(texts)
    starts = [round(each["position"] * len(whole)) for each in found["matches"]]
    assert [whole[start : start + 5].casefold() for start in starts] == ["talks"] * len(starts)
    assert starts
    assert client.get("/api/documents/a.txt").json["matches"] == []
