"""Pieces of a text to the paragraphs of a document: mended, titled, numbered, under their sections.

A reader cuts its format into pieces; what is the same for every format is done here.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from index.errors import Unreadable
from index.model import Kind, Paragraph

MAX_HEADING = 80
MAX_TITLE = 150
"""The longest heading and title that is told by its looks alone, in code points."""

_CLOSERS = "\"'”’»›)]}*_」』】）"
_SENTENCE_ENDS = frozenset(".!?…。．！？｡؟۔।॥")
_NOT_IN_TITLES = frozenset(".。,،;:-")
_OPENERS = "\"'“‘„«‹([{*_¿¡「『【（"
_PAUSES = (":", ";", "–", "—", "--")
_HYPHENS = "-\u2010\u2011"
_SOFT_HYPHEN = "\u00ad"
_SOUTH_EAST_ASIAN = (("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"))
"""Thai and Lao, Burmese, Khmer."""

# A sentence may be torn after these; a heading or a sentence hardly ever ends in one.
_DANGLING = re.compile(
    "an?|the|and|n?or|but|if|than|that|which|whose|of|to|in|into|on|at|by|for|from|with|as"
    "|his|her|its|their|our|my|your|is|are|was|were|be|has|have|had|will|would",
    re.IGNORECASE,
)
_TORN_WORDS = 6
_FRAGMENT = 24


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that becomes one paragraph.

    `start` and `end` delimit it in the extracted text, in code points. `level` is that of a
    heading, 1 the highest, or None. `lines` counts the lines it was written on. An `item` is of a
    list, a log, a table or a program: never a title, and never the rest of a torn sentence.
    """

    text: str
    start: int
    end: int
    level: int | None = None
    lines: int = 1
    item: bool = False


def fold(text: str) -> str:
    """Make every run of white space one space, and take it off both ends."""
    return " ".join(text.split())


def join_lines(lines: Sequence[str]) -> str:
    """Join the lines of one paragraph.

    A hyphen at the end of a line stays, without a space: whether it belongs to the word nobody
    can tell, and the analysis indexes `co-ordinated` as `coordinated` too. Lines of a script
    without spaces are joined without one (CSS Text 3, segment break transformation).
    """
    parts = list(lines[:1])
    for before, after in pairwise(lines):
        parts += ["" if _meet(before, after) else " ", after]
    return "".join(parts)


def _meet(before: str, after: str) -> bool:
    if before.endswith(_SOFT_HYPHEN) or (is_unspaced(before[-1]) and is_unspaced(after[0])):
        return True
    return _ends_in_hyphen(before) and after[0].isalnum()


def _ends_in_hyphen(text: str) -> bool:
    return text[-1] in _HYPHENS and text[-2:-1].isalnum()


def is_unspaced(char: str) -> bool:
    """Tell whether a character is of a script that puts no spaces between words."""
    if unicodedata.east_asian_width(char) in "WF":
        return not unicodedata.name(char, "").startswith("HANGUL")
    return any(first <= char <= last for first, last in _SOUTH_EAST_ASIAN)


def last_mark(text: str) -> str:
    """Give the last character of a text, closing quotes and brackets aside; "" if none is left."""
    return text.rstrip(_CLOSERS)[-1:]


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends as a sentence does."""
    return last_mark(text) in _SENTENCE_ENDS


def is_finished(text: str) -> bool:
    """Tell whether a text ends as a sentence, a clause or a broken off speech does."""
    return ends_sentence(text) or text.rstrip(_CLOSERS).endswith(_PAUSES)


def starts_lower(text: str) -> bool:
    """Tell whether a text begins with a small letter, opening quotes and brackets aside."""
    return text.lstrip(_OPENERS)[:1].islower()


def reads_like_title(piece: Piece) -> bool:
    """Tell whether a piece at the top of a text, with more below it, reads like its title."""
    text = piece.text
    if piece.level is not None:
        return True
    if len(text) > MAX_TITLE or piece.lines > 2 or piece.item or starts_lower(text):
        return False
    stopped = last_mark(text) in _NOT_IN_TITLES and not text.isupper()
    return any(map(str.isalpha, text)) and not stopped


def name_title(path: Path) -> str:
    """Make a title of a file's name: without its suffix, underscores as spaces."""
    name = os.fsencode(path.stem).decode("utf-8", "replace")
    return fold(name.replace("_", " ")) or name


def mend(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Join the pieces of sentences that a stray blank line has torn."""
    starts = [starts_lower(p.text) for p in pieces if p.level is None and not p.item]
    small_is_rare = 2 * sum(starts) <= len(starts)
    runs: list[list[Piece]] = []
    for piece in pieces:
        before = runs[-1][-1] if runs else None
        if before is None or before.level is not None or piece.level is not None or piece.item:
            torn = False
        elif starts_lower(piece.text):
            torn = small_is_rare and _runs_on(before, title=len(runs) == 1)
        else:
            torn = text.count("\n", before.end, piece.start) > 1 and _breaks_off(before, piece)
        if torn:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return [run[0] if len(run) == 1 else _joined(run) for run in runs]


def _runs_on(before: Piece, *, title: bool) -> bool:
    """Tell whether a piece before a small letter is an unfinished sentence, not a heading."""
    if is_finished(before.text):
        return False
    words = before.text.split()
    if before.text.endswith(",") or _ends_in_hyphen(before.text) or _DANGLING.fullmatch(words[-1]):
        return True
    return len(words) >= _TORN_WORDS and not (title and reads_like_title(before))


def _breaks_off(before: Piece, after: Piece) -> bool:
    """Tell whether a piece lacks its end, though what follows begins as paragraphs do.

    It stops at a word like `the`, or what follows is but a sentence's last word.
    """
    if is_finished(before.text) or after.text.isupper():
        return False
    words = before.text.split()
    short = len(after.text) <= _FRAGMENT and after.text[0].isalpha()
    last_word = short and ends_sentence(after.text)
    dangling = len(words) >= _TORN_WORDS and _DANGLING.fullmatch(words[-1]) is not None
    return dangling or (last_word and len(before.text) > MAX_HEADING)


def _joined(run: Sequence[Piece]) -> Piece:
    return Piece(
        join_lines([piece.text for piece in run]),
        run[0].start,
        run[-1].end,
        lines=sum(piece.lines for piece in run),
        item=run[0].item,
    )


def take_title(pieces: Sequence[Piece], path: Path) -> tuple[Piece, Sequence[Piece]]:
    """Part the title from the rest: the first piece if it reads like one, or the file's name.

    Raises `Unreadable` where there is nothing to part.
    """
    if not pieces:
        raise Unreadable("the file holds no text")
    if len(pieces) > 1 and reads_like_title(pieces[0]):
        return pieces[0], pieces[1:]
    return Piece(name_title(path), 0, 0), pieces


def number(document: str, title: Piece, pieces: Iterable[Piece]) -> tuple[Paragraph, ...]:
    """Make the paragraphs of a document: the title as number 0, then the pieces in their order.

    A text's section is the nearest heading above; a heading's is the nearest of a higher level.
    """
    paragraphs = [Paragraph(document, 0, "title", title.text, None, title.start, title.end)]
    above: list[Piece] = []
    for count, piece in enumerate(pieces, start=1):
        if piece.level is not None:
            above = [heading for heading in above if (heading.level or 0) < piece.level]
        section = above[-1].text if above else None
        kind: Kind = "text" if piece.level is None else "heading"
        paragraphs.append(
            Paragraph(document, count, kind, piece.text, section, piece.start, piece.end)
        )
        if kind == "heading":
            above.append(piece)
    return tuple(paragraphs)
