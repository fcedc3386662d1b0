"""Automata that tell which words a pattern stands for, in time linear in the word.

They have no empty steps: a state is entered by reading a character of its label, as in Glushkov,
"The abstract theory of automata" (1961). All states that a word may have led to are the bits of one
number, as in Navarro and Raffinot, "Fast and simple character classes and bounded gaps pattern
matching" (2001), so that no pattern makes it go back.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

Label = tuple[tuple[int, int], ...]
"""Stretches of code points, first and last."""

HIGHEST = 0x10FFFF
ANY: Label = ((0, HIGHEST),)


class Automaton(NamedTuple):
    """An automaton: of each state its label and those that may follow it, as bits of a number.

    State 0 is where it begins, and has no label; `last` are those in which a word may end.
    """

    labels: list[Label]
    follow: list[int]
    last: int


NONE = Automaton([()], [0], 0)
"""What accepts no word."""


def literal(char: str) -> Label:
    """Give the label of one character."""
    return ((ord(char), ord(char)),)


def states(bits: int) -> list[int]:
    """List the states that are in a set."""
    found = []
    while bits:
        found.append((bits & -bits).bit_length() - 1)
        bits &= bits - 1
    return found


def beginning(automaton: Automaton) -> str:
    """Give the characters with which all words begin that it accepts."""
    text, here = "", {0}
    while not any(automaton.last >> state & 1 for state in here) and len(text) < 255:
        ahead = {after for state in here for after in states(automaton.follow[state])}
        labels = {automaton.labels[state] for state in ahead}
        if len(labels) != 1 or not _is_literal(label := labels.pop()):
            break
        text, here = text + chr(label[0][0]), ahead
    return text


def _is_literal(label: Label) -> bool:
    return len(label) == 1 and label[0][0] == label[0][1]


class Tables(NamedTuple):
    """An automaton for compiled code; a set of states is `words` numbers (u64) in a row.

    Code points have classes: `ascii` (i64) those of the first 128, for the others class i begins at
    `starts[i]` (i64). `masks` has for each class the states whose label has it, `follow` for each
    state what may follow, `last` where words may end.
    """

    ascii: I64
    starts: I64
    masks: U64
    follow: U64
    last: U64


def tables(automaton: Automaton) -> Tables:
    """Lay an automaton out for compiled code."""
    labels, follow, last = automaton
    words = (len(labels) + 63) // 64
    of_label: dict[Label, int] = {}
    for state, label in enumerate(labels):
        of_label[label] = of_label.get(label, 0) | 1 << state
    ends = {end for label in of_label for first, behind in label for end in (first, behind + 1)}
    starts = sorted({0, *ends} - {HIGHEST + 1})
    number = {start: i for i, start in enumerate([*starts, HIGHEST + 1])}
    masks = [0] * len(starts)
    for label, bits in of_label.items():
        for first, behind in label:
            for i in range(number[first], number[behind + 1]):
                masks[i] |= bits
    begins = np.array(starts, np.int64)
    return Tables(
        np.searchsorted(begins, np.arange(128), "right") - 1,
        begins,
        _rows(masks, words),
        _rows(follow, words),
        _rows([last], words),
    )


def _rows(sets: list[int], words: int) -> U64:
    data = b"".join([bits.to_bytes(8 * words, "little") for bits in sets])
    return np.frombuffer(data, np.uint64)


def accepts(automaton: Automaton, word: str) -> bool:
    """Tell whether an automaton accepts a word."""
    here = 1
    for char in word:
        code, ahead = ord(char), 0
        for state in states(here):
            ahead |= automaton.follow[state]
        here = 0
        for state in states(ahead):
            if any(first <= code <= last for first, last in automaton.labels[state]):
                here |= 1 << state
        if not here:
            return False
    return here & automaton.last != 0
