"""Where permalinks lead."""

import pytest

from index.model import Paragraph
from web.permalinks import follow


def paragraphs(*texts: str) -> list[Paragraph]:
    return [
        Paragraph("d", number, "text" if number else "title", text, None, 0, len(text))
        for number, text in enumerate(texts)
    ]


def led(anchor: str, *texts: str) -> tuple[int | None, str]:
    landing = follow(anchor, paragraphs(*texts))
    assert landing
    return landing.paragraph.number if landing.paragraph else None, landing.state


def anchor(number: int, text: str) -> str:
    return Paragraph("d", number, "text", text, None, 0, 0).anchor


def test_the_same_words_at_the_same_number_are_there():
    assert led(anchor(1, "One, two"), "title", "one two!", "one two") == (1, "there")


def test_words_that_moved_are_found_at_their_new_number():
    assert led(anchor(1, "one"), "title", "new", "one") == (2, "moved")


def test_of_several_the_nearest_is_taken():
    assert led(anchor(4, "one"), "one", "a", "b", "one", "c", "one", "d") == (3, "moved")


def test_words_that_are_gone_lead_to_their_number():
    assert led(anchor(1, "one"), "title", "other") == (1, "changed")


def test_a_number_that_is_gone_leads_nowhere():
    assert led(anchor(7, "one"), "title", "other") == (None, "changed")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p1",
        "p1-",
        "p1-123",
        "p-12345678",
        "p1-1234567g",
        "x1-12345678",
        "p1-12345678\n",
        "p1234567890-12345678",
        "p١-12345678",
        "P1-12345678",
    ],
)
def test_what_is_no_anchor_leads_nowhere(text: str):
    assert follow(text, paragraphs("title", "one")) is None
