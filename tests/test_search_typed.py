"""The words of a query where they stand in it: what a suggestion may touch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import typed

TABLE = [
    ("minsk protocols", ["minsk", "protocols"]),
    ('"minsk protocols" talks', ["minsk", "protocols", "talks"]),
    ("a AND b OR c NOT d e", ["a", "b", "c", "e"]),
    ("+must -not but", ["must", "but"]),
    ("-(no one) all", ["all"]),
    ("NOT (no (not) one) all", ["all"]),
    ("(yes (or) no)", ["yes", "or", "no"]),
    ("NOT deep (x) y", ["x", "y"]),
    ("title:war peace", ["peace"]),
    ('title:"war and" peace', ["peace"]),
    ('-"war and" peace', ["peace"]),
    ("title:(war and) peace", ["peace"]),
    ("+title:war +=treaty +peace", ["peace"]),
    ('NOT -war -"and" +"peace"', ["war", "peace"]),
    ("AND war OR", ["war"]),
    ("https://example.org/x", []),
    ("=exact word* w?rd fuzzy~ fuzzy~2 /re.ex/ left", ["left"]),
    ("word^3", ["word"]),
    ('"war peace"~5', ["war", "peace"]),
    ("co-ordinated plan", ["plan"]),
    ("“curly quotes” too", ["curly", "quotes", "too"]),
    ('"never closed', ["never", "closed"]),
    ("Café MOSCOW", ["cafe", "moscow"]),
    ("1,000 pounds", ["pounds"]),
    ("", []),
    ('")(', []),
]


@pytest.mark.parametrize(("query", "expected"), TABLE)
def test_words(query, expected):
    assert [word.form for word in typed.words(query)] == expected


@given(st.text(alphabet='ab "()+-~*:/^=NOT\u200b“éß', max_size=60))
def test_places_are_of_the_query_and_ascend(query):
    last = 0
    for word in typed.words(query):
        assert last <= word.start < word.end <= len(query)
        assert word.opens <= word.start
        assert word.end <= word.closes <= len(query)
        last = word.end


def test_of_a_long_query_some_words():
    assert len(typed.words("word " * 2000)) == typed.MOST
    assert typed.words("(" * 8000) == []


@pytest.mark.parametrize(
    ("form", "written", "expected"),
    [
        ("minsk", "Minks", "Minsk"),
        ("nato", "NATOO", "NATO"),
        ("a", "b", "a"),
        ("not", "NTO", "Not"),
    ],
)
def test_case_is_kept(form, written, expected):
    assert typed.in_case(form, written) == expected
