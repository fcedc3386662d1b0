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
from array import array
from collections import defaultdict
from collections.abc import Iterable
from itertools import compress, count, islice
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from index.analysis import analyze, stems
from index.codec.bits import load64, store64
from index.codec.coding import LONGEST
from index.codec.compiled import kernel
from index.codec.cut import BLOCK, Stretch, cut, known_classes
from index.codec.intern import PADDING as SLACK
from index.codec.intern import PLAIN, SPELLED, WORD, Interned, Units, most_units

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

Kind = TypeVar("Kind", bound=np.unsignedinteger[Any])

SEVERAL = 0xFFFFFFFF
"""Stands for what a word comes to that is not one token and one position."""

NOTHING = 0xFFFFFFFE
"""Stands for what a word comes to that has no token and takes no position."""

PADDING = b"\n" * BLOCK
"""What stands behind a text to be cut."""

_SENTENCE = 4
"""Of how many positions a word is above which it is spelled: one of a script without blanks."""

_FORM, _UNIT = 384, 128
"""About how many bytes a form takes, with its stem, and a unit, with its places in tables."""

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


class Numbers(defaultdict[str, int]):
    """Strings, numbered from 0 in the order in which they are first asked for."""

    def __init__(self) -> None:
        super().__init__(count().__next__)

    def of(self, strings: Iterable[str]) -> list[int]:
        """Give the number of each."""
        return list(map(self.__getitem__, strings))


class Words:
    """Every distinct word met so far, and its tokens; of gaps there are none.

    `forms` and `stems` are numbered; `stem` (u32) is the number of each form's stem, and `code`
    (u32) tells it from those of the same stem, in the order in which they came.
    """

    def __init__(self) -> None:
        self.forms, self.stems = Numbers(), Numbers()
        self._interned, self._kind = Interned(), Column(np.uint8)
        self._stretch = Stretch.empty()
        self._forms_of = array("I")  # one entry a stem
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
        is_word = kind > 0
        room = np.empty(size.sum() + len(size) + SLACK, np.uint8)
        text = room[: _spell(units, known, room)].tobytes().decode()
        found = self._tokens_of(text.split("\n")[:-1], kind[is_word], size[is_word])
        sizes, positions = np.zeros((2, len(kind)), np.uint32)
        sizes[is_word], positions[is_word] = found.sizes, found.positions
        is_spelled = (size > LONGEST) | (positions > _SENTENCE)
        self._kind.extend(kind | is_spelled * np.uint8(SPELLED))
        self._stem_new_forms()
        self._append(sizes, positions, found.form, found.position)

    def _tokens_of(self, words: list[str], kind: U8, size: I64) -> "_Found":
        """Give the tokens of words, those that are plain spelled in lower case."""
        short = size < _UNCUT
        plain = short & (kind == PLAIN)
        latin = short & ~plain
        latin[latin] = [bool(_LATIN.fullmatch(word)) for word in compress(words, latin)]
        others = ~(plain | latin)
        groups = (
            (plain, self._of_themselves(list(compress(words, plain)))),
            (latin, self._of_parts(list(compress(words, latin)))),
            (others, self._of_analysis(list(compress(words, others)))),
        )
        sizes, positions = np.empty((2, len(words)), np.uint32)
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

    def _of_themselves(self, words: list[str]) -> "_Found":
        """Take words each of which is one token, as it is."""
        one = np.ones(len(words), np.uint32)
        return _Found(one, one, np.array(self.forms.of(words), np.uint32), one - 1)

    def _of_parts(self, words: list[str]) -> "_Found":
        """Take words of Latin letters with hyphens, apostrophes or both inside, or with neither.

        Those that hyphens join come to the first, all in one, then the others.
        """
        text = _OWNED.sub("", "\n".join(words).lower()).replace("'", "").replace("’", "")
        texts = text.split("\n") if words else []
        parts = np.array([text.count("-") + 1 for text in texts], np.uint32)
        sizes = parts + (parts > 1)
        start = np.cumsum(sizes) - sizes
        form, is_part = np.empty(sizes.sum(), np.uint32), np.ones(sizes.sum(), np.bool_)
        is_part[start[parts > 1] + 1] = False
        form[is_part] = self.forms.of(text.replace("\n", "-").split("-") if words else [])
        form[~is_part] = self.forms.of(t.replace("-", "") for t in compress(texts, parts > 1))
        place = np.arange(len(form)) - np.repeat(start, sizes)
        return _Found(sizes, parts, form, (place - (place > 0)).astype(np.uint32))

    def _of_analysis(self, words: list[str]) -> "_Found":
        """Take any words."""
        found = [analyze(word) for word in words]
        tokens = [token for each in found for token in each]
        return _Found(
            np.array([len(each) for each in found], np.uint32),
            np.array([each[-1].position + 1 if each else 0 for each in found], np.uint32),
            np.array(self.forms.of(token.form for token in tokens), np.uint32),
            np.array([token.position for token in tokens], np.uint32),
        )

    def _stem_new_forms(self) -> None:
        new = list(islice(reversed(self.forms), len(self.forms) - len(self._stem)))
        numbers = self.stems.of(stems(new[::-1]))
        self._forms_of.extend([0] * (len(self.stems) - len(self._forms_of)))
        codes = []
        for stem in numbers:
            codes.append(self._forms_of[stem])
            self._forms_of[stem] += 1
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


@kernel
def _spell(units: Units, first: int, out: U8) -> int:
    """Write the words among the units from `first` on, a line break behind each.

    Those that are plain come in lower case. Answers how many bytes that are.
    """
    end = 0
    for unit in range(first, len(units.kind)):
        kind, size = units.kind[unit], units.begins[unit + 1] - units.begins[unit]
        if not kind & WORD:
            continue
        fold = _CASE if kind == PLAIN else np.uint64(0)
        for i in range(0, size, 8):
            store64(out, end + i, load64(units.text, units.begins[unit] + i) | fold)
        out[end + size] = _BREAK
        end += size + 1
    return end
