"""The analysis against its table of texts and tokens, and what holds of any text at all."""

import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest
import Stemmer
from hypothesis import example, given
from hypothesis import strategies as st

from index.analysis import Token, analyze

CASES = json.loads((Path(__file__).parent / "data" / "analysis.json").read_text("utf-8"))
"""One case a line: the rule of the analysis it shows, a text, its tokens, and why. Both
implementations of the analysis must pass it. A "why" that begins with "open:" is a choice that
the rules leave free."""

ODD = [
    *"'’ʼ‘＇`-‐‑–−\u00ad.,%+#@/_ \n\0\u200b\u200c\u200d\u2060\ufeff",
    *"07aAsSéÉıİßẞæØŁþﬁǄŉŀªᵗ²₂½①ⅧΣςᾴйЁ",
    *"\u0300\u0301\u0307\u0308\u0327\u0336\u0338\u0345\u034f\u20e3\ufe0f",
    *"\u05d0\u05b8\ufb2a\u0627\u0623\u064f\u0654\u0640\ufdfa\ufe70٣२",
    *"中豈〇がか\u3099ｶﾞーไำ\u0e34ລខ\u17d2မ\u103c한\u1112\u1161\u11abक\u0958\u093f\u094d",
    *"😀👍\U0001f3fd❤🇬🇧©°\ud800\udfff\ue000\U0010ffff",
    *("’s", "'S", "U.K.", "1,000", "3.14", "C++", "co-op", "--"),
]

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(ODD), st.characters(), st.sampled_from([case["text"] for case in CASES])
    ),
    max_size=24,
).map("".join)


LETTER_OR_DIGIT = re.compile("L.|Nd")
TATWEEL = "\u0640"
ASSIGNED = [
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(character) not in {"Cn", "Co"}
]


def forms(text):
    return [token.form for token in analyze(text)]


def shifted(tokens, positions, offset):
    return [
        Token(t.form, t.stem, t.position + positions, t.start + offset, t.end + offset)
        for t in tokens
    ]


def length(tokens):
    return tokens[-1].position + 1 if tokens else 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"rule {case['rule']}, {case['why']}")
def test_table(case):
    assert [list(token) for token in analyze(case["text"])] == case["tokens"]


def test_table_shows_every_rule():
    assert len(CASES) >= 120
    assert {case["rule"] for case in CASES} == set("12345678")


@given(TEXTS)
def test_offsets_lie_inside_the_text_in_order(text):
    tokens = analyze(text)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    starts = [token.start for token in tokens]
    assert starts == sorted(starts)


@given(TEXTS)
@example("محمدﷺ")
def test_the_slice_of_a_token_gives_its_form_again(text):
    for token in analyze(text):
        assert token.form in forms(text[token.start : token.end])


@given(TEXTS)
def test_positions_count_from_zero_without_gaps(text):
    positions = [token.position for token in analyze(text)]
    assert positions == sorted(positions)
    assert sorted(set(positions)) == list(range(len(set(positions))))


@given(TEXTS, TEXTS)
def test_a_space_joins_the_tokens_of_two_texts(one, other):
    first, second = analyze(one), analyze(other)
    assert analyze(f"{one} {other}") == first + shifted(second, length(first), len(one) + 1)


@given(TEXTS)
@example("한.국.")
@example("x’ś")
def test_composed_and_decomposed_text_have_the_same_forms(text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert forms(composed) == forms(decomposed)


@given(TEXTS)
@example("a" * 255 + "%")
@example("가-\u11a8")
def test_forms_are_normal_and_at_most_255_bytes(text):
    for form in forms(text):
        assert 0 < len(form.encode("utf-8")) <= 255
        assert unicodedata.is_normalized("NFC", form)


@given(TEXTS)
@example("가-\u11a8")
@example("㍻")
def test_a_form_of_letters_is_its_own_form(text):
    for form in forms(text):
        if form.isalpha():
            assert forms(form) == [form]


@given(TEXTS)
@example("mp3players meetings%")
def test_letters_alone_are_stemmed(text):
    stem = Stemmer.Stemmer("english").stemWord
    for token in analyze(text):
        assert token.stem == (stem(token.form) if token.form.isalpha() else token.form)


def test_every_letter_and_digit_of_unicode_is_in_a_token():
    found = {token.start for token in analyze(" ".join(ASSIGNED))}
    lost = [
        character
        for number, character in enumerate(ASSIGNED)
        if LETTER_OR_DIGIT.match(unicodedata.category(character)) and 2 * number not in found
    ]
    left = {part for character in lost for part in unicodedata.normalize("NFKD", character)}
    assert {part for part in left if part.isalnum()} <= {TATWEEL, "ʼ"}


def test_every_code_point_has_the_same_forms_composed_and_decomposed():
    text = " ".join(f"a{c}b" for c in ASSIGNED if not unicodedata.is_normalized("NFD", c))
    assert forms(unicodedata.normalize("NFC", text)) == forms(unicodedata.normalize("NFD", text))


def test_every_code_point_has_forms_that_are_their_own():
    own = {form for form in forms(" ".join(ASSIGNED)) if form.isalpha()}
    assert [form for form in sorted(own) if forms(form) != [form]] == []


@pytest.mark.parametrize(
    "piece", ["a", "'", "-", ".", ",", "\u00ad", "\u0301", "a-", "a'", "a.", "1,", "%", "क"]
)
def test_a_hundred_thousand_of_anything_is_analysed(piece):
    tokens = analyze(piece * 100_000 + " end")
    assert tokens[-1].form == "end"
    assert all(len(token.form.encode("utf-8")) <= 255 for token in tokens)
