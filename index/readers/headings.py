"""Headings in plain text, which only their looks and their place tell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.paragraphs import MAX_HEADING, Piece, ends_sentence, last_mark, starts_lower

_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})*)[.)]?\s+[^\W\d_]")
_BYLINE = re.compile(r"by\s|.*\b\d{1,2}\b.*\b(?:1[6-9]|20)\d\d\b", re.IGNORECASE)
"""Who wrote it, or the day."""

_QUOTES = "\"'“‘„«‹"
_CAPITALS_LEVEL = 1
_PLAIN_LEVEL = 7
"""Words without a number or capitals head the smallest sections."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that looks like a heading; `sure` if only headings (and verses) look like that."""

    level: int
    sure: bool


def mark_headings(pieces: Sequence[Piece], *, titled: bool) -> list[Piece]:
    """Give a level to the short lines that head a section.

    A heading has its text, or headings of lower levels, below it; several lines of one kind in a
    row are a list. `titled` says that the first piece stands right below a title.
    """
    candidates = _candidates(pieces)
    marked = list(pieces)
    for start, end in _runs(candidates):
        if end < len(pieces) and _heads(pieces[end - 1], pieces[end]):
            run = [candidate for candidate in candidates[start:end] if candidate]
            for i in range(end - _headings(run, titled=titled and start == 0), end):
                marked[i] = replace(pieces[i], level=run[i - start].level, item=False)
    return marked


def _candidates(pieces: Sequence[Piece]) -> list[_Candidate | None]:
    """Look at each piece, and at all: what most of a text looks like is no heading in it.

    Nor is a question where short lines abound, as in a dialogue.
    """
    capitals = sum(len(piece.text) for piece in pieces if piece.text.isupper())
    shouted = 2 * capitals > sum(len(piece.text) for piece in pieces)
    answers = [piece for piece in pieces if not piece.text.endswith("?")]
    long = 2 * sum(len(piece.text) > MAX_HEADING for piece in answers) > len(answers)
    candidates = [_look(piece, capitals=not shouted, questions=long) for piece in pieces]
    plain = [c is not None and c.level == _PLAIN_LEVEL for c in candidates]
    if 2 * sum(plain) <= len(plain):
        return candidates
    return [None if p else c for c, p in zip(candidates, plain, strict=True)]


def _look(piece: Piece, *, capitals: bool, questions: bool) -> _Candidate | None:
    text = piece.text
    if len(text) > MAX_HEADING or piece.lines > 2 or not any(map(str.isalpha, text)):
        return None
    mark = last_mark(text)
    if capitals and text.isupper() and mark not in ",;-—" and not piece.item:
        return _Candidate(_CAPITALS_LEVEL, sure=True)
    question = questions and text.endswith("?") and text[0] not in _QUOTES and "." not in text
    stopped = mark in ",;:-–—" or (ends_sentence(text) and not question)
    if starts_lower(text) or stopped or text[0] in "([" or _BYLINE.match(text):
        return None
    if number := _NUMBER.match(text):
        depth = number[1].count(".") + 1
        return _Candidate(depth, sure=depth > 1)
    return None if piece.item else _Candidate(_PLAIN_LEVEL, sure=False)


def _runs(candidates: Sequence[_Candidate | None]) -> Iterator[tuple[int, int]]:
    """Give the first and the past-the-last index of each run of candidates."""
    start = 0
    for i, candidate in enumerate([*candidates, None]):
        if candidate is None:
            if start < i:
                yield start, i
            start = i + 1


def _heads(heading: Piece, following: Piece) -> bool:
    """Tell whether what follows can be the text below a heading; a question needs an answer."""
    if len(following.text) > MAX_HEADING or following.item:
        return True
    longer = len(following.text) > len(heading.text) and not heading.text.endswith("?")
    whole = ends_sentence(following.text) or following.text.endswith(":")
    return whole and (longer or _NUMBER.match(heading.text) is not None)


def _headings(run: Sequence[_Candidate], *, titled: bool) -> int:
    """Count the headings at the end of a run: those whose levels descend, or two plain lines."""
    count = 1
    while count < len(run) and run[-count - 1].level < run[-count].level:
        count += 1
    if count == len(run):
        return count
    if len(run) == 2 and run[0].level == run[1].level == _PLAIN_LEVEL and not titled:
        return 2
    top = run[-count]
    return count if top.sure or run[-count - 1].level > top.level else 0
