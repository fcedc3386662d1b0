"""All that is found, as lines: parsed again, harmless to a spreadsheet, made one by one."""

import csv
import json
import re
from html import unescape
from itertools import islice

import pytest
from collections_on_disk import texts, write
from fake_engine import FakeEngine
from wsgi_client import Client

from search import objects
from search.engine import Request
from search.export import COLUMNS, json_lines, table
from search.local import Local
from web.app import create_app
from web.settings import Settings

EVIL = (
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(1)",
    " =1",
    "\t=1",
    "a,b",
    'say "so"',
    "plain =1",
    "ü\nü",
)
SAFE = ("'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", "' =1", "'\t=1", "a,b", 'say "so"', "plain =1")

engine = FakeEngine({"a.txt": ["Talks", *(f"{text} talks" for text in EVIL)]})
client = Client(create_app(engine, Settings()))


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(text[1:].splitlines(keepends=True)))


def test_a_table_has_a_line_for_each_and_no_formula():
    lines = list(table(engine.export(Request("talks")), "talks"))
    names, *found = rows("".join(lines))
    assert tuple(names) == COLUMNS
    assert len(found) == len(EVIL) + 1
    shown = [dict(zip(names, row, strict=True)) for row in found]
    assert [row["text"] for row in shown[1:]] == [f"{t} talks" for t in (*SAFE, "ü\nü")]
    assert shown[0] == {
        "rank": "1", "score": "1.0", "id": "a.txt:0", "title": "Talks", "author": "", "date": "",
        "type": "text", "path": "a.txt", "number": "0", "section": "", "text": "Talks",
        "url": shown[0]["url"],
    }  # fmt: skip
    assert shown[0]["url"].endswith("?q=talks#p0")


def test_lines_of_json_have_what_an_answer_has():
    request = Request("talks", limit=100)
    lines = [json.loads(line) for line in json_lines(engine.export(request), "talks")]
    hits = objects.page(engine.search(request), request)["hits"]
    left_out = {"snippet_html", "matches", "context"}
    assert lines == [{k: v for k, v in hit.items() if k not in left_out} for hit in hits]


def test_what_the_server_sends():
    answer = client.get("/search.csv?q=talks&sort=date:desc&filter=type:text")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passage.csv"'
    assert len(rows(answer.text)) == len(EVIL) + 2
    answer = client.get("/api/export?q=talks&sort=date:desc&filter=type:text&filter=-year:2022")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert len([json.loads(line) for line in answer.text.splitlines()]) == len(EVIL) + 1
    assert engine.asked[-1].filters == ("type:text", "-year:2022")
    assert engine.asked[-1].sort == "date:desc"


@pytest.mark.parametrize("address", ["/api/export", "/search.csv"])
@pytest.mark.parametrize("query", ["limit=1", "offset=1", "group=document", "sort=x", "filter=x"])
def test_what_an_export_does_not_know_is_refused(address, query):
    answer = client.get(f"{address}?q=talks&{query}")
    assert (answer.status, answer.json["code"]) == (400, "bad_parameter")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_links_of_a_page_to_its_exports_are_answered():
    page = client.get(
        "/?q=talks&match=any&sort=date:desc&filter=type:text&filter=x&group=document&explain=1&page=1"
    )
    links = re.findall(r'href="(/search\.csv[^"]*|/api/export[^"]*)"', page.text)
    assert len(links) == 2
    for link in links:
        assert client.get(unescape(link)).status == 200
        assert engine.asked[-1].filters == ("type:text",)


def test_a_whole_answer_is_read_as_it_is_sent(tmp_path, monkeypatch):
    write(tmp_path, [texts(f"{n:03}", "Title", *["war"] * 200) for n in range(100)], 3)
    read = []
    real = Local.export
    engine = Local(tmp_path)
    found = engine.export(Request("war", sort="document"))
    assert [each.paragraph.id for each in islice(found, 2)] == ["000:1", "000:2"]
    monkeypatch.setattr("search.local._found", lambda *args: read.append(args) or args[1])
    found = real(engine, Request("war"))
    assert not read
    assert list(islice(found, 3)) == [1, 2, 3]
    assert len(read) == 3
    assert sum(1 for _ in found) == 100 * 200 - 3
