"""The pages through WSGI, read as a browser without script would."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest
from collections_on_disk import texts, write
from fake_engine import FakeEngine
from hypothesis import given
from hypothesis import strategies as st
from wsgi_client import Answer, Client

from search.engine import Facet, FacetValue, Suggestion
from search.local import Local
from web.app import create_app
from web.pages import TEMPLATES
from web.settings import Settings

EVIL = "<script>alert(1)</script> \"><img src=x onerror=alert(1)> 'evil' {{1}} % end"
TEXTS = {
    "a.txt": ["Talks in Moscow", "Talks were held.", "What next?", "Talks go on.", "Nobody knows."],
    "evil.txt": [f"Evil {EVIL}", f"Talks {EVIL}", f"{EVIL}?", "Talks below an evil heading"],
    "مقالة~ع.txt": ["محادثات", "قال talks إن"],
}
SUGGESTION = Suggestion("spelling", f"talks {EVIL}", 3)
ADDRESS = re.compile(r'(?:href|src|action)="([^"]*)"')

engine = FakeEngine(TEXTS)


def client_of(results: int = 10, documents: int = 50, **said: object) -> Client:
    settings = Settings(results=results, documents=documents)
    return Client(create_app(replace(engine, **said), settings))


client = client_of()


def test_a_document_is_linked_to_where_it_was_taken_from():
    taken = replace(engine.document("a.txt").info, source='https://example.org/"a&b')

    class Taken(FakeEngine):
        def _info(self, id):
            return taken

    page = Client(create_app(Taken(TEXTS), Settings())).get("/documents/a.txt").text
    assert '<a href="https://example.org/&quot;a&amp;b" rel="noreferrer">Original</a>' in page
    assert "Original" not in client.get("/documents/a.txt").text


def anchor(document: str, number: int) -> str:
    return str(client.get(f"/api/paragraphs/{document}:{number}").json["anchor"])


def shown(answer: Answer) -> str:
    """The text that a reader sees, in one line."""
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    body = answer.text[answer.text.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_start_page_tells_what_is_indexed_and_offers_queries_that_find_something():
    answer = client.get("/")
    assert answer.status == 200
    assert "3 documents , 11 paragraphs, indexed 22 November 2026, 19:42 UTC" in shown(answer)
    offered = re.findall(r'href="(/\?q=[^"]+)".*?(\d+) paragraph', answer.text, re.DOTALL)
    assert offered
    for address, total in offered:
        assert f"{total} paragraph" in shown(client.get(unescape(address)))


def test_an_empty_index_says_so():
    empty = Client(create_app(FakeEngine({}), Settings()))
    assert "no document has been put into it" in shown(empty.get("/"))
    assert "No paragraph matches" in shown(empty.get("/?q=talks"))
    assert "0 documents" in shown(empty.get("/documents"))
    assert empty.get("/help").status == 200


@pytest.mark.parametrize("query", ["", "%20", "+%09"])
def test_no_query_is_the_start_page(query: str):
    assert "Find the paragraph" in shown(client.get(f"/?q={query}"))


def test_results_show_the_paragraph_its_place_and_its_neighbours():
    answer = client.get("/?q=held")
    assert "<title>held – 1 paragraph – Passage</title>" in answer.text
    assert "1 paragraph in 1 document" in shown(answer)
    assert "Paragraph 1 of 4" in shown(answer)
    assert 'dir="auto">Talks were <mark>held</mark>.</p>' in answer.text
    details = answer.text[answer.text.index("<details") :]
    assert details.index("Talks in Moscow") < details.index("<mark>") < details.index("Talks go on")
    assert f'href="/documents/a.txt/{anchor("a.txt", 1)}?q=held#p1"' in answer.text


def test_results_name_the_section_and_the_kind():
    assert "Paragraph 3 of 4 What next?" in shown(client.get("/?q=talks+go+on"))
    assert "Heading 2 of 4" in shown(client.get("/?q=what+next"))
    title = client.get("/?q=moscow")
    assert "<mark>Moscow</mark></span>" in title.text
    assert shown(title).count("Talks in") == 1


def test_results_come_in_pages():
    paged = client_of(results=2)
    seen, address, pages = [], "/?q=talks", 0
    while address:
        answer = paged.get(address)
        seen += re.findall(r'href="(/documents/[^"]*)\?q=', answer.text)
        following = re.search(r'<link rel="next" href="([^"]*)"', answer.text)
        address, pages = following and unescape(following[1]), pages + 1
        assert f"Page {pages} of 3" in shown(answer)
        assert (f'<a href="{following[1]}" rel="next">' in answer.text) if following else True
    assert pages == 3
    assert len(seen) == len(set(seen)) == 6
    assert '<link rel="prev" href="/?q=talks&amp;page=2">' in answer.text
    assert '<ol class="hits" start="5">' in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "٣"])
def test_a_page_that_makes_no_sense_is_the_first(page: str):
    assert "1–2 ·" in shown(client_of(results=2).get(f"/?q=talks&page={page}&unknown=1"))


@pytest.mark.parametrize("page", ["4", "99", "9999999999", "9" * 400])
def test_a_page_behind_the_last_is_the_last(page: str):
    expected = "5–6 ·" if len(page) <= 10 else "1–2 ·"
    assert expected in shown(client_of(results=2).get(f"/?q=talks&page={page}"))


def test_no_page_asks_for_a_rank_beyond_all_bounds():
    engine.asked.clear()
    client.get("/?q=talks&page=9999999999")
    assert max(request.offset for request in engine.asked) < 2**31


def test_the_first_of_repeated_parameters_counts():
    assert "Talks were" in shown(client.get("/?q=held&q=moscow"))


def test_what_the_engine_says_of_a_query_is_said_plainly():
    said = shown(
        client_of(
            warnings=("The quote was closed at the end.",),
            suggestions=(SUGGESTION,),
            partial=True,
        ).get("/?q=talks+on")
    )
    assert "Understood as talks AND on" in said
    assert "The quote was closed at the end." in said
    assert "Time ran out" in said
    assert "3 paragraphs" in said


def test_what_was_understood_is_not_said_where_it_is_what_was_typed():
    assert "Understood" not in shown(client.get("/?q=+Talks+"))


def test_nothing_found_offers_something():
    answer = client_of(suggestions=(SUGGESTION,)).get("/?q=zebra")
    assert answer.status == 200
    assert "No paragraph matches" in shown(answer)
    assert "Try instead" in shown(answer)
    for address in ("/documents", "/help", "/?q=talks+%3Cscript"):
        assert f'href="{address}' in answer.text


def test_documents_are_listed_in_pages():
    paged = client_of(documents=2)
    first = paged.get("/documents")
    assert "Talks in Moscow 4 paragraphs" in shown(first)
    assert 'href="/documents?page=2" rel="next"' in first.text
    last = paged.get("/documents?page=77")
    assert "3–3" in shown(last)
    assert 'href="/documents/%D9%85' in last.text


def test_a_document_is_shown_whole_with_its_hits_marked():
    answer = client.get("/documents/a.txt?q=talks")
    for text in TEXTS["a.txt"]:
        assert text in shown(answer).replace(" .", ".")
    assert answer.text.count("<mark>Talks</mark>") == 3
    assert "3 paragraphs here match" in shown(answer)
    assert "Talks in Moscow – Passage</title>" in answer.text
    assert "1 paragraph here matches" in shown(client.get("/documents/a.txt?q=moscow"))
    assert "Nothing to mark here for" in shown(client.get("/documents/a.txt?q=zebra"))
    assert "match" not in shown(client.get("/documents/a.txt"))


def test_hits_of_a_document_are_linked_in_a_ring():
    text = client.get("/documents/a.txt?q=talks").text
    rings = re.findall(r'Match (\d) of 3\s*<a href="#p(\d)">previous</a> <a href="#p(\d)">', text)
    assert rings == [("1", "3", "1"), ("2", "0", "3"), ("3", "1", "0")]
    assert "previous</a>" not in client.get("/documents/a.txt?q=moscow").text


def test_a_permalink_opens_its_paragraph():
    text = client.get(f"/documents/a.txt/{anchor('a.txt', 3)}?q=talks").text
    current = re.findall(r'<div id="(p\d)"[^>]* aria-current=true', text)
    assert current == ["p3"]
    assert f'href="/documents/a.txt/{anchor("a.txt", 3)}#p3"' in text


def test_a_permalink_follows_text_that_moved():
    moved = anchor("a.txt", 3).replace("p3-", "p1-")
    answer = client.get(f"/documents/a.txt/{moved}?q=talks+on")
    assert answer.status == 302
    assert answer.headers["Location"] == f"/documents/a.txt/{anchor('a.txt', 3)}?q=talks+on#p3"


def test_a_permalink_to_changed_text_says_so():
    said = shown(client.get("/documents/a.txt/p3-00000000"))
    assert "The text has changed since this link was made" in said
    assert "Paragraph 3 stands in its place" in said
    gone = client.get("/documents/a.txt/p99-00000000")
    assert gone.status == 200
    assert "The text has changed" in shown(gone)
    assert "in its place" not in shown(gone)
    assert "aria-current" not in gone.text


@pytest.mark.parametrize(
    "address",
    ["/documents/none", "/documents/none/p1-00000000", "/documents/a.txt/x", "/nothing", "/help/"],
)
def test_a_page_that_is_not_there_offers_the_search(address: str):
    answer = client.get(address)
    assert answer.status == 404
    assert "Not Found" in shown(answer)
    assert 'role="search"' in answer.text
    assert 'href="/documents"' in answer.text


def test_help_explains_with_examples_that_find_what_they_say():
    answer = client.get("/help")
    assert answer.status == 200
    offered = re.findall(r'Here: <a href="([^"]+)".*?(\d+) paragraph', answer.text, re.DOTALL)
    assert len(offered) >= 4
    for address, total in offered:
        assert f"{total} paragraph" in shown(client.get(unescape(address)))


PAGES = (
    "/",
    "/?q=talks",
    "/?q=zebra",
    "/documents",
    "/documents/evil.txt?q=talks",
    "/help",
    "/nothing",
    "/concordance?q=talks&sort=left",
    "/?q=talks&explain=1",
    "/?q=talks&scope=document",
)


@pytest.mark.parametrize("address", PAGES)
def test_nothing_comes_from_another_host_and_no_link_is_broken(address: str):
    for link in ADDRESS.findall(client.get(address).text):
        target = unescape(link)
        assert re.match(r"#|/(?!/)", target), target
        if target.startswith("/"):
            assert client.get(target).status in (200, 302), target


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_inline_script_style_or_handlers(address: str):
    text = client.get(address).text
    tags = re.findall(r"<[a-z][^>]*>", text)
    assert [tag for tag in tags if tag.startswith("<script")] == [
        tag for tag in tags if re.fullmatch(r'<script src="/static/\w+-\w+\.js" defer>', tag)
    ]
    assert not [tag for tag in tags if re.search(r"\sstyle=|\son[a-z]+=|javascript:", tag)]
    assert "<style" not in text


@pytest.mark.parametrize(
    "address",
    ["/?q=talks", "/documents/evil.txt?q=talks", "/documents", "/concordance?q=talks&sort=right"],
)
def test_markup_in_documents_stays_text(address: str):
    answer = client_of(warnings=(EVIL,), suggestions=(SUGGESTION,)).get(address)
    assert "<img" not in answer.text.replace('<img src="/static', "")
    assert "<script>" not in answer.text
    assert EVIL in shown(answer)


@given(st.text(max_size=40) | st.sampled_from([EVIL, "(" * 8000, '"', "</title>", "\0", "&lt;"]))
def test_markup_in_queries_stays_text(query: str):
    quoted = "".join(f"%{byte:02x}" for byte in query.encode("utf-8", "replace"))
    for address in (
        f"/?q=talks+{quoted}&explain=1",
        f"/documents/a.txt?q=talks+{quoted}",
        f"/concordance?q=talks+{quoted}",
    ):
        answer = client.get(address)
        assert answer.status == 200
        # Between the tags of our own there is no bracket that a query put there.
        plain = re.sub(r"<!doctype html>|</?[a-z][a-z0-9]*(?: [^<>]*)?>", "", answer.text)
        assert "<" not in plain
        assert ">" not in plain
        assert set(re.findall(r"<([a-z0-9]+)", answer.text)) <= KNOWN_TAGS


KNOWN_TAGS = {
    *("html", "head", "meta", "title", "link", "script", "body"),
    *("header", "nav", "main", "section", "article", "div", "h1", "h2", "p", "ul", "ol", "li"),
    *("form", "label", "input", "button", "output", "details", "summary", "select", "option"),
    *("a", "b", "img", "kbd", "mark", "q", "span", "time", "svg", "rect"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


def test_templates_escape_everything_but_what_the_engine_has_marked():
    templates = "".join(path.read_text("utf-8") for path in TEMPLATES.iterdir())
    raw = re.findall(r"{{!(.*?)}}", templates)
    marked = {"hit.snippet_html", "row.html", "each.here_html", "each.there_html"}
    assert set(raw) == {"base", *marked}


def test_every_text_of_a_document_has_a_direction():
    for address in (
        "/?q=talks",
        "/documents",
        "/documents/%D9%85%D9%82%D8%A7%D9%84%D8%A9~%D8%B9.txt",
    ):
        text = client.get(address).text
        body = text[text.index("<main") :]
        for element, _ in re.findall(r"<([^>]*)>\s*[^<>]*(محادثات|قال)", body):
            assert 'dir="auto"' in element


def test_text_that_utf_8_cannot_hold_is_replaced():
    torn = Client(create_app(FakeEngine({"t": ["Torn", "half \ud83d word"]}), Settings()))
    assert "half ? word" in torn.get("/?q=word").text.replace("<mark>", "").replace("</mark>", "")


# Filters, facets, order and groups.

FACETS = (
    Facet(
        "type",
        (FacetValue("text", EVIL, 3, True, False), FacetValue("md", "md", 1, False, False)),
        7,
    ),
    Facet("author", (FacetValue("Only one", "Only one", 4, False, False),), 0),
)


def test_facets_are_links_that_keep_all_else():
    page = client_of(facets=FACETS).get("/?q=talks&filter=type:text&sort=document&page=1")
    links = [unescape(link) for link in ADDRESS.findall(page.text)]
    assert "/?q=talks&sort=document" in links  # without the filter
    assert "/?q=talks&filter=type%3Atext&filter=type%3Amd&sort=document" in links
    assert "/?q=talks&filter=type%3Atext&filter=-type%3Amd&sort=document" in links
    assert "/?q=talks&filter=-type%3Atext&sort=document" in links
    assert "/search.csv?q=talks&filter=type%3Atext&sort=document" in links
    assert "/api/export?q=talks&filter=type%3Atext&sort=document" in links
    assert "Only one" not in page.text, "a facet of one value narrows nothing"
    assert "and 7 more" in shown(page)
    assert "Narrowed to type: text" in shown(page)
    assert "<script>alert" not in page.text


def test_a_page_keeps_its_filters_and_its_order():
    few = client_of(results=2)
    page = few.get("/?q=talks&filter=type:text&filter=-year:2022&sort=date:desc&page=1")
    following = [unescape(link) for link in ADDRESS.findall(page.text) if "page=2" in link]
    wanted = "/?q=talks&filter=type%3Atext&filter=-year%3A2022&sort=date%3Adesc&page=2"
    assert set(following) == {wanted}


def test_another_search_keeps_how_the_results_are_narrowed_and_ordered():
    page = client.get("/?q=talks&filter=type:text&sort=document&match=any")
    for form in ('<form class="search"', '<form class="order"'):
        sent = page.text.partition(form)[2].partition("</form>")[0]
        for name, value in (("filter", "type:text"), ("match", "any")):
            assert f'<input type="hidden" name="{name}" value="{value}">' in sent
    apart = client.get("/?q=talks&scope=document").text.partition('<form class="search"')[2]
    kept = apart.partition("</form>")[0]
    assert '<input type="hidden" name="scope" value="document">' in kept
    header = page.text.partition('<form class="search"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="sort" value="document">' in header
    assert 'type="hidden"' not in client.get("/?q=talks").text.partition("</form>")[0]


def test_a_page_leaves_out_filters_that_are_none():
    page = client.get("/?q=talks&filter=nonsense&filter=type:text&sort=soon&group=folder&match=x")
    assert page.status == 200
    assert engine.asked[-1].filters == ("type:text",)
    assert (engine.asked[-1].sort, engine.asked[-1].group) == ("score", "none")
    assert 'value="nonsense"' not in page.text
    assert "filter=nonsense" not in page.text


def test_a_page_says_what_it_left_out():
    page = client.get("/?q=talks&filter=nonsense&filter=<b>&filter=type:text&sort=<i>&page=9")
    for said in (
        "'nonsense' is no filter: it has no colon; it is left out.",
        "'<b>' is no filter: it has no colon; it is left out.",
        "'<i>' is no order: it is none of score, date:desc, date:asc, document; it is left out.",
    ):
        assert said in shown(page)
    assert not re.search("<[bi]>", page.text)
    assert "left out" not in shown(client.get("/?q=talks&filter=type:text&sort=document"))
    alone = client.get("/?filter=nonsense")
    assert "'nonsense' is no filter" in shown(alone)
    assert "<title>0 paragraphs – Passage</title>" in alone.text


def test_a_filter_alone_is_a_question():
    assert client.get("/?filter=type:text").status == 200
    assert "No paragraph matches" in shown(client.get("/?filter=type:text"))


def test_groups_show_the_best_and_lead_to_the_rest():
    few = client_of(results=2)
    page = few.get("/?q=talks&group=document")
    assert page.text.count('<ol class="hits">') == 2
    assert "3 paragraphs found:" in shown(page)
    assert [link for link in ADDRESS.findall(page.text) if "page=2" in link]
    assert "Page 1 of 2" in shown(page)


# Words in context, words apart, scores, where matches stand.


def test_a_concordance_in_pages():
    seen: list[str] = []
    paged, address = client_of(documents=2), "/concordance?q=talks&sort=right"
    while address:
        answer = paged.get(address)
        seen += re.findall(r'<a href="([^"]*)"><mark>(?i:talks)</mark></a>', answer.text)
        following = re.search(r'<link rel="next" href="([^"]*)">', answer.text)
        address = unescape(following[1]) if following else ""
    whole = client.get("/concordance?q=talks").text
    assert len(seen) == len(set(seen)) == whole.count("<mark>") > 3
    assert "Page 2 of" in shown(paged.get("/concordance?q=talks&page=2"))
    assert "1–" in shown(paged.get("/concordance?q=talks&page=0"))
    last = paged.get("/concordance?q=talks&page=99999")
    assert "<mark>" in last.text


def test_punctuation_stays_beside_its_word():
    texts = {"a.txt": ["Title", "He said “talks”, and (talks) too", "talks", "co-talks-x"]}
    page = Client(create_app(FakeEngine(texts), Settings())).get("/concordance?q=talks").text
    cells = re.findall(r"<td dir=\"auto\">(.*?)</td>", page)
    plain = [re.sub(r"<[^>]*>", "", cell) for cell in cells]
    assert [plain[i : i + 3] for i in range(0, len(plain), 3)] == [
        ["He said ", "“talks”,", " and (talks) too"],
        ["He said “talks”, and ", "(talks)", " too"],
        ["", "talks", ""],
        ["co", "-talks-", "x"],
    ]


@pytest.mark.parametrize(("word", "way"), [("talks", "ltr"), ("كتب", "rtl"), ("(שלום", "rtl")])
def test_a_concordance_goes_the_way_of_its_words(word, way):
    texts = {"a.txt": ["Title", f"one {word} two", f"three {word} four"]}
    page = Client(create_app(FakeEngine(texts), Settings())).get(f"/concordance?q={quote(word)}")
    assert f'<table class="concordance" dir="{way}">' in page.text


def test_where_filters_leave_nothing_the_page_says_what_there_is_without_them(tmp_path):
    write(tmp_path, [texts("a.txt", "Title", "talks", "talks"), texts("b.txt", "Title", "war")])
    real = Client(create_app(Local(tmp_path), Settings()))
    page = real.get("/?q=talks&filter=document:b.txt")
    assert "Without what narrows it there are 2 paragraphs" in shown(page)
    assert '<a href="/?q=talks">' in page.text
    for other in ("q=zebra&filter=type:text", "q=zebra", "q=talks&filter=document:a.txt"):
        assert "Without what narrows it" not in real.get(f"/?{other}").text


def test_a_page_has_no_nul():
    answer = client.get("/?q=a%00b")
    assert "\0" not in answer.text
    assert "a\ufffdb" in answer.text


def test_a_concordance_of_nothing():
    assert "No occurrence of zebra" in shown(client.get("/concordance?q=zebra"))
    nothing = client.get("/concordance")
    assert shown(nothing).startswith("Concordance Words")
    assert "<title>Concordance – Passage</title>" in nothing.text
    assert "Cut." in shown(client_of(warnings=("cut",)).get("/concordance?q=talks"))
    odd = client.get("/concordance?q=talks&sort=sideways&page=x&width=y")
    assert odd.status == 200
    assert '<option value="document" selected>' in odd.text


def test_the_parts_of_scores_are_shown_on_request():
    assert "Why this result" not in shown(client.get("/?q=talks"))
    page = client.get("/?q=talks&explain=1")
    assert "Why this result" in shown(page)
    assert "rank &lt;1&gt;" in page.text
    assert "/?q=talks&explain=1" in links_of(client.get("/?q=talks"))
    assert "/?q=talks" in links_of(page)


def test_in_the_scope_of_a_document_all_is_of_it():
    page = client.get("/?q=talks&scope=document")
    links = links_of(page)
    assert "/search.csv?q=talks&scope=document" in links
    assert "/api/export?q=talks&scope=document" in links
    assert not [link for link in links if link.startswith("/concordance")]
    assert "Grouped by document" not in shown(page)
    assert "/concordance?q=talks" in links_of(client.get("/?q=talks"))


def test_what_may_be_tried_names_its_scope():
    apart = Suggestion("relaxed", "talks zebra", 2, "document")
    page = client_of(suggestions=(apart,), relaxed=True).get("/?q=talks")
    assert "/?q=talks+zebra&scope=document" in links_of(page)
    assert "in different paragraphs of a document · 2 paragraphs" in shown(page)


def test_the_strip_leads_to_the_matches():
    page = client.get("/documents/a.txt?q=talks").text
    strip = page[page.index("<svg") : page.index("</svg>")]
    assert re.findall(r'href="#p(\d+)" aria-label="Paragraph (\d+), at', strip) == [
        ("0", "0"),
        ("1", "1"),
        ("3", "3"),
    ]
    assert "<svg" not in client.get("/documents/a.txt").text
    assert "<svg" not in client.get("/documents/a.txt?q=zebra").text


def links_of(answer: Answer) -> list[str]:
    return [unescape(address) for address in ADDRESS.findall(answer.text)]
