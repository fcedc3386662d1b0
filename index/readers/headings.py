"""Headings in plain text, which only their looks and their place tell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.paragraphs import MAX_HEADING, Piece, ends_sentence, starts_lower

_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})*)[.)]?\s+[^\W\d_]")
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
    """Look at each piece; where most look like plain headings, such lines are the text itself."""
    shouted = 2 * sum(piece.text.isupper() for piece in pieces) > len(pieces)
    candidates = [_look(piece, capitals=not shouted) for piece in pieces]
    plain = [c is not None and c.level == _PLAIN_LEVEL for c in candidates]
    if 2 * sum(plain) <= len(plain):
        return candidates
    return [None if p else c for c, p in zip(candidates, plain, strict=True)]


def _look(piece: Piece, *, capitals: bool) -> _Candidate | None:
    text = piece.text
    if len(text) > MAX_HEADING or piece.lines > 2 or not any(map(str.isalpha, text)):
        return None
    capitals = capitals and text.isupper()
    number = _NUMBER.match(text)
    question = text.endswith("?") and text[0] not in _QUOTES
    stopped = text.endswith((",", ";", ":")) or (ends_sentence(text) and not question)
    if starts_lower(text) or (piece.item and not number) or (stopped and not capitals):
        return None
    if number:
        depth = number[1].count(".") + 1
        return _Candidate(depth, sure=depth > 1)
    return _Candidate(_CAPITALS_LEVEL if capitals else _PLAIN_LEVEL, sure=capitals)


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
    if len(following.text) > MAX_HEADING:
        return True
    whole = ends_sentence(following.text) or following.text.endswith(":")
    longer = len(following.text) > len(heading.text) and not heading.text.endswith("?")
    return following.item or (whole and longer)


def _headings(run: Sequence[_Candidate], *, titled: bool) -> int:
    """Count the headings at the end of a run: those whose levels descend, or two plain lines."""
    count = 1
    while count < len(run) and run[-count - 1].level < run[-count].level:
        count += 1
    top = run[-count]
    if count == len(run) and not (titled and top.level == _PLAIN_LEVEL and count > 1):
        return count
    if [c.level for c in run] == [_PLAIN_LEVEL] * 2 and not titled:
        return 2
    return count if top.sure or run[-count - 1].level > top.level else 0
