"""The words of a query as they stand in it, so that one can be put in another's place.

Left out are the words that a suggestion should not touch: operators, patterns, regexes, words with
a field or `=` before them, what is excluded, and the parts of compounds.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from index.analysis import analyze
from search.lexer import OPERATORS, QUOTES
from search.query import MAX_QUERY

MOST = 32
"""How many words of a query are looked at."""

_UNIT = re.compile(
    rf"(?P<before>[^\s{QUOTES}()]*)[{QUOTES}](?P<phrase>[^{QUOTES}]*)(?:[{QUOTES}]|\Z)"
    rf"|(?P<excluded>(?:(?<![^\s(])-|(?<!\S)NOT\s+)\()"
    rf"|(?P<open>\()|(?P<close>\))|(?P<word>[^\s{QUOTES}()]+)"
)
_UNTOUCHED = re.compile(r"[-=/].*|.*[*?~].*|[a-z]+:.+|.*/", re.DOTALL)
_BOOST = re.compile(r"\^[\d.]+\Z")


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
    depth = excluded = 0  # how deep groups are nested, and from which depth on all is excluded
    negated = False
    for match in _UNIT.finditer(query[:MAX_QUERY]):
        if match["excluded"] or match["open"]:
            depth += 1
            excluded = excluded or (depth if match["excluded"] or negated else 0)
        elif match["close"]:
            excluded = 0 if depth == excluded else excluded
            depth = max(0, depth - 1)
        elif match["word"] == "NOT":
            negated = True
            continue
        elif not (negated or excluded):
            found += _quoted(match) if match["word"] is None else _plain(match)
            if len(found) >= MOST:
                return found[:MOST]
        negated = False
    return found


def _quoted(match: re.Match[str]) -> Iterable[Typed]:
    if match["before"].strip("+"):  # a field, an exclusion, or what the parser takes otherwise
        return
    first = match.start("phrase")
    span = first - 1, match.end()
    for start, end, form in _apart(match["phrase"]):
        yield Typed(first + start, first + end, form, True, *span)


def _plain(match: re.Match[str]) -> Iterable[Typed]:
    text = _BOOST.sub("", match["word"])
    if text in OPERATORS or _UNTOUCHED.fullmatch(text):
        return
    first = match.start()
    for start, end, form in _apart(text):
        span = first + start, first + end
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
