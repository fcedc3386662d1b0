import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reader_cases import cases, outline

from index.errors import Unreadable
from index.readers import read

SEEDS = Path(__file__).parent.parent / "seeds"

MET = (
    "The committee met on Tuesday to consider the proposals that had been put before it by the"
    " working group. It heard evidence from three witnesses, each of whom spoke for half an hour."
)
AGREED = (
    "Members agreed that the matter was urgent. A further report will be made in the spring,"
    " when the figures are known, and the chair will write to the Department."
)


def wrap(text, width=72, **options):
    return textwrap.fill(text, width, break_on_hyphens=False, **options)


@pytest.fixture(scope="module")
def read_text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")

    def read_text(text, name="a_file.txt"):
        path = folder / name
        path.write_bytes(text.encode())
        return next(read(path, "id"))

    return read_text


def test_the_first_seed_has_a_title_35_paragraphs_and_one_heading():
    draft = next(read(SEEDS / "000_61440020126a1a1e.txt", "000"))
    assert draft.title == "UK defence chiefs fly to Moscow to try and prevent war in Ukraine"
    assert [p.number for p in draft.paragraphs] == list(range(36))
    headings = [p for p in draft.paragraphs if p.kind == "heading"]
    assert [p.text for p in headings] == ["What is going on with Russia and Ukraine?"]
    heading = headings[0]
    assert all(p.section is None for p in draft.paragraphs[: heading.number + 1])
    assert all(p.section == heading.text for p in draft.paragraphs[heading.number + 1 :])


def test_the_second_seed_has_a_title_and_ten_paragraphs_one_of_them_mended():
    draft = next(read(SEEDS / "004_160e2f4072d9d33e.txt", "004"))
    assert draft.title == "Defence Secretary meets Russian counterpart in Moscow"
    assert [p.kind for p in draft.paragraphs] == ["title"] + ["text"] * 10
    assert draft.paragraphs[5].text == "Defence Secretary Ben Wallace MP said:"
    last = draft.paragraphs[10].text
    assert last.endswith("on Thursday 10 February.")
    assert (
        "Sweden, Norway, Finland, The Netherlands, Germany, Hungary, Croatia, Slovenia, and Poland"
        in last
    )
    assert not set("[]#") & set(last)


@pytest.mark.parametrize(("text", "paragraphs"), cases("reader_plain_text.txt"))
def test_a_plain_text_is_cut_as_its_author_meant_it(read_text, text, paragraphs):
    assert outline(read_text(text)) == paragraphs


@pytest.mark.parametrize(
    "text",
    [
        f"\tA title\t\n\n\t{MET}\n\n\t{AGREED}\n",
        f"A title\r\n\r\n{MET}\r\n\r\n{AGREED}\r\n",
        f"A title\r\r{MET}\r\r{AGREED}\r",
        f"A title\r\r\n{MET}\r\r\n{AGREED}\r\r\n",
        f"A title\n\n{MET}\n\f{AGREED}\n",
        f"A title\n\n{MET}\n\n{AGREED}".replace(" had been", " had\n\f\nbeen"),
        f"A title\n\u200b\n{MET}\n\ufeff\n{AGREED}\u2029",
        f"A title\u2029{MET}\u2029{AGREED}",
        f"A title\x0b{MET}\x85{AGREED}",
        f"\n\n \t\n\xa0A title\n\u3000\n{MET.replace(' ', chr(0xA0))}\n  \n{AGREED}\n\n\n",
    ],
    ids=lambda text: repr(re.sub("[ -~]+", ".", text))[:30],
)
def test_white_space_of_every_kind_parts_and_is_folded(read_text, text):
    assert outline(read_text(text)) == ["A title", MET, AGREED]


def test_the_title_has_its_place_in_the_text_or_none(read_text):
    draft = read_text(f"\n  A title \n\n{MET}\n")
    assert [(p.start, p.end) for p in draft.paragraphs] == [(3, 10), (13, 13 + len(MET))]
    draft = read_text(MET)
    assert [(p.start, p.end) for p in draft.paragraphs] == [(0, 0), (0, len(MET))]


def test_sections_nest_by_the_numbers_of_their_headings(read_text):
    draft = read_text(
        f"Report\n\n1 One\n\n{MET}\n\n1.1 Sub\n\n{MET}\n\n1.2 Sub\n\n{MET}\n\n2 Two\n\n{MET}"
    )
    assert [(p.text[:7], p.section) for p in draft.paragraphs if p.kind == "heading"] == [
        ("1 One", None),
        ("1.1 Sub", "1 One"),
        ("1.2 Sub", "1 One"),
        ("2 Two", None),
    ]
    sections = [p.section for p in draft.paragraphs if p.kind == "text"]
    assert sections == ["1 One", "1.1 Sub", "1.2 Sub", "2 Two"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("annual_report-2021.txt", "annual report-2021"),
        ("v1.2_notes.TXT", "v1.2 notes"),
        ("Ein Märchen.txt", "Ein Märchen"),
        ("__.txt", "__"),
    ],
)
def test_a_text_without_a_title_gets_its_files_name(read_text, name, title):
    draft = read_text(MET, name)
    assert (draft.title, draft.paragraphs[0].text, draft.paragraphs[0].kind) == (
        title,
        title,
        "title",
    )


WORDS = st.sampled_from(("the", "report", "of", "treaty", "minister", "said", "into", "Moscow"))
SENTENCE = st.lists(WORDS, min_size=9, max_size=16).map(lambda words: f"It {' '.join(words)}.")
PROSE = st.lists(SENTENCE, min_size=3, max_size=7).map(" ".join)


@given(paragraphs=st.lists(PROSE, min_size=2, max_size=6), width=st.integers(40, 100))
def test_wrapping_at_any_width_changes_nothing(read_text, paragraphs, width):
    wrapped = "\n\n".join(wrap(p, width) for p in ["A title", *paragraphs])
    lines = wrapped.splitlines()
    assume(2 * sum(line.endswith(".") for line in lines) < len(lines))
    # A block whose every line is a sentence may as well be so many paragraphs.
    blocks = [block.splitlines() for block in wrapped.split("\n\n")]
    assume(not any(all(line.endswith(".") for line in block) for block in blocks))
    assert outline(read_text(wrapped)) == ["A title", *paragraphs]


ODDMENTS = (
    *(
        "\n",
        "\n",
        "\n\n",
        " ",
        "\t",
        "\f",
        "\u2029",
        "\x1c",
        "a",
        "B",
        "é",
        "ß",
        "ส",
        "中",
        "م",
        "1",
    ),
    *(".", "?", ",", ":", "-", "(", ")", "[", "](x)", "=", "|", "'", "”", "- ", "* ", "2.1 ", "> "),
    *("the ", "An end.", "A line of some more words ", "UP", "x: y", "12:01 "),
)
ODD_TEXTS = st.lists(st.sampled_from(ODDMENTS), min_size=1, max_size=60).map("".join)
ANY_TEXTS = ODD_TEXTS | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")
)


@given(text=ANY_TEXTS)
def test_paragraphs_are_tidy_in_order_and_inside_the_text(read_text, text):
    position = 0
    for i, paragraph in enumerate(paragraphs_of(read_text, text)):
        assert (paragraph.number, paragraph.document) == (i, "id")
        assert (paragraph.kind == "title") == (i == 0)
        assert paragraph.text == " ".join(paragraph.text.split()) != ""
        if i or paragraph.end:
            assert position <= paragraph.start < paragraph.end <= len(text)
            position = paragraph.end


@given(text=ANY_TEXTS)
def test_a_section_is_a_heading_above(read_text, text):
    headings = {None}
    for paragraph in paragraphs_of(read_text, text):
        assert paragraph.section in headings
        if paragraph.kind == "heading":
            headings.add(paragraph.text)


@given(text=ANY_TEXTS)
def test_no_visible_character_of_a_text_without_markup_is_lost(read_text, text):
    text = re.sub(r"[\[>\u00ad\u200b-\u200f\u2060\ufeff]", "", text)
    text = "\n".join(line for line in text.splitlines() if not is_rule(line))
    for paragraph in paragraphs_of(read_text, text):
        if paragraph.end:
            place = text[paragraph.start : paragraph.end]
            assert "".join(paragraph.text.split()) == "".join(place.split())
            text = text[: paragraph.start] + " " * len(place) + text[paragraph.end :]
    assert not text.strip()


def paragraphs_of(read_text, text):
    try:
        return read_text(text).paragraphs
    except Unreadable:
        assert not re.search(r"\w", text)
        return ()


def is_rule(line):
    drawn = "".join(line.split())
    return len(drawn) >= 3 and len(set(drawn)) == 1 and drawn[0] in "-=_*~#+–—─═"


UNITS = ("[", "(", "[a](", "![", "[ ](x", '[a](b "', "](", " ", "\n", "> ", "- ", "a ", "a,\n\n")


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_of_one_thing_is_read_in_the_end(read_text, unit):
    draft = read_text(f"It begins.\n\n{unit * (1_000_000 // len(unit))}\n\nIt ends.")
    assert draft.paragraphs[1].text == "It begins."
    assert draft.paragraphs[-1].text.endswith("It ends.")
