import random
import re

import numpy as np
import oracle
import pytest
import strategies
from collections_on_disk import texts, write
from hypothesis import given
from hypothesis import strategies as st
from whoosh import query

from search.budget import Budget
from search.execute import execute
from search.patterns import check_regex, expand, matcher

FORMS = [
    "war",
    "wars",
    "wärs",
    "ward",
    "warden",
    "toward",
    "京",
    "京都",
    "w𐐨r",
    "a" * 60,
    "c++",
    "1000",
]


def fuzzy(text, most):
    return query.FuzzyTerm("form", text, maxdist=most, prefixlength=0)


@pytest.fixture(scope="module")
def segments(tmp_path_factory):
    """Index a few words by two segments."""
    documents = [texts("a", "—", " ".join(FORMS[:7])), texts("b", "—", " ".join(FORMS[4:]), "war")]
    snapshot = write(tmp_path_factory.mktemp("forms"), documents, segments=2)
    return [segment.data for segment in snapshot.segments]


def expanded(data, node) -> set[str]:
    return {data.forms[number].decode() for number in expand(node, data, Budget())}


# Regular expressions.


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a**", "one repetition stands behind another"),
        ("a+?", "one repetition stands behind another"),
        ("a{2}{3}", "one repetition stands behind another"),
        ("(a", "an opening parenthesis is not closed"),
        ("a)", "a closing parenthesis has no opening one"),
        ("[a", "a class is not closed"),
        ("[]", "a class is not closed"),
        ("[z-a]", "a stretch of a class goes backwards"),
        (r"[a-\d]", "a stretch of a class goes backwards"),
        ("(?=a)", "groups are only for grouping"),
        ("(?P<n>a)", "groups are only for grouping"),
        (r"(a)\1", r"“\1” means nothing here"),
        (r"\bwar", r"“\b” means nothing here"),
        ("war\\", "“\\” means nothing here"),
        ("*", "“*” has no meaning there"),
        ("a{", "“{” has no meaning there"),
        ("a$b", "“$” has no meaning there"),
        ("a{3,2}", "a repetition has its higher number first"),
        ("a{129}", "it is of more than 128 characters, written out"),
        ("((((a{9}){9}){9}){9})", "it is of more than 128 characters, written out"),
        ("(((){999}){999}){999}", "it is of more than 128 characters, written out"),
        ("(" * 21 + "a" + ")" * 21, "its groups nest deeper than 20"),
    ],
)
def test_what_is_refused_and_why(pattern, why):
    assert check_regex(pattern) == why


@pytest.mark.parametrize(
    ("pattern", "accepted", "not_accepted"),
    [
        ("colou?r", ["color", "colour"], ["colouur", "colors", "xcolor"]),
        ("^colou?r$", ["color", "colour"], ["colors"]),
        ("(ab|c)+d{2,3}", ["abdd", "cabddd"], ["dd", "abd", "abdddd"]),
        ("(?:a|b){,2}c", ["c", "abc"], ["aabc"]),
        ("[a-cx]{3}", ["abx"], ["abd", "ab"]),
        ("[^a-c]+", ["xyz", "京"], ["xa"]),
        ("[]-]+", ["]-"], ["a"]),
        ("[a-]+", ["a-"], ["b"]),
        (r"\d+", ["1000"], ["1a"]),
        (r"\w+", ["a_1é"], ["c++"]),
        (r"[\d.]+", ["3.14"], ["3a"]),
        (r"c\+\+", ["c++"], ["c"]),
        (".", ["京", "𐐨"], ["ab", ""]),
        ("Colou?R", ["color"], []),
        ("É[Ä-Ü]?", ["e", "ea"], ["é"]),
        ("straße", ["strasse"], ["straße"]),
        ("a||b", ["a", "b", ""], ["ab"]),
        ("(a?)*", ["", "aaa"], ["b"]),
        ("a{0}b", ["b"], ["ab"]),
        (r"a\$", ["a$"], ["a"]),
    ],
)
def test_what_an_expression_stands_for(pattern, accepted, not_accepted):
    assert check_regex(pattern) is None
    matches = matcher(query.Regex("form", pattern))
    assert all(map(matches, accepted))
    assert not any(map(matches, not_accepted))


@given(st.randoms(use_true_random=False))
def test_generated_expressions_are_what_re_makes_of_them(rng):
    form = rng.choice(strategies.FORMS)
    pattern = strategies.random_regex(rng, form)
    fully = re.compile(pattern, re.DOTALL | re.ASCII).fullmatch
    matches = matcher(query.Regex("form", pattern))
    for word in (form, *rng.sample(strategies.FORMS, 5)):
        assert matches(word) == (fully(word) is not None)


@given(st.text("ab(){}[]|?*+\\^$.,-19éß\ud800", max_size=30))
def test_any_text_is_an_expression_or_refused(pattern):
    why = check_regex(pattern)
    assert why is None or why
    assert matcher(query.Regex("form", pattern))("a") in (True, False)


def test_a_refused_expression_stands_for_nothing(segments):
    assert not expanded(segments[0], query.Regex("form", "(a"))


def test_no_expression_goes_back():
    """With an engine that goes back these would take longer than the sun shines."""
    for pattern in ("(a*)*b", "(a|a)*b", "(a?){60}a{60}b", "(.*a){20}b"):
        assert not matcher(query.Regex("form", pattern))("a" * 250)


# Typing errors.


@pytest.mark.parametrize(
    ("text", "form", "edits"),
    [
        ("war", "war", 0),
        ("war", "wra", 1),
        ("war", "wear", 1),
        ("war", "wa", 1),
        ("war", "wær", 1),
        ("京都", "都京", 1),
        ("ca", "abc", 3),  # of optimal string alignment; 2 where a stretch may be edited twice
        ("a", "", 1),
        ("abcd", "badc", 2),
        ("shoigu", "shoygu", 1),
    ],
)
def test_edits(text, form, edits):
    found = [most for most in range(5) if matcher(fuzzy(text, most))(form)]
    assert found == list(range(edits, 5))


@given(st.text("ab京", max_size=6), st.text("ab京", max_size=6), st.integers(0, 3))
def test_edits_are_those_of_the_whole_table(text, form, most):
    assert matcher(fuzzy(text, most))(form) == oracle.is_near(text, form, most)


# Over a dictionary.


@pytest.mark.parametrize(
    "node",
    [
        *(query.Prefix("form", text) for text in ("war", "", "京", "z", "\ud800")),
        *(query.Wildcard("form", text) for text in ("w?r", "*a*", "*", "**?", "war", "", "w?rd*")),
        *(query.Wildcard("form", text) for text in ("?" * 60, "*" * 9000, "?" * 9000, "京?")),
        *(fuzzy(text, most) for text in ("war", "wadr", "都京", "a" * 59) for most in (0, 1, 2)),
        *(fuzzy(text, 2) for text in ("a" * 250, "", "w", "x" * 8000, "\ud800")),
        *(query.Regex("form", text) for text in ("war.*", ".*(d|s)", "[^w]+", "(.?){120}", "")),
    ],
    ids=lambda node: f"{type(node).__name__} {node.text[:20]!r}".encode(
        "ascii", "replace"
    ).decode(),
)
def test_forms_of_a_dictionary(segments, node):
    for data in segments:
        forms = {data.forms[number].decode() for number in range(len(data.forms))}
        assert expanded(data, node) == set(filter(matcher(node), forms))


def test_generated_patterns_over_many_forms(tmp_path):
    rng = random.Random(9)
    words = ["".join(rng.choices("abcàеж京", k=rng.randint(1, 8))) for _ in range(2000)]
    (segment,) = write(tmp_path, [texts("d", "—", " ".join(words))]).segments
    forms = [segment.data.forms[number].decode() for number in range(len(segment.data.forms))]
    found = 0
    for _ in range(300):
        present = [[[rng.choice(forms)]]]
        node = strategies.random_leaf(rng, present, ("wildcard", "fuzzy", "regex"))
        wanted = set(filter(oracle._pattern(node)[1], forms))
        assert expanded(segment.data, node) == wanted
        found += len(wanted)
    assert found > 1000


def test_a_damaged_dictionary_is_noticed_or_leads_nowhere(segments, monkeypatch):
    """What each form shares may be anything: nothing is read out of bounds."""
    data = segments[0]
    text, start, shared = data.forms_in_order
    for value in (0, 3, 255):
        altered = (text, start, np.full_like(shared, value))
        monkeypatch.setattr(type(data), "forms_in_order", altered)
        for node in (query.Wildcard("form", "*a*"), fuzzy("war", 2), query.Regex("form", ".*")):
            assert expanded(data, node) <= {data.forms[i].decode() for i in range(len(data.forms))}
    longer = np.array([0, *(start[1:] * 0 + len(text))], start.dtype)
    monkeypatch.setattr(type(data), "forms_in_order", (np.tile(text, 99), longer * 99, shared))
    with pytest.raises(ValueError, match="damaged"):
        expanded(data, query.Wildcard("form", "*a*"))


def test_a_pattern_of_many_words_scores_as_one(tmp_path):
    snapshot = write(tmp_path, [texts("d", "—", "war wars ward", "war", "peace")])
    one = execute(snapshot, query.Wildcard("form", "wa?*"))
    assert one.ordinals.tolist() == [1, 2]
    assert one.scores[0] > one.scores[1] > 0
