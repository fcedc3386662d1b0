"""The tables of texts in tests/data/reader_*.txt, and how a draft is compared with them."""

import re
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
MARKS = {"title": "", "heading": "# ", "text": ""}


def cases(file):
    """Give the cases of a table; its first lines say how it is written."""
    table = (DATA / file).read_text("utf-8")
    return [_case(case) for case in re.split(r"^%%%% ", table, flags=re.MULTILINE)[1:]]


def _case(case):
    name, rest = case.split("\n", 1)
    text, rest = rest.split("\n%% ", 1)
    return pytest.param(text, rest.strip("\n").split("\n"), id=name)


def outline(draft):
    """Give the title of a draft, then its other paragraphs, headings behind `# `."""
    return [MARKS[paragraph.kind] + paragraph.text for paragraph in draft.paragraphs]
