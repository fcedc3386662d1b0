"""Queries worth trying."""

from fake_engine import FakeEngine

from search.engine import Request
from web.examples import find, remembered

TEXTS = {
    "a.txt": [
        "Talks",
        *["Then diplomats from Moscow met with Wallace about the peace treaty of Minsk"] * 9,
    ],
    "b.txt": ["More", *["Later diplomats from London saw Wallace in Moscow about the border"] * 9],
}


def test_every_example_finds_what_it_says():
    engine = FakeEngine(TEXTS)
    found = find(engine)
    assert {"words", "phrase"} <= found.keys()
    for example in found.values():
        assert example.total == engine.search(Request(example.query, limit=0)).total > 0


def test_names_make_the_words_and_plain_phrases_the_phrase():
    found = find(FakeEngine(TEXTS))
    assert found["words"].query == "Moscow Wallace"
    assert found["phrase"].query == '"peace treaty"'


def test_what_the_engine_had_to_repair_is_no_example():
    assert find(FakeEngine(TEXTS, warnings=("repaired",))) == {}
    assert find(FakeEngine(TEXTS, relaxed=True)) == {}


def test_an_index_of_any_size_is_asked_a_bounded_number_of_times():
    engine = FakeEngine({f"{n:04}": ["Title", *(["Plain words"] * 50)] for n in range(300)})
    find(engine)
    assert len(engine.asked) <= 12 * 19


def test_scripts_without_capitals_have_examples():
    arabic = {"ع": ["محادثات", "قال وزير الدفاع البريطاني إن المحادثات كانت صريحة"]}
    assert "words" in find(FakeEngine(arabic))


def test_an_index_without_words_has_none():
    assert find(FakeEngine({})) == {}
    assert find(FakeEngine({"n": ["1", "2 3 4"]})) == {}


def test_examples_are_looked_for_once_a_generation():
    engine = FakeEngine(TEXTS)
    examples = remembered(engine)
    first = examples(1)
    asked = len(engine.asked)
    assert examples(1) is first
    assert len(engine.asked) == asked
    assert examples(2) == first
    assert len(engine.asked) == 2 * asked
