"""The query language against its table of inputs and trees, and what holds of any text at all."""

import json
import sys
import unicodedata
from pathlib import Path

import oracle
import pytest
import strategies
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whoosh import query

from search.query import MAX_DEPTH, MAX_QUERY, MAX_WARNINGS, parse, unquoted

CASES = json.loads((Path(__file__).parent / "data" / "queries.json").read_text("utf-8"))
"""One case a line: what it shows, a query, its tree; where it can be relaxed, the relaxed tree;
the warnings, if any. `written` says how a tree is written."""

OPENING = "an opening parenthesis is not closed: its group goes to the end"
CLOSING = "a closing parenthesis without an opening one was passed over"
NESTED = f"a parenthesis nested deeper than {MAX_DEPTH} was passed over"

ODD = [
    *" \t\n\0\u3000\"“„«「'’‘()+-–—*?~^=:/\\.,;!|…%#@_&<>[]{}",
    *"0aé½ßİﬁ北ำ😀\u0301\u00ad\u200d\u202e\ufeff",
    *("AND", "OR", "NOT", "title:", "date:", "~2", "^0.5", "a-b", "C++", "1,000", "U.K.", "\ud800"),
]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(ODD), max_size=30).map("".join),
    strategies.queries,
)


def written(node):
    """Write a tree down.

    nato        a word, by stem           "nato"          as typed
    'co op'     a phrase, by stem         "frank and"     as typed
    diplom*     a prefix                  ()              nothing
    (and a b)   (or a b)   (not a)   (best a b): the better   (maybe a b): a, better with b
    """
    match node:
        case query.Term(fieldname="text") | query.Prefix():
            return node.text + "*" * isinstance(node, query.Prefix)
        case query.Phrase(fieldname="text"):
            return f"'{' '.join(node.words)}'"
        case query.Term():
            return f'"{node.text}"'
        case query.Phrase():
            return f'"{" ".join(node.words)}"'
        case query.NullQuery:
            return "()"
    name = {
        query.And: "and",
        query.Or: "or",
        query.Not: "not",
        query.DisjunctionMax: "best",
        query.AndMaybe: "maybe",
    }[type(node)]
    return f"({name} {' '.join(map(written, node.children()))})"


def flat(node):
    """Put what operators of one kind nest on one level: that is no difference of meaning."""
    if isinstance(node, query.And | query.Or):
        parts = [flat(child) for child in node.children()]
        kind = type(node)
        return kind([c for p in parts for c in (p.children() if type(p) is kind else [p])])
    return query.Not(flat(node.query)) if isinstance(node, query.Not) else node


def leaves(node):
    return [node] if node.is_leaf() else [leaf for n in node.children() for leaf in leaves(n)]


def depth(node):
    return 0 if node.is_leaf() else 1 + max(map(depth, node.children()), default=0)


def tree(text):
    return written(parse(text).tree)


def is_wholly_in_the_language(parsed):
    """Tell whether `interpreted` says all of a tree.

    What `+` leaves optional is said in words. Phrases as typed lose their hyphens, and what
    hyphens and other marks join is told apart only where a word has marks of one kind.
    """
    return "better with" not in parsed.interpreted and "(best" not in written(parsed.tree)


@pytest.mark.parametrize("case", CASES, ids=[case["query"][:40] for case in CASES])
def test_table(case):
    parsed, relaxed = parse(case["query"]), parse(case["query"], relaxed=True)
    assert written(parsed.tree) == case["tree"]
    assert parsed.warnings == relaxed.warnings == tuple(case.get("warnings", ()))
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


@pytest.mark.parametrize("n", [1, MAX_DEPTH, MAX_DEPTH + 5, 1000])
def test_nested_groups(n):
    parsed = parse("(" * n + "nato putin" + ")" * n + " russia")
    assert written(parsed.tree) == "(and (and nato putin) russia)"
    too_deep = n - MAX_DEPTH
    assert parsed.warnings == ((f"{NESTED} ({too_deep:,} times)",) if too_deep > 0 else ())


def test_groups_too_deep_keep_their_operators():
    parsed = parse("(" * MAX_DEPTH + "(a OR b)" + ")" * MAX_DEPTH)
    assert (written(parsed.tree), parsed.warnings) == ("(or a b)", (NESTED,))
    assert tree("(" * MAX_DEPTH + "a -()" + ")" * MAX_DEPTH) == "a"


def test_8000_parentheses():
    parsed = parse("(" * 8000)
    assert parsed.tree == query.NullQuery
    assert parsed.warnings == (f"{NESTED} (7,960 times)", f"{OPENING} (40 times)")
    assert parse(")" * 8000).warnings == (f"{CLOSING} (8,000 times)",)


def test_a_long_query_is_cut():
    assert parse("a" * MAX_QUERY).warnings == ()
    parsed = parse("nato " * 20_000)
    assert parsed.warnings == ("only the first 8,000 characters of the query were read",)
    assert len(leaves(parsed.tree)) == MAX_QUERY / len("nato ")
    assert written(parse("nato" + " " * MAX_QUERY + "putin").tree) == "nato"


def test_many_repairs_are_counted():
    parsed = parse(" ".join(f"w{n}~" for n in range(500)))
    assert len(parsed.warnings) == MAX_WARNINGS + 1
    assert parsed.warnings[0] == "“~” at 1 is not built yet: left out"
    assert parsed.warnings[-1] == "and 480 more repairs"


@settings(max_examples=400)
@given(TEXTS)
@example("a (-b)")
@example("'\"AND")
def test_any_text_is_understood(text):
    parsed, relaxed = parse(text), parse(text, relaxed=True)
    for each in (parsed, relaxed):
        assert len(each.warnings) <= MAX_WARNINGS + 1
        assert all(len(warning) <= 90 for warning in each.warnings)
        assert len(leaves(each.tree)) <= 2 * len(text) + 1
        assert depth(each.tree) <= 3 * MAX_DEPTH
    assert relaxed.relaxable == parsed.relaxable
    assert parsed.relaxable or written(relaxed.tree) == written(parsed.tree)


@settings(max_examples=400)
@given(TEXTS)
@example("nato AND OR putin")
@example("metro.co.uk 10:30 a/b 北京 nato😀")
@example("-(-(a b))")
def test_what_was_understood_is_understood_again(text):
    parsed = parse(text)
    if is_wholly_in_the_language(parsed):
        assert written(parse(parsed.interpreted).tree) == written(flat(parsed.tree))


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
    *("a OR ", "a AND ", "a~1", "a^1.", "^1.", "=a ", "title:", "1,", "U.", "’", "北", *"-*%+"),
)


@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear(unit):
    half, whole = (unit * (n // len(unit)) for n in (MAX_QUERY // 2, MAX_QUERY))
    parse(whole)  # the caches of the analysis are filled
    assert calls(parse, whole) <= 2.2 * calls(parse, half) + 100
    assert calls(parse, whole) <= 200 * MAX_QUERY


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
