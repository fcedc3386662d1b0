"""What the user typed -> a Whoosh query tree, with the repairs it took.

The grammar, loosest first; a query that does not follow it is repaired, never refused:

    any      = sequence { "OR" sequence }
    sequence = all { all }                      all of them, or any of them where `relaxed`
    all      = signed { "AND" signed }
    signed   = [ "+" | "-" | "NOT" ] unit
    unit     = ( [ field ] "(" any ")" | leaf ) [ "^" number ]

`lexer` cuts the text, `leaves` makes the leaves, `describe` says what was understood. What is
searched by field narrows the answer: it has no score, is never optional and never relaxed.
"""

import re
from typing import NamedTuple

from whoosh import query

from search.describe import describe
from search.leaves import Leaves, phrase
from search.lexer import FIELDS, MARK, QUOTES, Lexeme, Mark, read
from search.repairs import EVERYWHERE, Repairs

MAX_QUERY = 8000
"""How many characters of a query are read."""

MAX_BOOST = 100
"""What the boosts of a word and the groups around it come to at most."""

_LETTERS = "(?!(?:AND|OR|NOT)(?![A-Za-z]))[A-Za-z]{1,60}"
_UNIT = rf'[+-]?(?:{_LETTERS}|"[A-Za-z]{{1,60}}(?: [A-Za-z]{{1,60}})*")'
_PLAIN = re.compile(rf"{_UNIT}(?: {_UNIT})*|{_LETTERS}(?: OR {_LETTERS})+")
_UNITS = re.compile(r'[+-]?(?:"[^"]*"|[^ "]+)')
_EXACT = re.compile(
    rf"(?P<field>(?i:{FIELDS}):)?[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]?(?:{MARK})*"
    rf"|(?<![^\s(+-])=(?=[\w({QUOTES}])"
)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}")
_STARS = re.compile(r"\s*[*]+\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEGATED = {"": "-", "+": "-", "-": ""}
_CAPITALS = ("AND", "OR", "NOT")


class Query(NamedTuple):
    """A query as it was understood.

    `warnings` says what was repaired; `relaxable` tells that it may be read again with any of its
    words instead of all.
    """

    tree: query.Query
    warnings: tuple[str, ...]
    relaxable: bool

    @property
    def interpreted(self) -> str:
        """The tree in words."""
        return describe(self.tree)


def parse(text: str, relaxed: bool = False, exact: bool = True) -> Query:
    """Read a query; where `relaxed`, what stands side by side is joined by OR instead of AND.

    What was joined by AND or `+`, and exclusions, stay as they are. Quoted words are meant as they
    are typed, or, where not `exact`, by stem like all others. Never raises; the time is linear in
    the length.
    """
    if _PLAIN.fullmatch(text) and (plain := _plain(text, relaxed, "form" if exact else "text")):
        return plain
    parser = _Parser(text, relaxed, exact)
    tree = parser.parse()
    return Query(tree, parser.repairs.warnings(), parser.relaxable)


def _plain(text: str, relaxed: bool, quoted_field: str) -> Query | None:
    """Read words of plain letters, which are their own forms, as `_Parser` does, in less time.

    None for what that has more to say about.
    """
    if " OR " in text and '"' not in text:
        words = text.replace(" OR ", " ").lower().split()
        return Query(query.Or([query.Term("text", word) for word in words]), (), relaxable=False)
    required, plain, excluded = [], [], []
    for unit in _UNITS.findall(text.lower()) if '"' in text else text.lower().split():
        bare = unit.lstrip("+-")
        node = (
            query.Term("text", bare) if bare[0] != '"' else phrase(quoted_field, bare[1:-1].split())
        )
        if unit[0] == "+":
            required.append(node)
        elif unit[0] == "-":
            excluded.append(query.Not(node))
        else:
            plain.append(node)
    if not (required or plain):
        return None
    return Query(
        _side_by_side(required, plain, excluded, relaxed), (), not required and len(plain) > 1
    )


def _side_by_side(
    required: list[query.Query],
    plain: list[query.Query],
    excluded: list[query.Query],
    relaxed: bool,
) -> query.Query:
    """Join what stands side by side; where `relaxed`, what has no sign by OR."""
    if required:
        joined = _joined(query.And, required)
        plain = [query.AndMaybe(joined, _joined(query.Or, plain))] if plain else [joined]
    elif relaxed and len(plain) > 1:
        plain = [query.Or(plain)]
    return _joined(query.And, [*plain, *excluded])


class _Signed(NamedTuple):
    sign: str  # "+", "-" or none
    node: query.Query


class _Parser:
    def __init__(self, text: str, relaxed: bool, exact: bool) -> None:
        self.relaxable = False
        self.repairs = Repairs()
        self._relaxed = relaxed
        self._leaves = Leaves(self.repairs, "form" if exact else "text")
        self._everything = bool(_STARS.fullmatch(text))
        self._depth = 0
        self._scope = ""  # the field of the group
        self._heaviest = 0.0  # the highest product of boosts in the group so far
        self._at = 0
        if len(text) > MAX_QUERY:
            told = f"only the first {MAX_QUERY:,} characters of the query were read"
            self.repairs.add(EVERYWHERE, told)
        self._lexemes = read(_SURROGATE.sub("\ufffd", text[:MAX_QUERY]), self.repairs)

    def parse(self) -> query.Query:
        if self._everything:
            return query.Every()
        tree = self._any() or query.NullQuery
        if _excludes(tree):
            told = "there are only exclusions: everything else is shown, without a score"
            self.repairs.add(EVERYWHERE, told)
        return tree

    def _peek(self) -> str:
        return self._lexemes[self._at].kind if self._at < len(self._lexemes) else "end"

    def _next(self) -> Lexeme:
        self._at += 1
        return self._lexemes[self._at - 1]

    def _any(self) -> query.Query | None:
        parts = [self._sequence()]
        while self._peek() == "OR":
            self._next()
            parts.append(self._sequence())
        nodes = [part for part in parts if part]
        return _joined(query.Or, nodes) if nodes else None

    def _sequence(self) -> query.Query | None:
        parts = []
        while self._peek() not in ("OR", "close", "end"):
            if part := self._all():
                parts.append(part)
        return self._side_by_side(parts) if parts else None

    def _side_by_side(self, parts: list[_Signed]) -> query.Query:
        required, plain, narrowing, excluded = [], [], [], []
        for sign, node in parts:
            if sign == "-":
                excluded.append(query.Not(node))
            elif _excludes(node):
                excluded.append(node)
            elif _narrows(node):
                narrowing.append(node)
            else:
                (required if sign else plain).append(node)
        outermost = self._depth == 0 and not required and len(plain) > 1
        self.relaxable = self.relaxable or outermost
        relaxed = self._relaxed and outermost
        return _side_by_side(required, plain, [*narrowing, *excluded], relaxed)

    def _all(self) -> _Signed | None:
        parts = [self._signed()]
        while self._peek() == "AND":
            self._next()
            parts.append(self._signed())
        found = [part for part in parts if part]
        if len(found) < 2:
            return found[0] if found else None
        return _Signed("", query.And([query.Not(n) if sign == "-" else n for sign, n in found]))

    def _signed(self) -> _Signed | None:
        sign = ""
        while self._peek() in ("NOT", "sign"):
            plus = self._next().text == "+"
            sign = (sign or "+") if plus else _NEGATED[sign]
        node = self._unit()
        if sign == "-" and isinstance(node, query.Not):
            return _Signed("", node.query)
        return _Signed(sign, node) if node else None

    def _unit(self) -> query.Query | None:
        if self._peek() not in ("open", "phrase", "word", "regex"):
            return None
        lexeme = self._next()
        if lexeme.kind == "open":
            return self._group(lexeme)
        node = self._leaves.leaf(lexeme, self._scope)
        if lexeme.caret:
            self._weigh(node, 1.0, lexeme.caret)
        elif node:
            self._heaviest = max(self._heaviest, 1.0)
        return node

    def _group(self, opening: Lexeme) -> query.Query | None:
        outside = self._scope, self._heaviest
        self._scope, self._heaviest = opening.field or self._scope, 0.0
        self._depth += 1
        node = self._any()
        self._depth -= 1
        inside = self._heaviest
        self._scope, self._heaviest = outside
        if node is None:
            self._leaves.empty(opening)
        closing = self._next() if self._peek() == "close" else None
        if closing and closing.tilde:
            told = "a ~ goes with a word or a phrase"
            self.repairs.left_out(
                closing.tilde.sign + closing.tilde.number, closing.tilde.place, told
            )
        if closing and closing.caret:
            self._weigh(node, inside, closing.caret)
        else:
            self._heaviest = max(self._heaviest, inside)
        return node

    def _weigh(self, node: query.Query | None, inside: float, caret: Mark) -> None:
        """Give a node its boost; `inside` is the highest product of boosts that it has in it."""
        text, place = caret.sign + caret.number, caret.place
        boost = round(float(caret.number), 3) if _NUMBER.fullmatch(caret.number) else None
        if node is None or boost is None or _narrows(node) or _excludes(node):
            told = "what it stands behind has no score"
            if boost is None:
                told = f"a boost is a number from 0 to {MAX_BOOST}"
            self.repairs.left_out(text, place, told)
            boost = 1.0
        elif boost * inside > MAX_BOOST:
            boost = int(1000 * MAX_BOOST / inside) / 1000
            told = f"“{text}” at {place} is held to {boost:g}: boosts come to {MAX_BOOST} at most"
            self.repairs.add(place, told)
        if boost != 1:
            node.boost = round(getattr(node, "boost", 1.0) * boost, 3)
        self._heaviest = max(self._heaviest, inside * boost)


# Trees.


def _joined(operator: type[query.Query], nodes: list[query.Query]) -> query.Query:
    return operator(nodes) if len(nodes) > 1 else nodes[0]


def _excludes(node: query.Query) -> bool:
    """Tell whether a tree has exclusions alone."""
    if isinstance(node, query.And | query.Or):
        return all(map(_excludes, node.subqueries))
    return isinstance(node, query.Not)


def _narrows(node: query.Query) -> bool:
    """Tell whether a tree has fields alone, which have no score."""
    if isinstance(node, query.Not):
        return _narrows(node.query)
    if node.is_leaf():
        return getattr(node, "fieldname", "text") not in ("text", "form")
    return all(map(_narrows, node.children()))


# Queries as text.


def unquoted(text: str) -> str:
    """Give a query whose words, typed in quotes or behind `=`, are meant by stem instead."""
    alone = _EXACT.fullmatch(text.strip())
    if alone and alone["phrase"] is not None and not alone["field"]:
        return _without_operators(alone["phrase"])
    return " ".join(_EXACT.sub(_loosened, text).split())


def _loosened(exact: re.Match[str]) -> str:
    if exact["field"]:
        return exact[0]
    words = _without_operators(exact["phrase"] or "")
    return words if not words or words.isalpha() else f"({words})"


def _without_operators(phrase: str) -> str:
    words = re.sub("[()]", " ", phrase).split()
    return " ".join(word.lower() if word in _CAPITALS else word for word in words)
