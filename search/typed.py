"""The words of a query as they stand in it, so that one can be put in another's place.

Left out are the words that a suggestion should not touch: operators, patterns, regexes, words with
a field or `=` before them, what is excluded, and the parts of compounds.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from index.analysis import analyze
from search.lexer import OPERATORS, Lexeme, read
from search.query import MAX_QUERY
from search.repairs import Repairs

MOST = 32
"""How many words of a query are looked at."""

_UNTOUCHED = re.compile(r"AND|OR|NOT|/.*|.*[*?].*|[a-z]+:.+|.*/", re.DOTALL)


class Typed(NamedTuple):
    """A word of a query.

    `start` and `end` are code points of the query, and so are `opens` and `closes`, the stretch of
    the phrase it stands in with its marks, or its own. `form` is the word normalised.
    """

    start: int
    end: int
    form: str
    quoted: bool
    opens: int
    closes: int


def words(query: str) -> list[Typed]:
    """Give the words of a query that a suggestion may replace, at most MOST."""
    found: list[Typed] = []
    text = query[:MAX_QUERY]
    depth = excluded = 0  # how deep groups are nested, and from which depth on all is left out
    negated = False
    for lexeme in read(text, Repairs()):
        if lexeme.kind == "open":
            depth += 1
            excluded = excluded or (depth if negated or lexeme.field else 0)
        elif lexeme.kind == "close":
            excluded = 0 if depth == excluded else excluded
            depth -= 1
        elif lexeme.kind in ("NOT", "sign"):
            negated ^= lexeme.text != "+"
            continue
        elif not (negated or excluded or lexeme.field):
            found += _words(lexeme, len(text))
            if len(found) >= MOST:
                return found[:MOST]
        negated = False
    return found


def _words(lexeme: Lexeme, length: int) -> Iterator[Typed]:
    """Yield the words of a lexeme of a query of that length."""
    kind, text, place = lexeme[:3]
    if kind == "phrase":
        for start, end, form in _apart(text):
            closes = min(place + len(text) + 1, length)
            yield Typed(place + start, place + end, form, True, place - 1, closes)
    elif kind == "word" and not (lexeme.tilde or _UNTOUCHED.fullmatch(text)):
        for start, end, form in _apart(text):
            span = place - 1 + start, place - 1 + end
            yield Typed(*span, form, False, *span)


def _apart(text: str) -> list[tuple[int, int, str]]:
    """Give the words of letters that share no character with another: no parts of compounds."""
    tokens = analyze(text)
    found = []
    for i, token in enumerate(tokens):
        beside = tokens[max(0, i - 2) : i] + tokens[i + 1 : i + 3]
        alone = all(t.end <= token.start or t.start >= token.end for t in beside)
        if alone and token.form.isalpha():
            found.append((token.start, token.end, token.form))
    return found


def replaced(query: str, start: int, end: int, text: str) -> str:
    """Put a text in the place of a stretch of a query."""
    return query[:start] + text + query[end:]


def in_case(form: str, typed: str) -> str:
    """Write a form as the word that it replaces was written: in capitals, with one, or small."""
    if len(typed) > 1 and typed.isupper() and form.upper() not in OPERATORS:
        return form.upper()
    return form.capitalize() if typed[:1].isupper() else form
