"""Text to words, in bulk: a compiled pass finds them, the analysis looks at each distinct one once.

A *word* here is a stretch of text that the analysis never looks beyond: what bounds it separates,
whatever stands around it. So the tokens of a text are those of its words, one after the other, and
however long the text, only its vocabulary is analysed. The pass cuts as short as it safely can
(`word,` before the comma, `3,000` not); a cut it leaves out makes a longer word, not other tokens.
"""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from index.analysis import analyze, stems
from index.codec.cut import cut, known_classes, place

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

PADDING = b"\n" * 8
"""What stands behind a text to be cut, which is read eight bytes at a time."""

_UNCUT = 64
"""A word of fewer characters has no form that is too long."""

_CONTRACTED = re.compile("L(?:['’]L)*(?:-L(?:['’]L)*)*".replace("L", "[A-Za-z]+"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of every word: word w's are those in [start[w], start[w + 1]).

    `form` (u32) is a number into `Words.forms`, `position` (u32) counts from the word's first;
    `positions` (u32, one a word) is how many the word takes.
    """

    start: U32
    form: U32
    position: U32
    positions: U32


class Words:
    """Every distinct word met so far, and its tokens. `forms` and `stems` are theirs, by number."""

    def __init__(self) -> None:
        self.forms: dict[str, int] = {}
        self.stems: list[str] = []
        self._table = np.zeros((1 << 14, 2), np.uint64)  # open addressing, linear probing
        self._spelled = np.zeros(1 << 16, np.uint8)  # the words, a line break behind each
        self._starts = np.zeros((1 << 13) + 1, np.int64)
        self._count = 0
        self._start = array("I", [0])
        self._form = array("I")
        self._position = array("I")
        self._positions = array("I")

    def cut(self, text: U8, starts: I64) -> tuple[U32, I64]:
        """Cut paragraphs into words.

        `text` (u8) is UTF-8; paragraph p is [starts[p], starts[p + 1] - 1), a separator stands
        behind each, PADDING behind the last. Answers the words (u32) of all paragraphs in a row,
        and where each paragraph's begin among them (i64, one longer than there are paragraphs).
        """
        found = np.empty(len(text) // 2 + 1, np.uint32)  # a word and what separates it
        first = np.zeros(len(starts), np.int64)
        paragraph = 0
        while paragraph < len(starts) - 1:
            self._make_room(int(starts[paragraph + 1] - starts[paragraph]))
            paragraph, self._count = cut(
                text, starts, paragraph, known_classes(), found, first,
                self._table, self._starts, self._spelled, self._count,
            )  # fmt: skip
        self._analyze()
        return found[: first[-1]], first

    def _make_room(self, size: int) -> None:
        """See that the words of the next paragraph, of that many bytes, fit, were they all new."""
        needed = int(self._starts[self._count]) + 2 * size + len(PADDING)
        if needed > len(self._spelled):
            self._spelled = np.append(self._spelled, np.zeros(needed, np.uint8))
        slots = len(self._table)
        while self._count * 2 + size > slots:
            slots *= 2
        if slots > len(self._table):
            self._table = np.zeros((slots, 2), np.uint64)
            self._starts = np.append(self._starts, np.zeros(slots // 2, np.int64))
            place(self._table, self._spelled, self._starts, self._count)

    def _analyze(self) -> None:
        """Look at the words that are new."""
        forms, known = self.forms, len(self.forms)
        new = slice(self._starts[len(self._positions)], self._starts[self._count])
        for word in self._spelled[new].tobytes().decode().split("\n")[:-1]:
            if len(word) < _UNCUT and word.isascii() and word.isalnum():
                tokens = ((word.lower(), 0),)
            else:
                tokens = _tokens(word)
            for form, position in tokens:
                self._form.append(forms.setdefault(form, len(forms)))
                self._position.append(position)
            self._positions.append(tokens[-1][1] + 1 if tokens else 0)
            self._start.append(len(self._form))
        self.stems += stems(list(islice(forms, known, None)))

    def tokens(self) -> Tokens:
        """Give the tokens of every word."""
        return Tokens(*(np.array(column, np.uint32) for column in (
            self._start, self._form, self._position, self._positions)))  # fmt: skip


def _tokens(word: str) -> Sequence[tuple[str, int]]:
    """Give form and position of the tokens of a word: those of `analyze`, the common ones faster.

    Words of Latin letters with hyphens, apostrophes or both inside are common.
    """
    if len(word) < _UNCUT:
        parts = word.lower().split("-")
        if word.isascii() and all(parts) and "".join(parts).isalnum():
            return _joined(parts)
        if _CONTRACTED.fullmatch(word):
            plain = [part.replace("’", "'").removesuffix("'s").replace("'", "") for part in parts]
            return _joined(plain)
    return [(token.form, token.position) for token in analyze(word)]


def _joined(forms: list[str]) -> list[tuple[str, int]]:
    """Give the tokens of forms that hyphens join: the first, all in one, then the others."""
    tokens = [(form, position) for position, form in enumerate(forms)]
    if len(forms) > 1:
        tokens.insert(1, ("".join(forms), 0))
    return tokens
