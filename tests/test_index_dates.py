"""The dates that are read of what documents say, of names, and of first lines: a table each."""

import pytest
from collections_on_disk import texts
from hypothesis import given
from hypothesis import strategies as st

from index.dates import SHORT_LINE, date_of, named, stated, written


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022-02-10", "2022-02-10"),
        ("2022-02-10T10:00:00+01:00", "2022-02-10"),
        ("20220210", "2022-02-10"),
        ("2022/02/12", "2022-02-12"),
        ("12.02.2022", "2022-02-12"),
        ("12. 2. 2022", "2022-02-12"),
        ("12 February 2022", "2022-02-12"),
        ("12th of Feb. 2022", "2022-02-12"),
        ("February 12, 2022", "2022-02-12"),
        ("SEPT 5 2001", "2001-09-05"),
        ("Thu, 10 Feb 2022 12:00:00 GMT", "2022-02-10"),
        ("10-Feb-2022", "2022-02-10"),
        ("2022-02", "2022-02"),
        ("February 2022", "2022-02"),
        ("2022", "2022"),
        ("13/02/2022", "2022-02-13"),
        ("02/13/2022", "2022-02-13"),
        ("02/02/2022", "2022-02-02"),
        # Ambiguous, impossible, or none.
        ("02/03/2022", None),
        ("31/31/2022", None),
        ("2022-02-31", None),
        ("2023-02-29", None),
        ("2022-13", None),
        ("31 April 2022", None),
        ("10 Feb 22", None),
        ("1.2.3.2022", None),
        ("10.0.2.2022", None),
        ("version 12.2.2022.4", None),
        ("call 1-800-2022", None),
        ("about 2022", None),
        ("1644451200", None),
        ("", None),
    ],
)
def test_stated(text, date):
    assert stated(text) == date


@pytest.mark.parametrize(
    ("path", "date"),
    [
        ("2022-02-10.txt", "2022-02-10"),
        ("minutes_2022-02-10.md", "2022-02-10"),
        ("20220210 minutes.md", "2022-02-10"),
        ("IMG_20220210_121212.txt", "2022-02-10"),
        ("10_February_2022.txt", "2022-02-10"),
        ("a-12.02.2022.txt", "2022-02-12"),
        ("report 2022-02.txt", "2022-02"),
        ("2022/02/12/text.txt", "2022-02-12"),
        ("news/2022-02-10/text.txt", "2022-02-10"),
        ("2021-01-01/text of 2022-02-10.txt", "2022-02-10"),
        # What parts words of a name stands before a date too.
        ("minutes-2022-02-10.txt", "2022-02-10"),
        ("v1-2022-02-10.txt", "2022-02-10"),
        ("v1_2022_02_10.txt", "2022-02-10"),
        ("minutes-25-02-2022.txt", "2022-02-25"),
        ("report.2022-02-10.txt", "2022-02-10"),
        ("report.25.02.2022.txt", "2022-02-25"),
        ("BBC-2022_02_10.txt", "2022-02-10"),
        ("BBC_2022_02_10.txt", "2022-02-10"),
        ("BBC - 2022-02-10.txt", "2022-02-10"),
        ("2021/01/01/text-2022-02-10.txt", "2022-02-10"),
        ("minutes-2022-02-10 to 2022-03-15.txt", "2022-02-10"),
        ("2021-02-10-2022-02-10.txt", "2021-02-10"),
        ("minutes-10-Feb-2022.txt", "2022-02-10"),
        ("minutes-Feb-10-2022.txt", "2022-02-10"),
        ("minutes-2022-02.txt", "2022-02"),
        ("25-12-2021-10-30.txt", "2021-12-25"),
        ("minutes_10-02-2022-10-30.txt", None),
        ("minutes_10-02-2022.txt", None),
        ("minutes-10-02-2022.txt", None),
        ("12022-02-10.txt", None),
        ("minutes-12022-02-10.txt", None),
        ("10.0.2.2022.txt", None),
        ("call-1-800-2022.txt", None),
        ("1984.txt", None),
        ("000_61440020126a1a1e.txt", None),
        ("a20220210b.txt", None),
        ("20221310.txt", None),
        ("text.txt", None),
    ],
)
def test_named(path, date):
    assert named(path) == date


def test_a_long_name_is_read_in_one_pass():
    assert named("-" * 1_000_000 + "2022-02-10") == "2022-02-10"


def test_first_lines_give_a_day_where_they_are_short_or_begin_with_it():
    assert written(texts("a", "Title", "Published: 10 February 2022, 14:05")) == "2022-02-10"
    assert written(texts("a", "Title", f"LONDON, 10 Feb 2022 - {'word ' * 30}")) == "2022-02-10"
    assert written(texts("a", "Title", f"{'word ' * SHORT_LINE} 10 Feb 2022")) is None
    assert written(texts("a", "Title", *["line"] * 5, "10 Feb 2022")) is None
    assert written(texts("a", "Title", "In February 2022 all was well.")) is None


def test_what_a_document_says_is_believed_first_then_its_name():
    document = texts("a", "12 March 2020")
    assert date_of("2022", "2021-05-06.txt", document) == "2022"
    assert date_of(None, "2021-05-06.txt", document) == "2021-05-06"
    assert date_of(None, "text.txt", document) == "2020-03-12"
    assert date_of(None, "text.txt", texts("a", "Title")) is None


@given(st.text(alphabet="0123456789-/. JanFebOf٣", max_size=40) | st.text(max_size=40))
def test_whatever_is_read_is_a_date_or_none(text):
    for found in (stated(text), named(text), written(texts("a", text))):
        assert found is None or stated(found) == found
