"""Text to words, in bulk: a compiled pass finds them, the analysis looks at each distinct one once.

A *word* here is a stretch of text that the analysis never looks beyond: what bounds it separates,
whatever stands around it. So the tokens of a text are those of its words, one after the other, and
however long the text, only its vocabulary is analysed. The pass cuts as short as it safely can
(`word,` before the comma, `3,000` not); a cut it leaves out makes a longer word, not other tokens.

A *gap* is what stands between two words, where it is not one blank, and before the first and behind
the last. Both are *units*, and those of a text are all of it: between two words in a row there is
one blank ("spaceless words": Moura, Navarro, Ziviani and Baeza-Yates, "Fast and flexible word
searching on compressed text", 2000).
"""

import re
from collections.abc import Iterable
from itertools import compress
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from index.analysis import analyze, stems
from index.codec.bits import load64, store64
from index.codec.coding import LONGEST
from index.codec.compiled import kernel
from index.codec.cut import BLOCK, Stretch, cut, known_classes
from index.codec.intern import PADDING as SLACK
from index.codec.intern import PLAIN, SPELLED, Interned, Units, most_units
from index.codec.numbered import Numbered

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

Kind = TypeVar("Kind", bound=np.unsignedinteger[Any])

SEVERAL = 0xFFFFFFFF
"""Stands for what a word comes to that is not one token and one position."""

NOTHING = 0xFFFFFFFE
"""Stands for what a word comes to that has no token and takes no position."""

PADDING = b"\n" * BLOCK
"""What stands behind a text to be cut."""

_SENTENCE = 4
"""Of how many positions a word is above which it is spelled: one of a script without blanks."""

_FORM, _UNIT = 256, 128
"""About how many bytes a form takes, with its stem, and a unit, with their places in tables."""

_UNCUT = 64
"""A word of fewer characters has no form that is too long."""

_CASE, _BREAK = np.uint64(0x2020202020202020), np.uint8(10)

_LATIN = re.compile(
    "[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*|L(?:['’]L)*(?:-L(?:['’]L)*)*".replace("L", "[A-Za-z]+")
)
_OWNED = re.compile("['’]s(?=-|$)", re.MULTILINE)


class Column(Generic[Kind]):
    """Numbers that become more."""

    def __init__(self, kind: type[Kind]) -> None:
        self._room = np.empty(1 << 10, kind)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def array(self) -> npt.NDArray[Kind]:
        """What is there now; it does not change when there is more."""
        return self._room[: self._used]

    def extend(self, values: npt.ArrayLike) -> None:
        """Add values behind the others."""
        added = np.asarray(values, self._room.dtype)
        end = self._used + len(added)
        if end > len(self._room):
            self._room = np.append(self.array, np.empty(end, added.dtype))
        self._room[self._used : end] = added
        self._used = end


class Tokens(NamedTuple):
    """The tokens of every word: word w's are those in [start[w], start[w + 1]).

    `form` (u32) is a number into `Words.forms`, and `chained` (u64) is code << 32 | stem of that
    form; `position` (u32) counts from the word's first. One a word: `positions` (u32) is how many
    it takes; `only` (u64) is its token's `chained`, where it has one token that takes one position,
    NOTHING where it has none that takes none, and SEVERAL else.
    """

    start: U32
    form: U32
    chained: U64
    position: U32
    positions: U32
    only: U64


class _Found(NamedTuple):
    """The tokens of some words: how many, and how many positions, of each; form and position."""

    sizes: U32
    positions: U32
    form: U32
    position: U32


class Words:
    """Every distinct word met so far, and its tokens; of gaps there are none.

    `forms` and `stems` are numbered; `stem` (u32) is the number of each form's stem, and `code`
    (u32) tells it from those of the same stem, in the order in which they came.
    """

    def __init__(self) -> None:
        self.forms, self.stems = Numbered(), Numbered()
        self._interned, self._kind = Interned(), Column(np.uint8)
        self._stretch = Stretch.empty()
        self._forms_of = Column(np.uint32)  # one entry a stem
        self._stem, self._code = Column(np.uint32), Column(np.uint32)
        self._start, self._positions = Column(np.uint32), Column(np.uint32)
        self._form, self._position = Column(np.uint32), Column(np.uint32)
        self._chained, self._only = Column(np.uint64), Column(np.uint64)
        self._start.extend([0])

    @property
    def size(self) -> int:
        """About how many bytes all of this takes."""
        interned = self._interned
        return len(self.forms) * _FORM + interned.count * _UNIT + interned.size

    @property
    def units(self) -> Units:
        """Give every distinct word and gap that was analysed."""
        interned, known = self._interned, len(self._kind)
        return Units(interned.text, interned.begins[: known + 1], self._kind.array)

    def cut(self, text: U8, starts: I64, found: U32) -> tuple[I64, int]:
        """Cut paragraphs into words and gaps, which are to be analysed before others are asked for.

        `text` (u8) is UTF-8; paragraph p is [starts[p], starts[p + 1] - 1), a separator stands
        behind each, PADDING behind the last. The units of all paragraphs are put in a row into
        `found`, which has room for one a byte; answers where each paragraph's begin among
        them (i64, one longer than there are paragraphs), and how many distinct units there are
        then. Units of before may be analysed meanwhile.
        """
        first = np.zeros(len(starts), np.int64)
        paragraph, units = 0, self._interned
        while paragraph < len(starts) - 1:
            size = int(starts[paragraph + 1] - starts[paragraph])
            units.make_room(size, most_units(size))
            paragraph, units.count = cut(
                text, starts, paragraph, known_classes(), self._stretch, found, first,
                units.table, units.begins, units.text, units.kind, units.count,
            )  # fmt: skip
        return first, units.count

    def analyze(self, count: int) -> None:
        """Look at the first so many units, as far as they are new."""
        interned, known = self._interned, len(self._kind)
        units = Units(interned.text, interned.begins[: count + 1], interned.kind[:count])
        kind, size = units.kind[known:], np.diff(units.begins[known:])
        found = self._tokens_of(units, known, size)
        is_spelled = (size > LONGEST) | (found.positions > _SENTENCE)
        self._kind.extend(kind | is_spelled * np.uint8(SPELLED))
        self._stem_new_forms()
        self._append(*found)

    def _tokens_of(self, units: Units, known: int, size: I64) -> "_Found":
        """Give the tokens of the units from `known` on; gaps have none."""
        kind, short = units.kind[known:], size < _UNCUT
        plain = short & (kind == PLAIN)
        others = (kind > 0) & ~plain
        words = _spelled(units, known, size, others).decode().split("\n")[:-1]
        latin = others & short
        latin[others] &= np.array([bool(_LATIN.fullmatch(word)) for word in words], np.bool_)
        is_latin = latin[others]
        groups = (
            (plain, self._of_themselves(_spelled(units, known, size, plain))),
            (latin, self._of_parts(list(compress(words, is_latin)))),
            (others & ~latin, self._of_analysis(list(compress(words, ~is_latin)))),
        )
        sizes, positions = np.zeros((2, len(kind)), np.uint32)
        for mask, found in groups:
            sizes[mask], positions[mask] = found.sizes, found.positions
        form, position = np.empty((2, sizes.sum()), np.uint32)
        for mask, found in groups:
            tokens = np.repeat(mask, sizes)
            form[tokens], position[tokens] = found.form, found.position
        return _Found(sizes, positions, form, position)

    def _append(self, sizes: U32, positions: U32, form: U32, position: U32) -> None:
        chained = self.code[form].astype(np.uint64) << np.uint64(32) | self.stem[form]
        single = (sizes == 1) & (positions == 1)
        only = np.where((sizes == 0) & (positions == 0), NOTHING, SEVERAL).astype(np.uint64)
        only[single] = chained[np.repeat(single, sizes)]
        self._start.extend(np.cumsum(sizes) + len(self._form))
        self._form.extend(form)
        self._chained.extend(chained)
        self._position.extend(position)
        self._positions.extend(positions)
        self._only.extend(only)

    def _of_themselves(self, words: bytes) -> "_Found":
        """Take words, as lines, each of which is one token, as it is."""
        form = self.forms.of(words)
        one = np.ones(len(form), np.uint32)
        return _Found(one, one, form, one - 1)

    def _of_parts(self, words: list[str]) -> "_Found":
        """Take words of Latin letters with hyphens, apostrophes or both inside, or with neither.

        Those that hyphens join come to the first, all in one, then the others.
        """
        text = _OWNED.sub("", _lines(words).lower()).replace("'", "").replace("’", "")
        texts = text.split("\n")[:-1]
        parts = np.array([text.count("-") + 1 for text in texts], np.uint32)
        sizes = parts + (parts > 1)
        start = np.cumsum(sizes) - sizes
        form, is_part = np.empty(sizes.sum(), np.uint32), np.ones(sizes.sum(), np.bool_)
        is_part[start[parts > 1] + 1] = False
        form[is_part] = self.forms.of(text.replace("-", "\n").encode())
        joined = _lines(compress(texts, parts > 1)).replace("-", "")
        form[~is_part] = self.forms.of(joined.encode())
        place = np.arange(len(form)) - np.repeat(start, sizes)
        return _Found(sizes, parts, form, (place - (place > 0)).astype(np.uint32))

    def _of_analysis(self, words: list[str]) -> "_Found":
        """Take any words."""
        found = [analyze(word) for word in words]
        tokens = [token for each in found for token in each]
        return _Found(
            np.array([len(each) for each in found], np.uint32),
            np.array([each[-1].position + 1 if each else 0 for each in found], np.uint32),
            self.forms.of(_lines(token.form for token in tokens).encode()),
            np.array([token.position for token in tokens], np.uint32),
        )

    def _stem_new_forms(self) -> None:
        new = self.forms.lines(len(self._stem)).decode().split("\n")[:-1]
        numbers = self.stems.of(_lines(stems(new)).encode())
        self._forms_of.extend(np.zeros(len(self.stems) - len(self._forms_of)))
        codes = np.empty(len(numbers), np.uint32)
        _count_forms(numbers, self._forms_of.array, codes)
        self._stem.extend(numbers)
        self._code.extend(codes)

    @property
    def stem(self) -> U32:
        """The number of each form's stem."""
        return self._stem.array

    @property
    def code(self) -> U32:
        """What tells each form from the others of its stem."""
        return self._code.array

    def tokens(self) -> Tokens:
        """Give the tokens of every word."""
        return Tokens(
            self._start.array,
            self._form.array,
            self._chained.array,
            self._position.array,
            self._positions.array,
            self._only.array,
        )


def _lines(texts: Iterable[str]) -> str:
    return "\n".join([*texts, ""])


def _spelled(units: Units, first: int, size: I64, wanted: Mask) -> bytes:
    """Give, as lines, those units from `first` on that are wanted; `size` is the bytes of each."""
    room = np.empty(int(size[wanted].sum()) + len(size) + SLACK, np.uint8)
    return room[: _spell(units, first, wanted, room)].tobytes()


@kernel
def _spell(units: Units, first: int, wanted: Mask, out: U8) -> int:
    """Write units, a line break behind each; those that are plain words come in lower case.

    Answers how many bytes that are.
    """
    end = 0
    for unit in range(first, len(units.kind)):
        if not wanted[unit - first]:
            continue
        size = units.begins[unit + 1] - units.begins[unit]
        fold = _CASE if units.kind[unit] == PLAIN else np.uint64(0)
        for i in range(0, size, 8):
            store64(out, end + i, load64(units.text, units.begins[unit] + i) | fold)
        out[end + size] = _BREAK
        end += size + 1
    return end


@kernel
def _count_forms(stem: U32, forms_of: U32, codes: U32) -> None:
    """Give each form its number among those of their stem, of which there are `forms_of` before."""
    for i in range(len(stem)):
        codes[i] = forms_of[stem[i]]
        forms_of[stem[i]] += np.uint32(1)
