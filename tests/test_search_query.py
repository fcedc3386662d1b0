"""The query language against its table of inputs and trees, and what holds of any text at all."""

import json
import random
import re
import sys
import unicodedata
from pathlib import Path

import oracle
import pytest
import strategies
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.query.spans import SpanNear2

from search.leaves import MAX_BETWEEN, MAX_EDITS, MAX_PATTERNS
from search.lexer import MAX_DEPTH
from search.query import MAX_BOOST, MAX_QUERY, parse, unquoted
from search.repairs import MAX_WARNINGS

CASES = json.loads((Path(__file__).parent / "data" / "queries.json").read_text("utf-8"))
"""One case a line: what it shows, a query, its tree; where it can be relaxed, the relaxed tree;
the warnings, if any (what is wrong with a regular expression is left to `patterns`). `written`
says how a tree is written."""

TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(strategies.ODD), max_size=30).map("".join),
    strategies.queries,
)


def written(node):
    """Write a tree down.

    nato        a word, by stem           "nato"          as typed
    'co op'     a phrase, by stem         "frank and"     as typed
    diplom*     a prefix                  w?rd  nato~1  /na.o/      other patterns
    title:a  title:"a b"  type:txt  type:t*  path:a/*  date:2022-01-01..*     fields
    (and a b)   (or a b)   (not a)   (best a b): the better   (maybe a b): a, better with b
    (near 5 "a" "b"): in any order, five others among them    a^3: a boost
    ()          nothing                   *               everything
    """
    boost = getattr(node, "boost", 1.0)
    return _written(node) + (f"^{boost:g}" if boost != 1 else "")


def _written(node):
    if is_leaf(node):
        return _leaf(node)
    name = {
        query.And: "and",
        query.Or: "or",
        query.Not: "not",
        query.DisjunctionMax: "best",
        query.AndMaybe: "maybe",
    }[type(node)]
    return f"({name} {' '.join(map(written, node.children()))})"


def _leaf(node):
    if node == query.NullQuery or isinstance(node, query.Every):
        return "*" if isinstance(node, query.Every) else "()"
    if isinstance(node, SpanNear2) and not node.ordered and node.mindist == 1:
        return f"(near {node.slop - 1} {' '.join(map(written, node.qs))})"
    if isinstance(node, query.TermRange) and not (node.startexcl or node.endexcl):
        return f"{field(node)}{node.start or '*'}..{node.end or '*'}"
    if isinstance(node, query.Phrase) or (type(node) is query.Term and node.fieldname != "text"):
        quote = "'" if node.fieldname == "text" else '"'
        words = getattr(node, "words", None) or [node.text]
        return f"{field(node)}{quote}{' '.join(words)}{quote}"
    behind = {
        query.Term: "",
        query.Wildcard: "",
        query.Regex: "/",
        query.Prefix: "/*" if node.fieldname == "path" else "*",
        query.FuzzyTerm: f"~{getattr(node, 'maxdist', 0)}",
    }[type(node)]
    return f"{field(node)}{'/' * isinstance(node, query.Regex)}{node.text}{behind}"


def is_leaf(node):
    return node.is_leaf() or isinstance(node, SpanNear2)


def field(node):
    return "" if node.fieldname in ("text", "form") else f"{node.fieldname}:"


def flat(node):
    """Put what operators of one kind nest on one level: that is no difference of meaning."""
    if isinstance(node, query.And | query.Or):
        parts = [flat(child) for child in node.children()]
        kind = type(node)
        same = [p.children() if type(p) is kind and p.boost == 1 else [p] for p in parts]
        return kind([child for part in same for child in part], boost=node.boost)
    return query.Not(flat(node.query)) if isinstance(node, query.Not) else node


def leaves(node):
    return [node] if is_leaf(node) else [leaf for n in node.children() for leaf in leaves(n)]


def depth(node):
    return 0 if is_leaf(node) else 1 + max(map(depth, node.children()), default=0)


def heaviest(node):
    """Give the highest product of boosts on a way from the root to a leaf."""
    below = 1 if is_leaf(node) else max(map(heaviest, node.children()), default=1)
    return getattr(node, "boost", 1.0) * below


def is_bounded(leaf):
    if isinstance(leaf, SpanNear2):
        return 1 <= leaf.slop <= MAX_BETWEEN + 1
    return getattr(leaf, "maxdist", 1) in range(1, MAX_EDITS + 1)


def tree(text):
    return written(parse(text).tree)


def is_wholly_in_the_language(parsed):
    """Tell whether `interpreted` says all of a tree.

    What `+` leaves optional is said in words. Phrases as typed lose their hyphens, and what
    hyphens and other marks join is told apart only where a word has marks of one kind.
    """
    return "better with" not in parsed.interpreted and "(best" not in written(parsed.tree)


def without_reason(warning):
    """Leave out why a regular expression is refused."""
    is_regex = warning.startswith("“/") and "takes no patterns" not in warning
    return re.sub("(?<=taken as words): .*", "", warning) if is_regex else warning


@pytest.mark.parametrize("case", CASES, ids=[case["query"][:40] for case in CASES])
def test_table(case):
    parsed, relaxed = parse(case["query"]), parse(case["query"], relaxed=True)
    assert written(parsed.tree) == case["tree"]
    assert parsed.warnings == relaxed.warnings
    assert list(map(without_reason, parsed.warnings)) == case.get("warnings", [])
    assert parsed.relaxable == relaxed.relaxable == ("relaxed" in case)
    assert written(relaxed.tree) == case.get("relaxed", case["tree"])
    again = parse(parsed.interpreted)
    assert written(again.tree) == written(flat(parsed.tree)) or not is_wholly_in_the_language(
        parsed
    )
    assert not again.warnings or all("only exclusions" in warning for warning in again.warnings)


@pytest.mark.parametrize(
    ("text", "interpreted"),
    [
        ("nato expansion", "nato AND expansion"),
        ("+nato putin -war", "(nato, better with putin) AND NOT war"),
        ("+nato putin talks", "nato, better with putin OR talks"),
        ("(a OR b) c", "(a OR b) AND c"),
        ("a OR b c", "a OR (b AND c)"),
        ("-(a b)", "NOT (a AND b)"),
        ('"Frank and" diplom*', '"frank and" AND diplom*'),
        ("co-op metro.co.uk", "co-op AND metro/co/uk"),
        ('=runs "near words"~5', '"runs" AND "near words"~5'),
        ("wo*d diplom* word~ /na.o/", "wo*d AND diplom* AND word~1 AND /na.o/"),
        ("nato^2 (a OR b)^.5", "nato^2 AND (a OR b)^0.5"),
        ("nato date:2022-02 title:(a b)", "nato AND date:2022-02 AND title:a AND title:b"),
        ("date:[2021 TO 2022-02-03]", "date:[2021-01-01 TO 2022-02-03]"),
        (
            'document:"my file.txt" path:a/b type:MD',
            'document:"my file.txt" AND path:a/b AND type:md',
        ),
        ("*", "*"),
        ("—", ""),
    ],
)
def test_interpreted(text, interpreted):
    assert parse(text).interpreted == interpreted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"frank and constructive"', "frank and constructive"),
        ("“frank and", "frank and"),
        ('"frank and" talks', "(frank and) talks"),
        ('"frank" talks', "frank talks"),
        ('-"frank and" "not frank"', "-(frank and) (not frank)"),
        ('"DO NOT ENTER"', "DO not ENTER"),
        ('"frank and"~5', "frank and"),
        ('"frank and"^2 talks', "(frank and) talks"),
        ('"(a" b', "a b"),
        ('"(a b" c', "(a b) c"),
        ("=runs", "runs"),
        ("=runs talks", "runs talks"),
        ("-=runs (=talks)", "-runs (talks)"),
        ('="frank and"', "frank and"),
        ('="frank and" talks', "(frank and) talks"),
        ("=(runs talks)", "(runs talks)"),
        ("a=b == c", "a=b == c"),
        ('"frank and"~5^2 talks', "(frank and) talks"),
        ('title:"frank and"', 'title:"frank and"'),
        ('title:"frank and" =runs document:“a b”', 'title:"frank and" runs document:“a b”'),
        ("no   quotes", "no quotes"),
        ("", ""),
    ],
)
def test_unquoted(text, words):
    assert unquoted(text) == words


@pytest.mark.parametrize("quote", '"“”„‟«»″＂⹂「」『』｢｣﹁﹂﹃﹄〝〞〟❝❞')
def test_double_quotes_of_every_script_open_and_close(quote):
    assert tree(f"{quote}frank and{quote} talks") == '(and "frank and" talks)'


def test_every_double_quote_that_unicode_knows_is_one():
    marks = [c for c in map(chr, range(sys.maxunicode)) if "DOUBLE" in unicodedata.name(c, "")]
    quotes = [
        c
        for c in marks
        if unicodedata.category(c) in ("Pi", "Pf", "Ps", "Pe")
        and any(word in unicodedata.name(c) for word in ("QUOTATION MARK", "ANGLE QUOTATION"))
    ]
    assert len(quotes) > 8
    assert [c for c in quotes if tree(f"{c}a b{c}") != '"a b"'] == []


def nested(place):
    return f"the parenthesis at {place} is nested deeper than {MAX_DEPTH}: passed over"


@pytest.mark.parametrize("n", [1, MAX_DEPTH, MAX_DEPTH + 5, 1000])
def test_nested_groups(n):
    parsed = parse("(" * n + "nato putin" + ")" * n + " russia")
    assert written(parsed.tree) == "(and (and nato putin) russia)"
    assert len(parsed.warnings) == min(max(0, n - MAX_DEPTH), MAX_WARNINGS + 1)
    if parsed.warnings:
        assert parsed.warnings[0] == nested(MAX_DEPTH + 1)


def test_groups_too_deep_keep_their_operators():
    parsed = parse("(" * MAX_DEPTH + "(a OR b)" + ")" * MAX_DEPTH)
    assert (written(parsed.tree), parsed.warnings) == ("(or a b)", (nested(MAX_DEPTH + 1),))
    assert tree("(" * MAX_DEPTH + "a -()" + ")" * MAX_DEPTH) == "a"


def test_8000_parentheses():
    parsed = parse("(" * 8000)
    assert parsed.tree == query.NullQuery
    opening = "the parenthesis at 1 is not closed: its group goes to the end"
    assert (parsed.warnings[0], parsed.warnings[-1]) == (opening, "and 7,980 more repairs")
    closing = parse(")" * 8000).warnings
    assert closing[0] == "the parenthesis at 1 closes nothing: passed over"
    assert closing[-1] == "and 7,980 more repairs"


def test_a_long_query_is_cut():
    assert parse("a" * MAX_QUERY).warnings == ()
    parsed = parse("nato " * 20_000)
    assert parsed.warnings == ("only the first 8,000 characters of the query were read",)
    assert len(leaves(parsed.tree)) == MAX_QUERY / len("nato ")
    assert written(parse("nato" + " " * MAX_QUERY + "putin").tree) == "nato"
    plain = parse(("nato " * 20_000).strip())
    assert (len(leaves(plain.tree)), plain.warnings) == (len(leaves(parsed.tree)), parsed.warnings)


@pytest.mark.parametrize(("unit", "read"), [("ﷺ", 444), ("ﷺ ", 842), ("½ ", 4000), ("½", 2666)])
def test_a_character_that_stands_for_several_counts_as_those(unit, read):
    text = (unit * MAX_QUERY)[:MAX_QUERY]
    parsed = parse(text)
    assert parsed.warnings == (f"only the first {read:,} characters of the query were read",)
    assert written(parsed.tree) == written(parse(text[:read]).tree)
    assert parse(text[:read]).warnings == ()


@pytest.mark.parametrize("unit", ["é", "e\u0301", "한", "क़", "Ａ"])
def test_a_letter_is_one_character_however_it_is_written(unit):
    assert parse((unit * MAX_QUERY)[: MAX_QUERY // 2]).warnings == ()


def test_many_repairs_are_counted():
    parsed = parse("w~9 " * 500)
    assert len(parsed.warnings) == MAX_WARNINGS + 1
    assert parsed.warnings[1] == "“~9” at 6 is held to 2 typing errors"
    assert parsed.warnings[-1] == "and 480 more repairs"


def test_repairs_are_told_in_the_order_of_their_places():
    warnings = parse("a) b^ nato~9 (AND").warnings
    places = [int(re.search(r" at (\d+)", warning)[1]) for warning in warnings]
    assert places == sorted(places) == [2, 5, 11, 14, 15]


def test_the_number_of_patterns_is_bounded():
    parsed = parse(" ".join(f"w{n}*" for n in range(MAX_PATTERNS + 2)) + " w0* w1*")
    kinds = [type(leaf) for leaf in leaves(parsed.tree)]
    assert kinds.count(query.Prefix) == MAX_PATTERNS + 2  # the same ones again cost nothing
    assert kinds.count(query.Term) == 2
    told = f"is taken as words: a query has up to {MAX_PATTERNS} patterns"
    assert [warning.partition(" at ")[0] for warning in parsed.warnings] == ["“w50*”", "“w51*”"]
    assert all(warning.endswith(told) for warning in parsed.warnings)


@pytest.mark.parametrize("unit", ["w{}~ ", "w?{} ", "/w{}./ ", "=w{}~1 ", "*w{} "])
def test_patterns_of_every_kind_count(unit):
    parsed = parse("".join(unit.format(n) for n in range(MAX_PATTERNS + 3)))
    assert len(parsed.warnings) == 3
    words = [isinstance(leaf, query.Term | query.Phrase) for leaf in leaves(parsed.tree)]
    assert words == [False] * MAX_PATTERNS + [True] * 3


@pytest.mark.parametrize("text", ["*" + "a" * 300, "/" + "a" * 300 + "/", "a?" * 200 + "b"])
def test_a_pattern_longer_than_any_word_is_none(text):
    parsed = parse(text)
    assert "is taken as words" in parsed.warnings[0]
    assert {type(leaf) for leaf in leaves(parsed.tree)} <= {query.Term, query.Phrase}


def is_understood(text):
    """See that what must hold of any text does."""
    parsed, relaxed = parse(text), parse(text, relaxed=True)
    for each in (parsed, relaxed):
        assert len(each.warnings) <= MAX_WARNINGS + 1
        assert all(len(warning) <= 120 for warning in each.warnings)
        assert len(leaves(each.tree)) <= 2 * len(text) + 1
        assert depth(each.tree) <= 3 * MAX_DEPTH
        assert heaviest(each.tree) <= MAX_BOOST * 1.01  # boosts are rounded to three places
        assert all(map(is_bounded, leaves(each.tree)))
    assert relaxed.relaxable == parsed.relaxable
    assert parsed.relaxable or written(relaxed.tree) == written(parsed.tree)


def is_understood_again(text):
    """See that what was understood is in the query language, and means the same."""
    parsed = parse(text)
    if is_wholly_in_the_language(parsed):
        again = parse(parsed.interpreted)
        assert written(again.tree) == written(flat(parsed.tree))
        assert all("only exclusions" in warning for warning in again.warnings)


@settings(max_examples=400)
@given(TEXTS)
@example("a (-b)")
@example("'\"AND")
def test_any_text_is_understood(text):
    is_understood(text)


@settings(max_examples=400)
@given(TEXTS)
@example("nato AND OR putin")
@example("metro.co.uk 10:30 a/b 北京 nato😀")
@example("-(-(a b))")
@example("path:a.*/ path:././b")
def test_what_was_understood_is_understood_again(text):
    is_understood_again(text)


@pytest.mark.parametrize("count", [2000, pytest.param(100_000, marks=pytest.mark.long)])
def test_naughty_strings_are_understood(data, count):
    """The Big List of Naughty Strings, and what comes of it among operators of every kind."""
    lines = (data / "samples" / "blns" / "blns.txt").read_text("utf-8").splitlines()
    naughty = [line for line in lines if line and not line.startswith("#")]
    rng = random.Random(5)
    for number in range(count):
        is_naughty = number < len(naughty)
        text = naughty[number] if is_naughty else strategies.random_mixture(rng, naughty)
        is_understood(text)
        is_understood_again(text)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_relaxing_only_adds_and_never_what_is_excluded(rng):
    documents = strategies.random_documents(rng)
    collection = oracle.Collection(documents)
    for _ in range(10):
        text = strategies.random_query(rng)
        strict, relaxed = (
            set(oracle.evaluate(collection, parse(text, relaxed).tree).ordinals)
            for relaxed in (False, True)
        )
        assert strict <= relaxed
        if not parse(text).warnings:
            excluding = parse(f"-nato ({text})", relaxed=True).tree
            nato = set(oracle.evaluate(collection, parse("nato").tree).ordinals)
            assert not nato & set(oracle.evaluate(collection, excluding).ordinals)


def calls(function, *arguments):
    """Count the calls, of Python and of C functions, that a call makes: work without a clock."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


UNITS = (
    *("(", ")", ")(", "(a ", '"', '"a', "a ", "a/", "a-", "a*b ", "-a ", "+a ", "NOT ", "AND "),
    *(
        "a OR ",
        "a AND ",
        "a~1",
        "a^1.",
        "^1.",
        "=a ",
        "title:",
        "1,",
        "U.",
        "’",
        "北",
        *"-*%+?~^/=",
    ),
    *("a* ", "*a ", "a?b", "a~ ", "a~", "~1", "^1", "/a/ ", "/a", "/\\", "(a)^2 ", "(a)^2", "(^2"),
    *('"a b"~3 ', '"a"~', "=(", "title:(", "title:a ", "(title:a ", "type:a ", "path:a ", "path:a"),
    *("date:[", "date:[2022 TO 2023] ", "date:2022 ", "date:>", "date:> ", "document:a*", "++a "),
    *("(a^2 ", "a (", "(-a ", "(title:a -b ", "a?", "?*", "*?", "[a-", "/[a]{2}|(b)/ ", "é", "ﷺ "),
    *("ﷺ", "½", "½ ", "㍇ ", "(é", "北a ", "😀 ", "* ", "*a ", "(a)^2 a~ "),
)


@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear(unit):
    half, whole = (unit * (n // len(unit)) for n in (MAX_QUERY // 2, MAX_QUERY))
    parse(whole)  # the caches of the analysis are filled
    assert calls(parse, whole) <= 2.2 * calls(parse, half) + 100
    assert calls(parse, whole) <= 20 * MAX_QUERY


PLAIN_WORDS = st.sampled_from(
    ["a", "and", "AND", "Or", "NOT", "Running", "+talks", "-s", "USA", "ANDY"]
)


@given(
    st.lists(PLAIN_WORDS, min_size=1, max_size=5),
    st.sampled_from([" ", " +", " -", " OR ", '"']),
    st.booleans(),
    st.booleans(),
)
def test_plain_words_are_read_as_all_others(words, join, relaxed, exact):
    """They are read in a way of their own, which a blank at the end does not let them."""
    text = f'"{" ".join(words)}"' if join == '"' else f"{join.strip(' OR')}{join.join(words)}"
    plain, other = parse(text, relaxed, exact), parse(f"{text} ", relaxed, exact)
    assert written(plain.tree) == written(other.tree)
    assert (plain.interpreted, plain.warnings) == (other.interpreted, other.warnings)
    assert plain.relaxable == other.relaxable
