"""What was typed, cut into lexemes: words, phrases, patterns, parentheses, operators.

Parentheses come out paired and operators with operands on both sides, whatever was typed. Every
character is looked at a bounded number of times.
"""

import re
from collections.abc import Iterator
from string import ascii_lowercase
from typing import NamedTuple

from search.repairs import Repairs

MAX_DEPTH = 40
"""How deep groups nest; parentheses beyond are passed over."""

QUOTES = '"“”„‟«»″＂⹂「」『』｢｣﹁﹂﹃﹄〝〞〟❝❞'
"""The marks that open and close a phrase: the double quotation marks of every script."""

WORDED = ("title", "section", "author")
"""The fields that are searched by words."""

VALUED = ("document", "type", "language", "path", "date")
"""The fields that are compared as a whole."""

CLOSING = ".?'’"
"""What may stand behind a word that ends a sentence or a quotation."""

OPERATORS = ("AND", "OR", "NOT")

MARK = r"[~^](?:[+-]?\.?\d[\w.+-]*+)?+"
"""The `~2` or `^3` that may stand behind something; what is no number of it is found out later."""

FIELDS = "|".join(WORDED + VALUED)
"""The names of all fields, as alternatives of a regular expression."""


def _misspelt(name: str) -> Iterator[str]:
    """Give all that is one letter from a name: left out, put in, another, or two exchanged."""
    for i in range(len(name) + 1):
        before, behind = name[:i], name[i:]
        yield before + behind[1:]
        yield before + behind[1:2] + behind[:1] + behind[2:]
        for letter in ascii_lowercase:
            yield before + letter + behind
            yield before + letter + behind[1:]


_MEANT = {typed: name for name in WORDED + VALUED for typed in _misspelt(name)}
_BREAKS = ",;!|…‒–—―−،؛।，；！、。"
_LEXER = re.compile(
    rf"[\s{_BREAKS}]+|--+|(?P<open>\()|(?P<close>\))"
    rf"|[{QUOTES}](?P<phrase>[^{QUOTES}]*)(?P<end>[{QUOTES}]|\Z)"
    rf"|(?P<marks>(?<=[)/{QUOTES}])(?:{MARK})+)"
    rf"|(?P<sign>(?<![^\s(])(?:-?\+[+-]*+|-)(?=[^\s+){_BREAKS}-]))"
    rf"|(?P<regex>(?<![^\s(+-])/(?:[^/\s\\]|\\\S)++/(?=[\s)~^{_BREAKS}]|\Z))"
    rf"|(?P<value>(?i:document|path):[^\s(){QUOTES}]++"
    rf"|(?i:date):(?:\[[^]{QUOTES}]{{0,60}}\]|[<>]=?\s{{0,9}}[^\s(){QUOTES}]++))"
    rf"|(?P<word>(?:[^\s(){QUOTES}{_BREAKS}-]++|(?<=\d),(?=\d)|-(?!-))+)",
    re.DOTALL,
)
_OPENING = ("(", *QUOTES)
_SCOPE = re.compile(rf"(?:(?i:{FIELDS}):|=)[({QUOTES}]")
_FIELD = re.compile(rf"(?i:{FIELDS})")
_MARKED = re.compile(rf"([^~^]+)((?:{MARK})+)")
_MARK = re.compile(MARK)
_OPERANDS = ("word", "phrase", "regex")
_OPERAND_ENDS = (*_OPERANDS, "close")
_OPERAND_STARTS = (*_OPERANDS, "open", "sign", "NOT")


class Mark(NamedTuple):
    """A `~` or `^` behind something: what is typed behind it, and its place."""

    sign: str
    number: str
    place: int


class Lexeme(NamedTuple):
    """A lexeme: its kind (open, close, sign, phrase, word, regex, AND, OR, NOT), text and place.

    `field` is the field that is typed in front, `form` where that is `=`. Marks behind a group
    are with its closing parenthesis.
    """

    kind: str
    text: str
    place: int
    field: str = ""
    tilde: Mark | None = None
    caret: Mark | None = None


def read(text: str, repairs: Repairs) -> list[Lexeme]:
    """Cut a query into lexemes."""
    reading = _Reading(text, repairs)
    lexemes = reading.lexemes
    kinds = {lexeme.kind for lexeme in lexemes}
    if not kinds.isdisjoint(("open", "close")):
        lexemes = _balanced(lexemes, repairs)
    return lexemes if kinds.isdisjoint(OPERATORS) else _settled(lexemes, repairs)


class _Reading:
    def __init__(self, text: str, repairs: Repairs) -> None:
        self.lexemes: list[Lexeme] = []
        self._repairs = repairs
        self._scope = ""
        for match in _LEXER.finditer(text):
            if match.lastgroup:
                _HANDLERS[match.lastgroup](self, match)

    def _add(self, kind: str, text: str, place: int, field: str = "") -> None:
        self.lexemes.append(Lexeme(kind, text, place, field or self._scope))
        self._scope = ""

    def _mark(self, marks: str, place: int) -> None:
        """Hang marks on the last lexeme; of two of a kind the first counts."""
        kind, text, at, field, tilde, caret = self.lexemes[-1]
        for match in _MARK.finditer(marks):
            mark = Mark(match[0][0], match[0][1:], place + match.start())
            if mark.sign == "~" and kind == "close":
                self._repairs.left_out(match[0], mark.place, "a ~ goes with a word or a phrase")
            elif mark.sign == "~" and not tilde:
                tilde = mark
            elif mark.sign == "^" and not caret:
                caret = mark
            else:
                self._repairs.left_out(match[0], mark.place, "one stands there already")
        self.lexemes[-1] = Lexeme(kind, text, at, field, tilde, caret)

    def _bare(self, match: re.Match[str]) -> None:
        self._add(str(match.lastgroup), match[0], match.start() + 1)

    def _marks(self, match: re.Match[str]) -> None:
        if self.lexemes and self.lexemes[-1].kind in ("phrase", "regex", "close"):
            self._mark(match[0], match.start() + 1)

    def _sign(self, match: re.Match[str]) -> None:
        if len(match[0]) == 1:
            self._bare(match)
        else:
            self._repairs.left_out(match[0], match.start() + 1, "one sign is enough")

    def _phrase(self, match: re.Match[str]) -> None:
        place = match.start() + 1
        if not match["end"] and match["phrase"].strip():
            self._repairs.add(
                place, f"the quotation mark at {place} is not closed: the phrase goes to the end"
            )
        self._add("phrase", match["phrase"], place)

    def _regex(self, match: re.Match[str]) -> None:
        self._add("regex", match[0][1:-1], match.start() + 1)

    def _value(self, match: re.Match[str]) -> None:
        field, _, value = match[0].partition(":")
        self._add("word", value, match.start() + 1, field.lower())

    def _word(self, match: re.Match[str]) -> None:
        text, place = match[0], match.start() + 1
        if text in OPERATORS:
            self._add(text, text, place)
        elif text.isalnum():
            self._add("word", text, place)
        elif text[-1] in ":=" and _SCOPE.fullmatch(match.string, match.start(), match.end() + 1):
            self._scope = "form" if text == "=" else text[:-1].lower()
        else:
            self._odd_word(text, place, match.string[match.end() : match.end() + 1])

    def _odd_word(self, text: str, place: int, behind: str) -> None:
        field, marks = "", ""
        marked = _MARKED.fullmatch(text.rstrip(CLOSING))
        if marked:
            text, marks = marked.groups()
        name, colon, value = text.partition(":")
        if colon and _FIELD.fullmatch(name):
            field, text = name.lower(), value
            if not text:
                self._repairs.note(f"{field}:", place, "has nothing behind it: taken as a word")
                field, text = "", field
        elif (value or behind in _OPENING) and (meant := _MEANT.get(name.lower())):
            self._repairs.as_words(text, place, f"there is no field {name}, but {meant}")
        elif text[0] == "=" and text[1:2] not in ("", "="):
            field, text = "form", text[1:]
        self.lexemes.append(Lexeme("word", text, place, field))
        if marks and marked:
            self._mark(marks, place + marked.start(2))


_HANDLERS = {
    "open": _Reading._bare,
    "close": _Reading._bare,
    "sign": _Reading._sign,
    "end": _Reading._phrase,
    "marks": _Reading._marks,
    "regex": _Reading._regex,
    "value": _Reading._value,
    "word": _Reading._word,
}


def _balanced(lexemes: list[Lexeme], repairs: Repairs) -> list[Lexeme]:
    """Pass over parentheses that close nothing, and pairs that are nested too deep."""
    kept: list[Lexeme] = []
    opened: list[int] = []
    for lexeme in lexemes:
        kind, place, deep = lexeme.kind, lexeme.place, len(opened)
        if kind == "open":
            opened.append(place)
            if deep >= MAX_DEPTH:
                repairs.add(
                    place,
                    f"the parenthesis at {place} is nested deeper than {MAX_DEPTH}: passed over",
                )
                continue
        elif kind == "close":
            if not opened:
                repairs.add(place, f"the parenthesis at {place} closes nothing: passed over")
                continue
            opened.pop()
            if deep > MAX_DEPTH:
                continue
        kept.append(lexeme)
    for place in opened[:MAX_DEPTH]:
        repairs.add(place, f"the parenthesis at {place} is not closed: its group goes to the end")
    return kept


def _settled(lexemes: list[Lexeme], repairs: Repairs) -> list[Lexeme]:
    """Turn operators that lack an operand into words, from the right to the left."""
    after = "end"
    for i in reversed(range(len(lexemes))):
        kind, text, place = lexemes[i][:3]
        before = lexemes[i - 1].kind if i else "end"
        joins = kind == "NOT" or before in _OPERAND_ENDS
        if kind in OPERATORS and not (joins and after in _OPERAND_STARTS):
            repairs.note(text, place, "joins nothing: taken as a word")
            lexemes[i] = Lexeme("word", text, place)
        after = lexemes[i].kind
    return lexemes
