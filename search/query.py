"""What the user typed -> a Whoosh query tree, with the repairs it took.

The grammar, loosest first; a query that does not follow it is repaired, never refused:

    any      = sequence { "OR" sequence }
    sequence = all { all }                      all of them, or any of them where `relaxed`
    all      = signed { "AND" signed }
    signed   = [ "+" | "-" | "NOT" ] unit
    unit     = ( [ field ] "(" any ")" | leaf ) [ "^" number ]

`lexer` cuts the text, `leaves` makes the leaves, `describe` says what was understood. What is
searched by field narrows the answer: it has no score, is never optional and never relaxed. A run of
a script without spaces is a phrase, and where it is relaxed any of its pairs of characters.
"""

import re
from bisect import bisect
from itertools import accumulate
from typing import NamedTuple
from unicodedata import normalize

from whoosh import query

from search.describe import describe
from search.leaves import Leaves, pairs, phrase
from search.lexer import FIELDS, MARK, QUOTES, Lexeme, Mark, read
from search.repairs import EVERYWHERE, Repairs

MAX_QUERY = 8000
"""How many characters of a query are read; one that stands for several, as `ﷺ`, is so many."""

MAX_BOOST = 100
"""What the boosts of a word and the groups around it come to at most."""

_LETTERS = "(?!(?:AND|OR|NOT)(?![A-Za-z]))[A-Za-z]{1,60}"
_UNIT = rf'[+-]?(?:{_LETTERS}|"[A-Za-z]{{1,60}}(?: [A-Za-z]{{1,60}})*")'
_PLAIN = re.compile(rf"{_UNIT}(?: {_UNIT})*|{_LETTERS}(?: OR {_LETTERS})+")
_UNITS = re.compile(r'[+-]?(?:"[^"]*"|[^ "]+)')
_EXACT = re.compile(
    rf"(?:(?P<field>(?i:{FIELDS}):)|=)?[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]?(?:{MARK})*"
    r"|(?<![^\s(+-])=(?=[\w(])"
)
_ENCLOSED = re.compile(rf"(\s*+)\(([^()/{QUOTES}]*+)\)\s*+")
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
    quoted_field = "form" if exact else "text"
    is_plain = len(text) <= MAX_QUERY and _PLAIN.fullmatch(text)
    if is_plain and (plain := _plain(text, relaxed, quoted_field)):
        return plain
    parser = _Parser(text, relaxed, quoted_field)
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


class _Part(NamedTuple):
    node: query.Query
    kind: str  # scores, narrows (of fields alone, without a score) or excludes
    sign: str = ""  # "+", "-" or none
    is_word: bool = False

    def any_of(self) -> tuple[query.Query, ...]:
        """Give what it is any of where it is relaxed."""
        return (self.is_word and pairs(self.node)) or (self.node,)


_END = Lexeme("end", "", 0)
_SIGNS = ("NOT", "sign")
_SCORED = ("text", "form")


class _Parser:
    def __init__(self, text: str, relaxed: bool, quoted_field: str) -> None:
        self.relaxable = False
        self.repairs = Repairs()
        self._relaxed = relaxed
        self._leaves = Leaves(self.repairs, quoted_field)
        self._everything = bool(_STARS.fullmatch(text))
        self._depth = 0
        self._scope = ""  # the field of the group
        self._heaviest = 0.0  # the highest product of boosts in the group so far
        end = _end(text)
        if len(text) > end:
            told = f"only the first {end:,} characters of the query were read"
            self.repairs.add(EVERYWHERE, told)
        enclosed = _ENCLOSED.fullmatch(text, 0, end)
        if enclosed:  # all of it: that groups nothing; what is inside keeps its place
            text = f"{enclosed[1]} {enclosed[2]}"
        self._behind = iter(read(_SURROGATE.sub("\ufffd", text[:end]), self.repairs))
        self._here = next(self._behind, _END)

    def parse(self) -> query.Query:
        if self._everything:
            return query.Every()
        part = self._any()
        if part and part.kind == "excludes":
            told = "there are only exclusions: everything else is shown, without a score"
            self.repairs.add(EVERYWHERE, told)
        return part.node if part else query.NullQuery

    def _next(self) -> Lexeme:
        """Go on; give what stood here."""
        passed, self._here = self._here, next(self._behind, _END)
        return passed

    def _any(self) -> _Part | None:
        parts = [self._sequence()]
        while self._here.kind == "OR":
            self._next()
            parts.append(self._sequence())
        found = [part for part in parts if part]
        if len(found) < 2:
            return found[0] if found else None
        return _Part(query.Or([part.node for part in found]), _kind(found))

    def _sequence(self) -> _Part | None:
        parts = []
        while self._here.kind not in ("OR", "close", "end"):
            if part := self._all():
                parts.append(part)
        return self._side_by_side(parts) if parts else None

    def _side_by_side(self, parts: list[_Part]) -> _Part:
        if len(parts) == 1 and self._depth and not parts[0].sign:
            return _Part(parts[0].node, parts[0].kind)
        sorted_out: dict[str, list[query.Query]] = {"+": [], "": [], "narrows": [], "excludes": []}
        for node, kind, sign, _ in parts:
            if sign == "-":
                sorted_out["excludes"].append(query.Not(node))
            else:
                sorted_out[sign if kind == "scores" else kind].append(node)
        required, plain, narrowing, excluded = sorted_out.values()
        outermost = self._depth == 0 and not required
        some = plain  # any of which, where relaxed
        if outermost and (self._relaxed or len(plain) == 1):  # else it matters that they are many
            scoring = [part for part in parts if part.kind == "scores" and not part.sign]
            some = [node for part in scoring for node in part.any_of()]
        relaxable = outermost and len(some) > 1
        self.relaxable = self.relaxable or relaxable
        relaxed = self._relaxed and relaxable
        tree = _side_by_side(required, some if relaxed else plain, [*narrowing, *excluded], relaxed)
        return _Part(tree, _kind(parts))

    def _all(self) -> _Part | None:
        first = self._signed() if self._here.kind in _SIGNS else self._unit()
        if self._here.kind != "AND":
            return first
        parts = [first]
        while self._here.kind == "AND":
            self._next()
            parts.append(self._signed())
        found = [part for part in parts if part]
        if len(found) < 2:
            return found[0] if found else None
        nodes = [query.Not(part.node) if part.sign == "-" else part.node for part in found]
        return _Part(query.And(nodes), _kind(found))

    def _signed(self) -> _Part | None:
        sign = ""
        while self._here.kind in _SIGNS:
            plus = self._next().text == "+"
            sign = (sign or "+") if plus else _NEGATED[sign]
        part = self._unit()
        if part and sign == "-" and isinstance(part.node, query.Not):
            return _Part(part.node.query, "scores" if _scores(part.node.query) else "narrows")
        return part._replace(sign=sign) if part and sign else part

    def _unit(self) -> _Part | None:
        if self._here.kind not in ("open", "phrase", "word", "regex"):
            return None
        lexeme = self._next()
        if lexeme.kind == "open":
            return self._group(lexeme)
        node = self._leaves.leaf(lexeme, self._scope)
        part = None
        if node:
            kind = "scores" if _scores(node) else "narrows"
            part = _Part(node, kind, "", lexeme.kind == "word")
        if lexeme.caret:
            return self._weighed(part, 1.0, lexeme.caret)
        if self._heaviest < 1:
            self._heaviest = 1.0
        return part

    def _group(self, opening: Lexeme) -> _Part | None:
        outside = self._scope, self._heaviest
        self._scope, self._heaviest = opening.field or self._scope, 0.0
        self._depth += 1
        part = self._any()
        self._depth -= 1
        inside = self._heaviest
        self._scope, self._heaviest = outside
        if part is None:
            self._leaves.empty(opening)
        if self._here.kind == "close" and (caret := self._next().caret):
            return self._weighed(part, inside, caret)
        self._heaviest = max(self._heaviest, inside)
        return part

    def _weighed(self, part: _Part | None, inside: float, caret: Mark) -> _Part | None:
        """Give a part its boost; `inside` is the highest product of boosts that it has in it."""
        boost = self._boost(part, inside, caret)
        if part and boost != 1:
            part.node.boost = round(getattr(part.node, "boost", 1.0) * boost, 3)
        self._heaviest = max(self._heaviest, inside * boost)
        return part

    def _boost(self, part: _Part | None, inside: float, caret: Mark) -> float:
        text, place = caret.sign + caret.number, caret.place
        if not _NUMBER.fullmatch(caret.number):
            told = f"a boost is a number from 0 to {MAX_BOOST}"
        elif not part or part.kind != "scores":
            told = "what it stands behind has no score"
        else:
            boost = round(float(caret.number), 3)
            if boost * inside <= MAX_BOOST:
                return boost
            boost = int(1000 * MAX_BOOST / inside) / 1000
            told = f"is held to {boost:g}: boosts come to {MAX_BOOST} at most"
            self.repairs.note(text, place, told)
            return boost
        self.repairs.left_out(text, place, told)
        return 1.0


def _end(text: str) -> int:
    """Give how many characters of a query are read."""
    begin = text[:MAX_QUERY]
    if begin.isascii():
        return len(begin)
    # One by one: to put many marks in a row into their order takes quadratic time.
    sizes = {char: len(normalize("NFKC", char)) for char in set(begin)}
    return bisect(list(accumulate(map(sizes.__getitem__, begin))), MAX_QUERY)


# Trees.


def _joined(operator: type[query.Query], nodes: list[query.Query]) -> query.Query:
    return operator(nodes) if len(nodes) > 1 else nodes[0]


def _kind(parts: list[_Part]) -> str:
    """Give the kind of several parts joined."""
    kinds = {"excludes" if part.sign == "-" else part.kind for part in parts}
    return "scores" if "scores" in kinds else "narrows" if "narrows" in kinds else "excludes"


def _scores(node: query.Query) -> bool:
    """Tell whether anything of a tree has a score."""
    field = getattr(node, "fieldname", None)
    if field or node.is_leaf():
        return field in _SCORED
    return not isinstance(node, query.Not) and any(map(_scores, node.children()))


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
