"""Plain text to pieces: how its author parted the paragraphs, told by the text itself.

Three layouts are known, and each block of lines between blank lines may have its own: lines
wrapped at a width by a program, lines that are paragraphs each, and lines that belong together
though nothing but the author broke them (a stanza, an address).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.paragraphs import (
    Piece,
    ends_sentence,
    fold,
    is_unspaced,
    join_lines,
    starts_lower,
)
from index.readers.links import unlink

Block = list["Line"]

_MIN_WIDTH, _MAX_WIDTH = 25, 120
"""The widths that lines are wrapped at, in code points: a narrow column, a wide terminal."""

_RAGGED = 0.85
"""How full, as a share of the width, a line is that was wrapped by the eye or set in type."""

_LONGEST_STANZA = 30

# White space aside, what a line may hold and still look blank.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_RULE = re.compile(r"([-=_*~#+–—─═])(?:\s*\1){2,}")
_QUOTE = re.compile(r"(?:>[ \t]?)+")
_MARK = re.compile(
    r"""
    ( [-*+•‣◦▪●○·–—] | \(?\d{1,3}[.)] | \(?[A-Za-z]\)  # a bullet, a number, a letter
    | \[?\d{1,2}:\d\d(?::\d\d)?\]? | \[?\d{4}-\d\d-\d\d\S*  # the time of an entry in a log
    | <[^<>\s]{1,30}> | \[\d+\] ) \s  # who speaks in a chat, a reference
    """,
    re.VERBOSE,
)
_LABEL = re.compile(r"[^\W\d_][^\n:.!?,;]{0,30}:\s+\S")
_SECTION_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?\s")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without the white space around it.

    `start` and `end` delimit it in the text. `indent` is the column it begins in. `quote` is the
    length of the marks (`> `) with which a mail quotes another. An `item` begins a paragraph.
    """

    text: str
    start: int
    end: int
    indent: int
    quote: int
    item: bool

    @property
    def edge(self) -> int:
        """The column it ends in."""
        return self.indent + len(self.text)


def cut(text: str) -> list[Piece]:
    """Cut a plain text into its paragraphs, headings among them, in the order of the text.

    Blank lines and lines drawn with `-`, `=`, `*` and the like part them and are in none.
    """
    blocks = list(_blocks(text))
    if all(len(block) == 1 for block in blocks):
        double_spaced = [line for block in blocks for line in block]
        if _width([double_spaced]) is not None:
            blocks = [double_spaced]
    width = _width(blocks)
    alone = len(blocks) == 1
    return [_piece(group) for block in blocks for group in _groups(block, width, alone)]


def _blocks(text: str) -> Iterator[Block]:
    block: Block = []
    position = 0
    for raw in text.splitlines(keepends=True):
        seen = raw.strip()
        if seen.strip(_UNSEEN) and not _RULE.fullmatch(seen):
            block.append(_line(raw, position))
        elif block:
            yield block
            block = []
        position += len(raw)
    if block:
        yield block


def _line(raw: str, position: int) -> Line:
    text = raw.strip()
    margin = len(raw) - len(raw.lstrip())
    quote = _QUOTE.match(text)
    return Line(
        text,
        position + margin,
        position + margin + len(text),
        len(raw[:margin].expandtabs()),
        quote.end() if quote else 0,
        bool(_MARK.match(text)),
    )


def _width(blocks: Sequence[Block]) -> int | None:
    """Find the width at which a text was wrapped, or None if it was not.

    It was, if at a third of the line breaks or more a sentence runs on behind a line that had no
    room for the next word.
    """
    breaks = [pair for block in blocks for pair in pairwise(block)]
    edges = sorted(line.edge for line, _ in breaks)
    width = edges[len(edges) * 9 // 10] if edges else 0
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return None
    wrapped = sum(_runs_on(a, b) and _is_full(a, b, width * _RAGGED) for a, b in breaks)
    return width if 3 * wrapped >= len(breaks) else None


def _runs_on(line: Line, following: Line) -> bool:
    """Tell whether a sentence is likely to run from one line into the next."""
    text = following.text.lstrip("\"'“‘„«([")
    small = starts_lower(text) or not text[:1].isupper() or following.text.isupper()
    return text[:1].isalpha() and small and not ends_sentence(line.text) and not following.item


def _is_full(line: Line, following: Line, width: float) -> bool:
    """Tell whether the next line's first word would have passed the width."""
    word = 1 if is_unspaced(following.text[0]) else len(following.text.split(maxsplit=1)[0])
    return line.edge + 1 + word > width
