"""Plain text to pieces: how its author parted the paragraphs, told by the text itself.

Three layouts are known, and each block of lines between blank lines may have its own: lines
wrapped at a width by a program, lines that are paragraphs each, and lines that belong together
though nothing but the author broke them (a stanza, an address).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.paragraphs import (
    MAX_HEADING,
    Piece,
    ends_sentence,
    fold,
    is_finished,
    is_unspaced,
    join_lines,
    starts_lower,
)
from index.readers.links import unlink

Block = list["Line"]
Joins = Callable[["Line", "Line", "Line"], bool]
"""Tells of a paragraph's first line, a line and the next whether the next belongs to it too."""

_MIN_WIDTH, _MAX_WIDTH = 25, 120
"""The widths that lines are wrapped at, in code points: a narrow column, a wide terminal."""

_RAGGED = 0.85
"""How full, as a share of the width, a line is that was wrapped by the eye or set in type."""

_LONGEST_STANZA = 30
_FEWEST_LINES = 5

# White space aside, what a line may hold and still look blank.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_RULE = re.compile(r"([-=_*~#+–—─═])(?:\s*\1){2,}")
_QUOTE_MARKS = "> \t"
_MARK = re.compile(
    r"""
    (?: [-*+•‣◦▪●○·–—] | \(?\d{1,3}[.)] | \(?[A-Za-z]\)  # a bullet, a number, a letter
      | \[?\d{1,2}:\d\d(?::\d\d)?\]?  # the time of an entry in a log, the day
      | \[?\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\S*
      | <[^<>\s]{1,30}> | \[\d+\] )  # who speaks in a chat, a reference
    \s
    """,
    re.VERBOSE,
)
_LABEL = re.compile(r"[^\W\d_][^\n:.!?,;]{0,30}:\s+\S")
_SECTION_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?\s")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without the white space around it.

    `start` and `end` delimit it in the text. `indent` is the column it begins in. `quotes` counts
    the marks (`>`) with which a mail quotes another. An `item` begins a paragraph.
    """

    text: str
    start: int
    end: int
    indent: int
    quotes: int
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
    if _is_double_spaced(blocks):
        blocks = [[line for block in blocks for line in block]]
    width = _width(blocks)
    return [
        _piece(group)
        for block in blocks
        for group in _groups(block, _joining(block, width, alone=len(blocks) == 1))
    ]


def _is_double_spaced(blocks: Sequence[Block]) -> bool:
    """Tell whether a blank line stands behind every line of a wrapped text."""
    lines = [line for block in blocks for line in block]
    single = len(lines) == len(blocks) >= _FEWEST_LINES
    return single and all(x.edge <= _MAX_WIDTH for x in lines) and _width([lines]) is not None


def _blocks(text: str) -> Iterator[Block]:
    block: Block = []
    position = 0
    for raw in text.splitlines(keepends=True):
        seen = raw.strip()
        if seen.strip(_UNSEEN) and seen.strip(_QUOTE_MARKS) and not _RULE.fullmatch(seen):
            block.append(_line(raw, position))
        elif block:
            yield _labelled(block)
            block = []
        position += len(raw)
    if block:
        yield _labelled(block)


def _line(raw: str, position: int) -> Line:
    text = raw.strip()
    margin = raw[: len(raw) - len(raw.lstrip())]
    start = position + len(margin)
    said = text.lstrip(_QUOTE_MARKS)
    quotes = text.count(">", 0, len(text) - len(said))
    item = _MARK.match(said) is not None
    return Line(text, start, start + len(text), len(margin.expandtabs()), quotes, item)


def _labelled(block: Block) -> Block:
    """Make items of lines like `Name: what she said`, if a block is made of them."""
    labels = [bool(_LABEL.match(x.text)) and not starts_lower(x.text) for x in block]
    if not labels[0] or sum(labels) < 2 or 2 * sum(labels) < len(block):
        return block
    return [
        replace(line, item=line.item or label) for line, label in zip(block, labels, strict=True)
    ]


def _width(blocks: Sequence[Block]) -> int | None:
    """Find the width at which a text was wrapped, or None if it was not.

    It was, if at a third of the line breaks or more a sentence runs on behind a line that had no
    room for the next word.
    """
    breaks = [pair for block in blocks for pair in pairwise(block)]
    edges = sorted(line.edge for line, _ in breaks if line.edge <= _MAX_WIDTH)
    width = edges[len(edges) * 9 // 10] if edges else 0
    if width < _MIN_WIDTH:
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


def _joining(block: Block, width: int | None, *, alone: bool) -> Joins:
    """Find the layout of a block: whether lines are joined in it, and which."""
    # Nobody parts paragraphs by blank lines where there are none, or none for so long.
    unparted = alone or len(block) > _LONGEST_STANZA
    if width is not None and (unparted or _is_filled(block, width)):
        return _Wrapped(width, min(line.indent for line in block), strict=unparted)
    if unparted or _are_paragraphs(block):
        return _hangs
    return _follows


def _is_filled(block: Block, width: int) -> bool:
    full = [_is_full(a, b, width * _RAGGED) for a, b in pairwise(block)]
    return 2 * sum(full) >= len(full)


def _are_paragraphs(block: Block) -> bool:
    long = any(len(line.text) > _MAX_WIDTH for line in block)
    return long or 4 * sum(ends_sentence(line.text) for line in block) > 3 * len(block)


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """Joins lines wrapped at a width; after the end of a sentence only if none seems to begin.

    `margin` is the column of the block's leftmost line. `strict` says that only full lines tell
    a wrapped sentence's end from that of a paragraph, for want of blank lines.
    """

    width: int
    margin: int
    strict: bool

    def __call__(self, first: Line, line: Line, following: Line) -> bool:
        ragged = self.width * _RAGGED
        indent = self.margin if line is first else line.indent
        if following.indent > indent and not first.item and is_finished(line.text):
            return False
        if ends_sentence(line.text):
            width = self.width if self.strict else ragged
            return _is_full(line, following, width) and not following.item
        if following.item and (first.item or line.text.endswith(":")):
            return False
        return _is_full(line, following, ragged) or starts_lower(following.text)


def _hangs(first: Line, _: Line, following: Line) -> bool:
    """Join to an item the lines indented under it."""
    return first.item and not following.item and following.indent > first.indent


def _follows(_first: Line, _line: Line, following: Line) -> bool:
    return not following.item


def _groups(block: Block, joins: Joins) -> Iterator[Block]:
    group = block[:1]
    headline = _has_headline(block)
    for line, following in pairwise(block):
        parted = line.quotes != following.quotes or (headline and line is block[0])
        if not parted and joins(group[0], line, following):
            group.append(following)
        else:
            yield group
            group = [following]
    yield group


def _has_headline(block: Block) -> bool:
    """Tell whether a block's first line is a heading right above its text."""
    first, last = block[0].text, block[-1].text
    if first.isupper() and not last.isupper():
        return ends_sentence(last)
    short = len(first) <= MAX_HEADING // 2 and not ends_sentence(first)
    numbered = _SECTION_NUMBER.match(first) is not None
    return numbered and short and len(block) > 1 and not starts_lower(block[1].text)


def _piece(group: Block) -> Piece:
    first, *rest = group
    rest_of_lines = [line.text.lstrip(_QUOTE_MARKS) if line.quotes else line.text for line in rest]
    text = fold(unlink(join_lines([first.text, *rest_of_lines])))
    return Piece(text, first.start, group[-1].end, lines=len(group), item=first.item)
