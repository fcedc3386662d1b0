"""What a query looks for in a text is what the analysis of all of it finds of that."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_documents, texts
from whoosh import query

from index.analysis import analyze
from search.query import parse
from search.sought import Sought

WORD, FORM, PHRASE = "war", "=wars", '"the war"'
QUERIES = (WORD, FORM, PHRASE, "a*", "*b*", "war~1", "/[a-z]o.*/", '"war peace"~3', "x -y", "c++")


@pytest.mark.parametrize("seed", range(20))
def test_of_texts_that_follow_each_other(seed):
    rng = random.Random(seed)
    everything = Sought(query.Wildcard("form", "*"))
    for document in random_documents(rng, most=10):
        for paragraph in document:
            assert everything.tokens(paragraph.text) == analyze(paragraph.text)


@given(texts | st.text(max_size=80))
def test_of_any_text(text):
    assert Sought(query.Wildcard("form", "*")).tokens(text) == analyze(text)


def test_whatever_parts_words_for_python_parts_them_for_the_analysis():
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    assert len(blanks) > 20
    for blank in blanks:
        assert [token.form for token in analyze(f"a.{blank}b")] == ["a", "b"]
        assert [token.form for token in analyze(f"a-{blank}-b")] == ["a", "b"]


@pytest.mark.parametrize("text", QUERIES)
def test_what_is_looked_for(text):
    words = "The war of words, wars; c++ and about y, x: a bob wra peace war-war " + "long" * 20
    found = Sought(parse(text).tree).tokens(f"{words} {words}")
    assert [token for token in analyze(f"{words} {words}") if token in found] == found
    assert {token.form for token in found} == {
        WORD: {"war", "wars"},
        FORM: {"wars"},
        PHRASE: {"the", "war"},
        "a*": {"and", "about", "a"},
        "*b*": {"about", "bob"},
        "war~1": {"war", "wars", "wra"},
        "/[a-z]o.*/": {"words", "bob", "long" * 20},
        '"war peace"~3': {"war", "peace"},
        "x -y": {"x", "y"},
        "c++": {"c++"},
    }[text]


def test_what_is_searched_by_field_is_not_looked_for_in_the_text():
    assert Sought(parse("title:war date:2022").tree).tokens("war 2022") == []
