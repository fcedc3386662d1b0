import random
import re
from html import escape, unescape
from html.parser import HTMLParser

import pytest
import strategies
from collections_on_disk import texts, write
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_search_query import calls
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import analyze
from search.engine import Span
from search.execute import execute
from search.highlight import LONGEST, SNIPPET, WINDOW, Marker, marked, snippet
from search.query import parse

HOSTILE = (
    "<script>alert(1)</script>",
    "</mark><img src=x onerror=alert(1)>",
    "<mark>nato</mark>",
    "nato&lt;b&gt; &amp;amp; &#60;",
    "\"'><svg/onload=nato>",
    "<!-- nato --> <![CDATA[ nato ]]>",
    "nato\0<nato\0>",
    "\u202enato\u202c \ufeffnato",
    "…<nato",
)
ODD = st.text(st.sampled_from([*"aäßéﬁ北京😀𝒜<>&\"'/ -+%.,\n\0\u0301\u202eم"]), max_size=60)
TEXTS = st.one_of(ODD, strategies.texts, st.sampled_from(HOSTILE), st.text(max_size=60))


def matches(tree, text):
    return Marker(tree).matches(text)


def shown(query_text, text):
    """Mark a text with brackets instead of HTML."""
    spans, end, parts = matches(parse(query_text).tree, text), 0, []
    for span in spans:
        parts += [text[end : span.start], "⟦", text[span.start : span.end], "⟧"]
        end = span.end
    return "".join([*parts, text[end:]])


MARKED = [
    # Words by stem, as typed, their beginnings.
    ("nato", "⟦NATO⟧ and ⟦Nato's⟧ ⟦natos⟧, not natoland"),
    ("invade", "they ⟦invaded⟧, ⟦invading⟧ to ⟦invade⟧"),
    ('"invade"', "they invaded, invading to ⟦invade⟧"),
    ('"invaded" treaty', "they ⟦invaded⟧ two ⟦treaties⟧, invading"),
    ("diplom*", "⟦diplomacy⟧, ⟦Diplomats⟧, a ⟦diploma⟧, dip"),
    ("diplom* diplomacy", "⟦diplomacy⟧ ⟦diplomats⟧"),
    # Phrases are one mark.
    ('"frank and constructive"', "frank: a ⟦frank and constructive⟧ talk, constructive"),
    ('"frank and"', "⟦Frank, and⟧ “⟦frank”\nand⟧"),
    ('"the the"', "⟦the the the⟧ and the"),
    ('"frank and" and', "⟦frank and⟧ war ⟦and⟧"),
    ('"frank" "and"', "⟦frank⟧ ⟦and⟧"),
    # What has no part in the match is not marked.
    ("nato -putin", "⟦nato⟧ alone"),
    ("nato -putin", "nato and putin"),
    ("nato putin", "nato alone"),
    ("-putin", "nato alone"),
    ("nato OR putin", "⟦nato⟧ alone"),
    ("nato OR putin", "⟦nato⟧ and ⟦putin⟧"),
    ("(war treaty) OR nato", "⟦nato⟧ and a war"),
    ("(war treaty) OR nato", "⟦nato⟧, ⟦war⟧, ⟦treaty⟧"),
    ('nato OR "frank and"', "⟦nato⟧ and frank"),
    ("nato OR (war -putin)", "⟦nato⟧, war, putin"),
    ("+nato putin", "⟦nato⟧ alone"),
    ("+nato putin", "⟦nato⟧ and ⟦putin⟧"),
    ("+nato putin", "putin alone"),
    ("nato OR -putin", "war alone"),
    # The words of what stands near each other, in any order, and of no other stretch.
    ('"frank talks"~1', "⟦frank⟧ and ⟦talks⟧, talks of a most frank kind"),
    ('"frank talks"~2', "⟦Talks⟧ were ⟦frank⟧; a frank x y z talks"),
    ('"frank talks"~0', "⟦talks⟧ ⟦frank⟧ and talks"),
    ('"frank talks"~0', "frank and talks"),
    ('"a b c"~2', "⟦c⟧ x ⟦a⟧ y ⟦b⟧ z z z a b"),
    ('"a b c"~9', "a ⟦a⟧ x ⟦b⟧ ⟦b⟧ ⟦c⟧ x x c"),
    ('"a a"~1', "⟦a⟧ x ⟦a⟧ x x a"),
    ('"the co-op"~1', "⟦co⟧-⟦op⟧ of ⟦the⟧ ⟦coop⟧"),
    # The forms that a pattern stands for.
    ("w?rd", "a ⟦word⟧, a ⟦ward⟧, words, wd"),
    ("*word*", "⟦words⟧ of a ⟦swordsman⟧, ward"),
    ("d*cy", "⟦diplomacy⟧ of a diplomat"),
    ("w?rd w*", "⟦word⟧ ⟦war⟧ sword"),
    ("caf?s", "⟦Cafés⟧ café"),
    ("nato~1", "⟦NATO⟧, ⟦nat⟧, ⟦anto⟧, natoland, ant"),
    ("talks~2", "⟦tlak⟧ ⟦walk⟧ ⟦talks⟧ tail ship"),
    ("/tr.*s/", "⟦treaties⟧ ⟦trees⟧, treaty"),
    ("/na(to|y)/ -war", "⟦NATO⟧ ⟦nay⟧"),
    ("/na(to|y)/ -war", "NATO war"),
    ("=invade", "they invaded, invading to ⟦invade⟧"),
    ("nato^3 OR putin^0", "⟦nato⟧ and ⟦putin⟧"),
    # Fields and everything mark nothing; that a field matches is taken as known.
    ("title:war nato", "⟦nato⟧ of war"),
    ("nato -title:war", "⟦nato⟧ of war"),
    ("nato OR title:war", "⟦nato⟧ of war"),
    ("nato OR -(title:war nato)", "⟦nato⟧ of war"),
    ("date:2022 type:txt path:a document:b* author:nato", "nato 2022 txt a b"),
    ("nato (date:2022 OR date:2021)", "⟦nato⟧ 2022"),
    ("*", "nato"),
    # Compounds, glued words, signs, apostrophes.
    ("co-ordinated", "⟦co-ordinated⟧ ⟦coordinated⟧ ⟦co ordinated⟧ co"),
    ("coordinated", "⟦co-ordinated⟧ co ordinated"),
    ("ordinated", "co-⟦ordinated⟧"),
    ('"the co-op"', "⟦the co-op⟧ ⟦the coop⟧ the co"),
    ("metro.co.uk", "⟦metro.co.uk⟧ ⟦Metro CO/UK⟧ metro"),
    ("0%", "⟦0%⟧, not 0 or 10%"),
    ("0", "⟦0⟧%"),
    ("C++", "⟦C++⟧ not C or C#"),
    ("russia's", "⟦Russia’s⟧ ⟦Russia's⟧ ⟦Russia⟧"),
    ("dont", "⟦don’t⟧ don"),
    ("uk", "⟦U.K.⟧ ⟦UK⟧"),
    ("1000", "⟦1,000⟧"),
    # Code points of the original text.
    ("nato", "😀😀 ⟦nato⟧ 𝒜𝒷 ⟦nato⟧"),
    ("abc", "⟦𝒜𝒷𝒸⟧"),
    ("😀", "a⟦😀⟧b"),
    ("cafe", "⟦cafe\u0301⟧ ⟦café⟧ ⟦CAFÉ⟧"),
    ("final", "⟦ﬁnal⟧ results"),
    ("putin", "⟦pu\u00adtin⟧"),
    ("strasse", "⟦Straße⟧"),
    ("北京", "我在⟦北京⟧和北"),
    ("京 北", "⟦北⟧⟦京⟧"),
    ("مدينة", "في ⟦مدينة⟧ كبيرة"),
    ("שלום", "⟦שָׁלוֹם⟧ עולם"),
    ("हिन्दी", "⟦हिन्दी⟧ भाषा"),
    ('"في مدينة"', "⟦في مدينة⟧ كبيرة"),
    # Markup is text.
    ("script alert", "<⟦script⟧>⟦alert⟧(1)</⟦script⟧>"),
    ("amp", "& &⟦amp⟧;"),
    ("mark", "<⟦mark⟧>nato</⟦mark⟧>"),
    ("", "nothing"),
    ("…", "nothing…"),
]


@pytest.mark.parametrize(("query_text", "text"), MARKED)
def test_what_is_marked(query_text, text):
    assert shown(query_text, re.sub("[⟦⟧]", "", text)) == text


def test_every_paragraph_matches_what_excludes_nothing_and_nothing_is_marked():
    for tree in (query.Every(), query.NullQuery, query.And([query.Every(), query.NullQuery])):
        assert matches(tree, "nato") == ()
    nato = query.Term("text", "nato")
    assert matches(query.And([nato, query.Every()]), "nato") == (Span(0, 4),)
    assert matches(query.And([nato, query.NullQuery]), "nato") == ()


class Page(HTMLParser):
    """What a browser makes of a stretch of HTML: its texts, and the tags that it saw."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.tags, self.marks = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, attributes))
        self.marks.append("")

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag, []))

    def handle_data(self, data):
        self.texts.append(data)
        if self.tags and self.tags[-1][0] == "mark":
            self.marks[-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment

    @property
    def text(self):
        return "".join(self.texts)


def is_balanced(tags):
    return tags == [("mark", []), ("/mark", [])] * (len(tags) // 2)


@settings(max_examples=300)
@given(TEXTS, st.sets(st.integers(0, 60)))
def test_unmarking_gives_the_escaped_text(text, cuts):
    places = sorted(cut for cut in cuts if cut <= len(text))
    spans = [Span(*pair) for pair in zip(places[::2], places[1::2], strict=False)]
    html = marked(text, spans)
    assert html.replace("<mark>", "").replace("</mark>", "") == escape(text)
    marks = re.findall("<mark>(.*?)</mark>", html, re.DOTALL)
    assert [unescape(mark) for mark in marks] == [
        unescape(escape(text[s.start : s.end])) for s in spans
    ]


@settings(max_examples=300)
@given(TEXTS, st.one_of(strategies.queries, TEXTS))
@example("<nato> & </mark>", "nato mark")
def test_spans_are_ascending_and_disjoint_and_nothing_breaks_out(text, query_text):
    spans = matches(parse(query_text, relaxed=True).tree, text)
    places = [place for span in spans for place in (span.start, span.end)]
    assert places == sorted(places)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert is_balanced(Page(marked(text, spans)).tags)
    words = {(token.start, token.end) for token in analyze(text)}
    starts, ends = {start for start, _ in words}, {end for _, end in words}
    assert all(span.start in starts and span.end in ends for span in spans)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("repeated", [1, 200])
def test_nothing_breaks_out_of_a_snippet(text, repeated):
    text *= repeated
    for query_text in ("nato", "script alert", "mark", "zzz", "-zzz", f'"{text}"'):
        page = Page(snippet(text, matches(parse(query_text).tree, text)))
        assert is_balanced(page.tags)
        assert set(page.text) <= set(unescape(escape(text))) | set("… ")


@settings(max_examples=200)
@given(st.one_of(strategies.texts, ODD).filter(lambda text: not re.search('["“”„«»]', text)))
@example("ex-army coordinated-co-ordinate")
@example("C++-C# 0%-1,000")
def test_a_text_is_marked_by_itself(text):
    """As a phrase it is one mark; words glued in the text are found by typing them so."""
    if tokens := analyze(text):
        spans = matches(parse(f'"{text}"').tree, text)
        assert spans[0].start == tokens[0].start
        assert spans[-1].end == max(token.end for token in tokens)


# Snippets.


def words(n, word="war"):
    return " ".join([word] * n)


def pieces(html):
    """Take a snippet apart at its ellipses."""
    return [piece for piece in Page(html).text.split("…") if piece.strip()]


def test_up_to_a_thousand_code_points_are_shown_whole():
    text = words(166, "nato ") + " &&&&"  # escaping does not count
    text = text + "😀" * (SNIPPET - len(text))
    spans = matches(parse("nato").tree, text)
    assert snippet(text, spans) == marked(text, spans)
    assert snippet(text, ()) == escape(text)
    assert SNIPPET == 1000
    assert "…" in snippet(text + "x", spans)


def test_a_window_around_a_match():
    text = f"{words(200)} NATO {words(200)}"
    html = snippet(text, matches(parse("nato").tree, text))
    assert html.startswith("… war ")
    assert html.endswith(" war …")
    assert " <mark>NATO</mark> " in html
    assert WINDOW <= len(Page(html).text) <= 2 * WINDOW + 10


def test_no_ellipsis_where_the_text_begins_or_ends():
    text = f"NATO {words(400)} NATO"
    html = snippet(text, matches(parse("nato").tree, text))
    assert html.startswith("<mark>NATO</mark> war")
    assert html.endswith("war <mark>NATO</mark>")
    assert html.count(" … ") == html.count("…") == 1


def test_windows_that_touch_are_one():
    text = f"{words(100)} nato {words(50)} nato {words(200)}"
    html = snippet(text, matches(parse("nato").tree, text))
    assert html.count("…") == 2
    assert html.count("<mark>") == 2


def test_without_a_match_the_beginning_is_shown():
    text = words(400)
    html = snippet(text, ())
    assert text.startswith(html.removesuffix(" …"))
    assert html.endswith("war …")


def test_a_match_that_does_not_fit_is_left_to_the_ellipsis():
    phrase = "frank and constructive"
    text = " ".join(f"{words(n % 30, 'x')} {phrase}" for n in range(200))
    html = snippet(text, matches(parse(f'"{phrase}"').tree, text))
    assert len(Page(html).text) <= SNIPPET + 10
    assert set(Page(html).marks) == {phrase}
    assert Page(html).text.count("frank") == len(Page(html).marks) > 10


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1, 5000, 100_000])
@pytest.mark.parametrize("before", ["", "x " * 600])
def test_a_match_longer_than_a_snippet_is_marked_in_part(length, before):
    text = before + "a" * length + " b" * 300
    html = snippet(text, matches(parse("a" * length).tree, text))
    assert Page(html).marks == ["a" * min(length, LONGEST)]
    assert len(Page(html).text) <= SNIPPET + 10


@pytest.mark.parametrize(
    ("text", "query_text"),
    [
        ("a" * 100_000, "b"),
        ("a" * 100_000, "aaa*"),
        ("a " * 10_000, "a"),
        ("a" * 1000 + " b " * 10_000, "a* b"),
        ("北" * 20_000, "北"),
        ("a-" * 20_000, "a"),
        ("<" * 100_000 + "a", "a"),
        ("a" + "\u0301" * 100_000, "a"),
    ],
)
def test_snippets_of_hostile_texts(text, query_text):
    spans = matches(parse(query_text).tree, text)
    html = snippet(text, spans)
    assert len(Page(html).text) <= SNIPPET + 20
    assert ("<mark>" in html) == bool(spans)
    assert is_balanced(Page(html).tags)


@settings(max_examples=80)
@given(st.randoms(use_true_random=False))
def test_snippets_show_whole_matches_and_stretches_of_the_text(rng):
    vocabulary = ("nato", "war", "frank and constructive", "a-b", "北京", "x" * 50, "&", "<b>")
    count = rng.choice((150, 400, 2000))
    text = "".join(rng.choice(vocabulary) + rng.choice(("", " ", " ")) for _ in range(count))
    tree = parse(rng.choice(("nato", '"frank and constructive"', "北 OR a-b", "zzz", "x* b nato")))
    spans = matches(tree.tree, text)
    html = snippet(text, spans)
    place = 0
    for piece in pieces(html):
        place = text.index(piece.strip(), place) + len(piece.strip())
    if len(text) > SNIPPET:
        assert len(Page(html).text) <= SNIPPET + 20
        assert set(Page(html).marks) <= {text[s.start : s.end] for s in spans}
        assert bool(Page(html).marks) == bool(spans)


# Work.


@pytest.mark.parametrize(
    "query_text", ["a " * 2000, "a* " * 1000, "(a b) " * 500, "a OR " * 800, "a a* aa* " * 400]
)
def test_a_word_typed_often_costs_once(query_text):
    """A paragraph of many words and a query of many: their numbers add up, not multiply."""
    tree, text = parse(query_text).tree, "a b aa " * 3000
    spans = matches(tree, text)
    assert calls(matches, tree, text) <= 40 * (len(text.split()) + len(query_text))
    assert calls(snippet, text, spans) <= 40 * len(spans)


def test_many_prefixes_are_looked_up():
    text = " ".join(f"w{n}" for n in range(3000))
    tree = query.Or([query.Prefix("form", f"w{n}") for n in range(1000, 1700)])
    assert len(matches(tree, text)) == 700
    assert calls(matches, tree, text) <= 40 * len(text.split())


@pytest.mark.parametrize(
    "query_text", ['"a b"~100', '"a a b b"~9', '"a b c"~100', "a?* ?*b", "/.*/ a~2 b~", '"aa b"~50']
)
@pytest.mark.parametrize("text", ["a b aa ", "a a a a a a a b ", "a b c ", "a ab abc b "])
def test_work_is_linear_in_the_text(query_text, text):
    tree = parse(query_text).tree
    matches(tree, text)
    half, whole = (calls(matches, tree, text * n) for n in (1000, 2000))
    assert whole <= 2.2 * half + 100


# Agreement with execution.


def is_positive(node):
    """Tell whether something must be found in a paragraph for it to match."""
    if getattr(node, "fieldname", "form") not in ("text", "form"):
        return False
    match node:
        case query.Term() | query.Phrase() | query.Prefix() | query.NullQuery:
            return True
        case query.And():
            return any(map(is_positive, node.subqueries))
        case query.Or() | query.DisjunctionMax():
            return all(map(is_positive, node.subqueries))
        case query.AndMaybe():
            return is_positive(node.a)
    return False


def has_fields(node):
    """Tell whether a tree asks for more than a text has."""
    if isinstance(node, SpanNear2) or not node.is_leaf():
        return any(map(has_fields, node.children()))
    return getattr(node, "fieldname", None) not in ("text", "form", None)


def agree(snapshot, paragraphs, tree):
    found = set(execute(snapshot, tree).ordinals.tolist())
    asked = found if has_fields(tree) else range(len(paragraphs))
    for ordinal, text in ((ordinal, paragraphs[ordinal]) for ordinal in asked):
        spans = matches(tree, text)
        assert not spans or ordinal in found, (tree, text)
        assert spans or ordinal not in found or not is_positive(tree), (tree, text)
    return len(found)


@pytest.mark.parametrize("seed", range(2))
def test_a_paragraph_is_marked_where_it_is_found_and_only_there(tmp_path, seed):
    documents, found = None, 0
    for number, case in enumerate(strategies.seeded(750, seed)):
        if case[0] is not documents:
            documents = case[0]
            snapshot = write(tmp_path / str(number), documents)
            paragraphs = [paragraph.text for document in documents for paragraph in document]
        found += agree(snapshot, paragraphs, case[1])
    assert found > 1000


def test_typed_queries_mark_what_they_find(tmp_path):
    rng = random.Random(11)
    documents = strategies.random_documents(rng, most=8)
    snapshot = write(tmp_path, documents)
    paragraphs = [paragraph.text for document in documents for paragraph in document]
    for _ in range(400):
        text = strategies.random_query(rng)
        for relaxed in (False, True):
            agree(snapshot, paragraphs, parse(text, relaxed).tree)


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=3))
def test_odd_texts_mark_what_they_find(tmp_path_factory, paragraphs, typed):
    clean = [p.encode(errors="replace").decode() for p in paragraphs]
    document = texts("d", *["title", *(" " + p.lstrip("# ") for p in clean)])
    snapshot = write(tmp_path_factory.mktemp("i"), [document])
    for text in typed:
        agree(snapshot, [p.text for p in document], parse(text, relaxed=True).tree)
