"""Which words a prefix, a pattern with `*` and `?`, a word with typing errors, a regex stands for.

All but prefixes are automata (`automaton.py`). That of a word with typing errors follows Schulz and
Mihov, "Fast string correction with Levenshtein automata" (2002), with transpositions; its distance
is that of optimal string alignment, in code points: a swap of neighbours is one edit, and no
stretch is edited twice.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import MAX_FORM
from index.codec.segment import Dictionary, SegmentData
from search import regex
from search.automaton import (
    ANY,
    NONE,
    Automaton,
    Label,
    accepts,
    beginning,
    literal,
    states,
    tables,
)
from search.budget import Budget
from search.kernels.walk import ROWS, accepted

I64 = npt.NDArray[np.int64]

Pattern: TypeAlias = query.Prefix | query.Wildcard | query.FuzzyTerm | query.Regex

PATTERNS = (query.Prefix, query.Wildcard, query.FuzzyTerm, query.Regex)
"""The nodes that stand for several forms."""

_STEP = 1 << 15
"""How many forms are looked at before the time is."""


def check_regex(pattern: str) -> str | None:
    """Say why an expression is refused, in words, or None where it is understood."""
    try:
        regex.compiled(pattern)
    except regex.Refused as refused:
        return str(refused)
    return None


@lru_cache(maxsize=64)
def matcher(node: Pattern) -> Callable[[str], bool]:
    """Give what tells whether a pattern stands for a form. A refused regex stands for none."""
    if isinstance(node, query.Prefix):
        prefix: str = node.text
        return lambda form: form.startswith(prefix)
    return lru_cache(maxsize=1 << 12)(partial(accepts, _automaton(node)))


def written(node: Pattern) -> str:
    """Give a pattern as it is typed."""
    match node:
        case query.Prefix():
            return f"{node.text}*"
        case query.FuzzyTerm():
            return f"{node.text}~{node.maxdist}"
        case query.Regex():
            return f"/{node.text}/"
    text: str = node.text
    return text


def expand(node: Pattern, data: SegmentData, budget: Budget) -> I64:
    """Give the numbers of the forms of a segment, ascending, that a pattern stands for.

    Where the time is over, those found until then.
    """
    if isinstance(node, query.Prefix):
        begins = _prefixed(data.forms, node.text)
        return np.arange(begins.start, begins.stop)
    automaton = _automaton(node)
    begins = _prefixed(data.forms, beginning(automaton))
    found, count = np.empty(len(begins), np.int64), 0
    laid = tables(automaton)
    room = np.zeros(ROWS * len(laid.last), np.uint64)
    for first in range(begins.start, begins.stop, _STEP):
        if first > begins.start and budget.is_over(written(node)):
            break
        end = min(first + _STEP, begins.stop)
        count += accepted(*data.forms_in_order, first, end, laid, room, found[count:])
    return found[:count]


def _prefixed(forms: Dictionary, prefix: str) -> range:
    return forms.prefixed(prefix.encode(errors="replace"))


# Automata.


def _automaton(node: Pattern) -> Automaton:
    match node:
        case query.Wildcard():
            return _of_wildcard(node.text)
        case query.FuzzyTerm():
            return _of_misspelt(node.text, int(node.maxdist))
    try:
        return regex.compiled(node.text)
    except regex.Refused:
        return NONE


@lru_cache(maxsize=64)
def _of_wildcard(text: str) -> Automaton:
    """Let `?` be any character, and `*` any number of them."""
    if len(text) - text.count("*") > MAX_FORM:
        return NONE
    labels: list[Label] = [()]
    follow, here = [0], 1  # the states behind what was read
    for char in re.sub(r"\*[*?]*", _stars_last, text):
        state = 1 << len(labels)
        for before in states(here):
            follow[before] |= state
        labels.append(ANY if char in "*?" else literal(char))
        follow.append(state if char == "*" else 0)
        here = here | state if char == "*" else state
    return Automaton(labels, follow, here)


def _stars_last(found: re.Match[str]) -> str:
    """Write `*?*` as `?*`: one star for several, behind what is there in any case."""
    return "?" * found[0].count("?") + "*"


State = tuple[str, int, int]


@lru_cache(maxsize=64)
def _of_misspelt(word: str, most: int) -> Automaton:
    """Let a word be typed with up to so many edits.

    A state is how it was entered, how much of the word is behind it, and how many edits: by the
    character that is there (=), by any (+), by the second of two that are swapped (<), and by the
    first of them after that (>).
    """
    if len(word) > MAX_FORM + most:
        return NONE
    known = [("", 0, 0)]
    number, follow, last = {known[0]: 0}, [], 0
    for n, (entered, read, edits) in enumerate(known):  # which grow meanwhile
        ahead = 0
        for state in set(_ahead(word, most, entered, read, edits)):
            if state not in number:
                number[state] = len(known)
                known.append(state)
            ahead |= 1 << number[state]
        follow.append(ahead)
        last |= (entered != "<" and len(word) - read <= most - edits) << n
    return Automaton([_label(word, *state) for state in known], follow, last)


def _ahead(word: str, most: int, entered: str, read: int, edits: int) -> Iterator[State]:
    """Yield the states that may follow one."""
    if entered == "<":
        yield ">", read + 2, edits
        return
    for left_out in range(min(most - edits, len(word) - read) + 1):
        i, e = read + left_out, edits + left_out
        if i < len(word):
            yield "=", i + 1, e
        if e < most:
            yield "+", i, e + 1
        if e < most and i < len(word):
            yield "+", i + 1, e + 1
        if e < most and i + 1 < len(word):
            yield "<", i, e + 1


def _label(word: str, entered: str, read: int, _edits: int) -> Label:
    match entered:
        case "=":
            return literal(word[read - 1])
        case "<":
            return literal(word[read + 1])
        case ">":
            return literal(word[read - 2])
        case "+":
            return ANY
    return ()
