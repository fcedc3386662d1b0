r"""Regular expressions over whole words, of a kind that needs no going back.

    either   = sequence { "|" sequence }
    sequence = { atom [ "?" | "*" | "+" | "{m}" | "{m,}" | "{,n}" | "{m,n}" ] }
    atom     = character | "." | class | "(" either ")" | "(?:" either ")" | "\" escape
    class    = "[" [ "^" ] { character [ "-" character ] | "\" escape } "]"
    escape   = "d" | "w" | any character that is no letter and no digit

`^` in front and `$` at the end say what is so anyway. `\d` is a digit from 0 to 9, `\w` a letter,
a digit or `_` of ASCII, or any character beyond it. Characters are meant as the analysis has them:
small, and of Latin and Greek without accents.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

from index.analysis import analyze
from search.automaton import ANY, HIGHEST, Automaton, Label, literal, states

MAX_STATES = 128
"""How many characters and classes an expression has at most, written out."""

MAX_DEPTH = 20
"""How deep its groups nest."""

_DIGIT: Label = ((48, 57),)
_WORD: Label = ((48, 57), (95, 95), (97, 122), (128, HIGHEST))
_CLASSES = {"d": _DIGIT, "w": _WORD}
_REPEATS = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_BRACES = re.compile(r"\{(?P<low>\d{0,3})(?P<comma>,?)(?P<high>\d{0,3})\}")


class Refused(ValueError):
    """An expression is not of this kind; the text says why."""


class _Chars(NamedTuple):
    label: Label


class _All(NamedTuple):
    parts: tuple["_Node", ...]


class _Any(NamedTuple):
    parts: tuple["_Node", ...]


class _Repeat(NamedTuple):
    part: "_Node"
    low: int
    high: int | None


_Node = _Chars | _All | _Any | _Repeat


@lru_cache(maxsize=1 << 10)
def compiled(pattern: str) -> Automaton:
    """Make an automaton of an expression. Raises Refused."""
    node = _Reader(pattern).read()
    if _size(node) > MAX_STATES:
        raise Refused(f"it is of more than {MAX_STATES} characters, written out")
    automaton = Automaton([()], [0], 0)
    return automaton._replace(last=_add(automaton, node, 1))


# Reading.


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._text = pattern.removeprefix("^")
        if re.search(r"(?<!\\)(?:\\\\)*\$\Z", self._text):
            self._text = self._text[:-1]
        self._at = 0
        self._depth = 0

    def read(self) -> _Node:
        node = self._either()
        if self._at < len(self._text):
            raise Refused("a closing parenthesis has no opening one")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _either(self) -> _Node:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._next()
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Any(tuple(parts))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _All(tuple(parts))

    def _repeated(self, node: _Node) -> _Node:
        times = self._times()
        if times is None:
            return node
        if self._times():
            raise Refused("one repetition stands behind another")
        low, high = times
        if high is not None and high < low:
            raise Refused("a repetition has its higher number first")
        return _Repeat(node, low, high)

    def _times(self) -> tuple[int, int | None] | None:
        if self._peek() in _REPEATS:
            return _REPEATS[self._next()]
        match = _BRACES.match(self._text, self._at)
        if not match or not (match["low"] or match["high"]):
            return None
        self._at = match.end()
        low = int(match["low"] or 0)
        return low, int(match["high"]) if match["high"] else None if match["comma"] else low

    def _atom(self) -> _Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return _Chars(self._class())
        if char == ".":
            return _Chars(ANY)
        if char == "\\":
            return self._escaped()
        if char in "?*+{^$":
            raise Refused(f"“{char}” has no meaning there")
        return _literals(char)

    def _group(self) -> _Node:
        if self._text.startswith("?:", self._at):
            self._at += 2
        elif self._peek() == "?":
            raise Refused("groups are only for grouping")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused(f"its groups nest deeper than {MAX_DEPTH}")
        node = self._either()
        self._depth -= 1
        if self._next() != ")":
            raise Refused("an opening parenthesis is not closed")
        return node

    def _escaped(self) -> _Node:
        char = self._escape()
        return _Chars(_CLASSES[char]) if char in _CLASSES else _literals(char)

    def _escape(self) -> str:
        """Give the character behind a backslash."""
        char = self._next()
        if not char or (char.isalnum() and char not in _CLASSES):
            raise Refused(f"“\\{char}” means nothing here")
        return char

    def _class(self) -> Label:
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[tuple[int, int]] = []
        while self._peek() != "]" or not ranges:
            ranges += self._range()
        self._next()
        return tuple(_complement(sorted(ranges)) if negated else sorted(ranges))

    def _range(self) -> Label:
        """Read one character of a class, or two and what is between them."""
        first = self._of_class()
        if len(first) > 1 or self._peek() != "-" or self._text[self._at + 1 : self._at + 2] == "]":
            return _CLASSES[first[1]] if len(first) > 1 else literal(first)
        self._next()
        last = self._of_class()
        if len(last) > 1 or last < first:
            raise Refused("a stretch of a class goes backwards")
        return ((ord(first), ord(last)),)

    def _of_class(self) -> str:
        """Give a character of a class, or a backslash and the name of one of the known classes."""
        char = self._next()
        if not char:
            raise Refused("a class is not closed")
        if char == "\\" and (char := self._escape()) in _CLASSES:
            return "\\" + char
        known = folded(char)
        return known if len(known) == 1 else char


@lru_cache(maxsize=1 << 12)
def folded(char: str) -> str:
    """Give a character as it stands in words."""
    tokens = analyze(char)
    return tokens[0].form if len(tokens) == 1 else char


def _literals(char: str) -> _Node:
    labels = tuple(_Chars(literal(each)) for each in folded(char))
    return labels[0] if len(labels) == 1 else _All(labels)


def _complement(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at = 0
    for first, last in ranges:
        if first > at:
            yield at, first - 1
        at = max(at, last + 1)
    if at <= HIGHEST:
        yield at, HIGHEST


def _size(node: _Node) -> int:
    """Count the states of an expression written out; what is empty counts as one."""
    match node:
        case _Chars():
            return 1
        case _Repeat():
            return _size(node.part) * max(1, node.low, node.high or 0)
        case _All() | _Any():
            return max(1, sum(map(_size, node.parts)))


# Building. Behind a part stand the states in which it may end, and, where it may be passed over,
# those before it.


def _add(automaton: Automaton, node: _Node, before: int) -> int:
    """Add a part behind some states; give those behind it."""
    match node:
        case _Chars(label):
            return _add_state(automaton, label, before)
        case _All(parts):
            for part in parts:
                before = _add(automaton, part, before)
            return before
        case _Any(parts):
            return reduce(or_, [_add(automaton, part, before) for part in parts])
        case _Repeat(part, low, None):
            for _ in range(low - 1):
                before = _add(automaton, part, before)
            return _add_loop(automaton, part, before) | (0 if low else before)
        case _Repeat(part, low, int(high)):
            return _add_times(automaton, part, low, high, before)
    raise AssertionError(node)


def _add_state(automaton: Automaton, label: Label, before: int) -> int:
    labels, follow, _ = automaton
    state = 1 << len(labels)
    for each in states(before):
        follow[each] |= state
    labels.append(label)
    follow.append(0)
    return state


def _add_loop(automaton: Automaton, part: _Node, before: int) -> int:
    """Add a part once or more often: what it may begin with follows where it may end."""
    labels, follow, _ = automaton
    count = len(labels)
    behind = _add(automaton, part, before)
    begins = follow[states(before)[0]] >> count << count
    for each in states(behind):
        follow[each] |= begins
    return behind


def _add_times(automaton: Automaton, part: _Node, low: int, high: int, before: int) -> int:
    behind = 0 if low else before
    for n in range(1, high + 1):
        before = _add(automaton, part, before)
        if n >= low:
            behind |= before
    return behind
